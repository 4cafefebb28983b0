"""Frames, window, scale and transform: loops over docs/reference/sound.md in Python's integers, and what 32 bits hold."""

import math

import numpy as np
import pytest

from golden.sound import spectrum
from golden.sound.spectrum import powers

from .sounds import kinds

SOUNDS = kinds()


class Loops:
    """One frame after another, number by number. ``widest``: the largest magnitude that a product, a sum or a part had."""

    def __init__(self) -> None:
        self.widest = 0

    def seen(self, value: int) -> int:
        self.widest = max(self.widest, abs(value))
        return value

    def powers(self, samples: list[int]) -> list[tuple[list[int], int]]:
        level = [now - before + before // 32 for now, before in zip(samples, [0, *samples], strict=False)]
        return [self.frame(level[at : at + 512]) for at in range(0, len(level) - 511, 320)]

    def frame(self, values: list[int]) -> tuple[list[int], int]:
        waves = [round(8192 * math.cos(2 * math.pi * k / 512)) for k in range(512)]
        sines = [round(8192 * math.sin(2 * math.pi * k / 512)) for k in range(512)]
        real = [self.seen(value * ((8192 - wave) // 4)) for value, wave in zip(values, waves, strict=True)]
        shift = max(0, max(map(abs, real)).bit_length() - 12)
        real = [value // 2**shift for value in real]
        parts = [(real[int(f"{k:09b}"[::-1], 2)], 0) for k in range(512)]
        for stage in range(9):
            half, after = 2**stage, list(parts)
            for k in range(512):
                if k & half:
                    continue
                turn = k % half * (256 // half)
                (ar, ai), (br, bi) = parts[k], parts[k + half]
                tr = (self.seen(br * waves[turn] + bi * sines[turn]) + 4096) // 8192
                ti = (self.seen(bi * waves[turn] - br * sines[turn]) + 4096) // 8192
                over = 2 if stage >= 5 else 1
                after[k] = (self.seen(ar + tr) // over, self.seen(ai + ti) // over)
                after[k + half] = (self.seen(ar - tr) // over, self.seen(ai - ti) // over)
            parts = after
        return [r * r + i * i for r, i in parts[:256]], shift


@pytest.mark.parametrize("name", SOUNDS)
def test_every_power_is_that_of_the_loops(name: str) -> None:
    samples = SOUNDS[name][:1200]
    loops = Loops()
    found, shifts = powers(samples)
    due = loops.powers(samples.tolist())
    assert len(found) == len(due) == 3
    for number, (row, shift) in enumerate(due):
        assert shifts[number] == shift
        np.testing.assert_array_equal(found[number], row)
    assert loops.widest < 1 << 31


def test_a_wave_that_is_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the loops: one of 512 sines, by a thousandth."""
    samples = SOUNDS["noise"][:512]
    due = Loops().powers(samples.tolist())
    other = spectrum.SINE.copy()
    other[64] += 8
    monkeypatch.setattr(spectrum, "SINE", other)
    assert not np.array_equal(powers(samples)[0][0], due[0][0])


def test_it_is_the_spectrum() -> None:
    """NumPy's own, of the same frames, from the lowest band up; within 1 dB and 3 units."""
    samples = SOUNDS["noise"]
    found, shifts = powers(samples)
    smooth = np.diff(np.concatenate([[0], samples]).astype(float)) + np.concatenate([[0], samples[:-1]]) // 32
    window = np.hanning(513)[:512] * 4096
    for number, shift in enumerate(shifts):
        due = np.abs(np.fft.rfft(smooth[320 * number :][:512] * window))[:256] / 16 / 2.0**shift
        np.testing.assert_allclose(np.sqrt(found[number])[3:], due[3:], rtol=0.12, atol=3)


def test_the_table_is_that_of_any_sine() -> None:
    exact = [8192 * math.sin(2 * math.pi * k / 512) for k in range(129)]
    assert min(abs(value % 1 - 0.5) for value in exact) > 0.001
    assert list(spectrum.QUARTER) == [round(value) for value in exact]
