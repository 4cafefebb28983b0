"""What a network hears of a word: of each frame how its power is spread over bands, and how loud it is, as whole numbers."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .gate import word
from .spectrum import FRAME, Int64, bit_length, powers

NAME = "bands-1"
"""Of this front end, for the card of a network that hears by it."""

RATE = 16_000
"""Samples a second."""

EDGES = (3, 7, 12, 17, 23, 30, 37, 47, 57, 69, 83, 99, 117, 139, 163, 191, 224)
"""Points of the spectrum, 31.25 Hz apart: band b has those from EDGES[b] to EDGES[b + 1] - 1."""

BANDS = len(EDGES) - 1
CHANNELS = (*(f"band{number}" for number in range(BANDS)), "loudness")

OCTAVE_BITS = 5
"""A power twice as large has a logarithm that is 32 larger."""

FLOOR = -384
"""The least that a channel says: 36 dB below."""

FADING = 1
"""By which the loudest power that is remembered falls with each frame."""


def logarithm(power: Int64) -> Int64:
    """32 times the binary logarithm, straight between powers of two and rounded down; of 0 as of 1."""
    power = np.maximum(power, 1)
    whole = bit_length(power) - 1
    behind = np.where(whole > OCTAVE_BITS, power >> np.maximum(whole - OCTAVE_BITS, 0), power << np.maximum(OCTAVE_BITS - whole, 0))
    return (whole << OCTAVE_BITS) + behind - (1 << OCTAVE_BITS)


def features(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """(steps, channels) of the first word in (samples,) at 16 kHz, a frame a step; where there is none, of all frames.

    Each band's logarithm less that of all bands, and that less the loudest of the word until then, at least -384. ``ValueError`` of fewer
    samples than a frame has."""
    if len(samples) < FRAME:
        raise ValueError(f"a recording must have at least {FRAME} samples, not {len(samples)}")
    found, shifts = powers(samples)
    bands = np.stack([found[:, low:high].sum(axis=1) for low, high in pairwise(EDGES)], axis=1)
    whole = logarithm(bands.sum(axis=1))
    levels = whole + (2 * shifts << OCTAVE_BITS)
    heard = word(levels) or slice(None)
    spread = logarithm(bands[heard]) - whole[heard, None]
    made = np.concatenate([spread, (levels[heard] - _loudest(levels[heard]))[:, None]], axis=1)
    return np.maximum(made, FLOOR).astype(np.int16)


def _loudest(levels: Int64) -> Int64:
    """(frames,): the largest until then, less 1 for each frame since."""
    fading = FADING * np.arange(len(levels))
    return np.maximum.accumulate(levels + fading) - fading
