"""What is heard of words: bands, loudness, where a word begins and ends."""

import itertools

import numpy as np
import pytest

from golden.sound.front_end import BANDS, CHANNELS, EDGES, FLOOR, features, logarithm
from golden.sound.gate import OPENS, QUIET
from golden.sound.gate import word as find_word
from golden.sound.spectrum import FRAME, HOP, powers

from .sounds import kinds, noise, tone, word


def test_a_tone_is_heard_in_its_band() -> None:
    for band, (low, high) in enumerate(itertools.pairwise(EDGES)):
        found = features(tone(31.25 * (low + high - 1) / 2))
        assert found.shape[1] == len(CHANNELS) == BANDS + 1
        assert (found[1:, :BANDS].argmax(axis=1) == band).all()
        assert (found[1:, band] > -8).all()


def test_each_channel_is_what_the_page_says() -> None:
    """A second way to all channels of a sound that no gate cuts: by loops over powers."""
    samples = kinds()["noise"]
    found, (power, shifts) = features(samples), powers(samples)
    loudest = None
    for row, spectrum, shift in zip(found, power.tolist(), shifts.tolist(), strict=True):
        sums = [sum(spectrum[low:high]) for low, high in itertools.pairwise(EDGES)]
        level = by_digits(sum(sums)) + 64 * shift
        loudest = level if loudest is None else max(level, loudest - 1)
        due = [max(FLOOR, by_digits(one) - by_digits(sum(sums))) for one in sums]
        assert row.tolist() == [*due, max(FLOOR, level - loudest)]


def by_digits(power: int) -> int:
    """The logarithm, by the digits of a power: how many behind the first, then the next five."""
    digits = f"{max(power, 1):b}"
    return 32 * (len(digits) - 1) + int((digits[1:] + "00000")[:5], 2)


def test_logarithms() -> None:
    values = np.array([0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 12345, (1 << 45) - 1, 1 << 45], np.int64)
    assert logarithm(values).tolist() == [by_digits(int(value)) for value in values]
    many = np.unique(np.random.default_rng(0).integers(1, 1 << 40, 5000))
    found = logarithm(many)
    assert (np.diff(found) >= 0).all()
    assert (np.abs(found - 32 * np.log2(many)) < 3.8).all()


def test_a_word_is_found_between_pauses() -> None:
    samples = word(0)
    found = features(samples)
    frames = 1 + (len(samples) - FRAME) // HOP
    assert 6400 // HOP < len(found) < 6400 // HOP + QUIET + 3 < frames
    longer = np.concatenate([samples, noise(5, level=30)])
    np.testing.assert_array_equal(features(longer)[: len(found)], found)


def test_the_gate() -> None:
    levels = np.full(60, 100)
    levels[20:30] = 100 + OPENS + 40
    assert find_word(levels) == slice(20, 30 + QUIET)
    assert find_word(levels - 80) == slice(20, 30 + QUIET)
    levels[30 + QUIET - 1] = 100 + OPENS + 40
    assert find_word(levels) == slice(20, 30 + 2 * QUIET)
    assert find_word(levels[:35]) == slice(20, 35)
    levels[20:] = 100 + OPENS - 1
    assert find_word(levels) is None


def test_loudness_changes_little() -> None:
    samples = word(1, level=2000)
    quiet, loud = features(samples), features(4 * samples)
    assert quiet.shape == loud.shape
    assert np.abs(quiet - loud)[:, -1].max() < 4
    assert np.median(np.abs(quiet - loud)) <= 3


def test_nothing_comes_from_later_samples() -> None:
    samples = word(2)
    part = features(samples[:6000])
    np.testing.assert_array_equal(features(samples)[: len(part)], part)
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(features(samples[::-1].copy())[: len(part)], part)


def test_less_than_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 512 samples, not 511"):
        features(np.zeros(511, np.int16))
