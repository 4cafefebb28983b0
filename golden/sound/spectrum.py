"""The spectrum of frames of sound, in integers of 32 bits: pre-emphasis, window, a scale for each frame, Fourier transform of radix 2."""

import math

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
"""Numbers are kept in 64 bits here; of which of them 32 are enough, docs/reference/sound.md says."""

FRAME = 512
"""Samples of a frame, and points of its transform."""

HOP = 320
"""Samples from one frame to the next."""

STAGES = 9
GROWING = 5
"""Stages whose sums are kept as they are; those of the others are halved."""

PEAK_BITS = 12
"""Of a frame's largest magnitude after it is scaled, unless it had fewer."""

UNIT_BITS = 13
UNIT = 1 << UNIT_BITS
"""One, of sines and cosines."""

QUARTER = tuple(round(UNIT * math.sin(2 * math.pi * k / FRAME)) for k in range(FRAME // 4 + 1))
"""The table: a quarter of a wave. None of these is within 0.001 of a half, so that any sine rounds to the same."""

_HALF = [*QUARTER, *QUARTER[-2:0:-1]]
SINE: Int64 = np.array([*_HALF, *(-value for value in _HALF)], np.int64)
COSINE: Int64 = np.roll(SINE, -FRAME // 4)
WINDOW: Int64 = (UNIT - COSINE) >> 2  # Hann's, 4096 at its top
ORDER = np.array([int(f"{k:0{STAGES}b}"[::-1], 2) for k in range(FRAME)])


def frames(samples: npt.NDArray[np.int16]) -> Int64:
    """(frames, 512): of (samples,) all whole frames, after the pre-emphasis y[n] = x[n] - x[n-1] + floor(x[n-1] / 32)."""
    now = samples.astype(np.int64)
    before = np.concatenate([np.zeros(1, np.int64), now[:-1]])
    return np.lib.stride_tricks.sliding_window_view(now - before + (before >> 5), FRAME)[::HOP]


def bit_length(values: Int64) -> Int64:
    """Binary digits of numbers that aren't negative."""
    return np.searchsorted(1 << np.arange(62), values, side="right")


def scaled(windowed: Int64) -> tuple[Int64, Int64]:
    """(frames, 512) numbers shifted right so that each frame's magnitudes have at most 12 bits, rounded down, and (frames,) by how much."""
    shifts = np.maximum(0, bit_length(np.abs(windowed).max(axis=1)) - PEAK_BITS)
    return windowed >> shifts[:, None], shifts


def powers(samples: npt.NDArray[np.int16]) -> tuple[Int64, Int64]:
    """(frames, 256) squared magnitudes of the spectrum from 0 Hz up, and (frames,) shifts: a power stands for 4**shift times as much."""
    real, shifts = scaled(frames(samples) * WINDOW)
    real, imaginary = transform(real)
    return real[:, : FRAME // 2] ** 2 + imaginary[:, : FRAME // 2] ** 2, shifts


def transform(real: Int64) -> tuple[Int64, Int64]:
    """Real and imaginary parts of the discrete Fourier transform of (frames, 512) numbers, over 16."""
    count = len(real)
    real = real[:, ORDER]
    imaginary = np.zeros_like(real)
    for stage in range(STAGES):
        half = 1 << stage
        turns = np.arange(half) * (FRAME // (2 * half))
        cosine, sine = COSINE[turns], SINE[turns]
        r, i = (part.reshape(count, -1, 2, half) for part in (real, imaginary))
        turned_r = (r[:, :, 1] * cosine + i[:, :, 1] * sine + UNIT // 2) >> UNIT_BITS
        turned_i = (i[:, :, 1] * cosine - r[:, :, 1] * sine + UNIT // 2) >> UNIT_BITS
        halved = int(stage >= GROWING)
        real = _joined(r[:, :, 0], turned_r, halved)
        imaginary = _joined(i[:, :, 0], turned_i, halved)
    return real, imaginary


def _joined(one: Int64, other: Int64, halved: int) -> Int64:
    sums = np.stack([(one + other) >> halved, (one - other) >> halved], axis=2)
    return sums.reshape(len(one), FRAME)
