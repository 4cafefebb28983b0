"""Jitter tables: equal to golden's, which were made another way, and draws that follow the softmax."""

import math

import numpy as np
import pytest

from firmware.jitter import JitterError, dither_mask, gumbel_means, jitter_table, segment
from golden.integer import sampling


def test_segments_are_those_of_golden() -> None:
    u = np.arange(0, 1 << 16)
    assert segment(u).tolist() == [sampling.code(value) for value in u.tolist()]
    assert np.bincount(segment(u)).min() == 16


@pytest.mark.parametrize("temperature", [0.5, 1.3])
@pytest.mark.parametrize("out_frac", [4, 9])
def test_table_is_that_of_golden(temperature: float, out_frac: int) -> None:
    table, mask = jitter_table(temperature=temperature, out_frac=out_frac, outputs=(-100, 100))
    other = sampling.jitter_table(temperature=temperature, out_frac=out_frac)
    assert mask == other.mask
    assert np.array_equal(table, other.table)
    assert not np.array_equal(table + 1, other.table)


def test_means() -> None:
    means = gumbel_means()
    u = np.arange(1 << 16)
    counts = np.bincount(segment(u))
    assert (means * counts).sum() / 65536 == pytest.approx(np.euler_gamma, abs=1e-9)
    # the last segment keeps the whole tail: the mean of -ln s over s < w is 1 - ln w
    assert means[segment(np.array([65535]))[0]] == pytest.approx(1 - np.log(16 / 65536), abs=1e-3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.5])
def test_draws_follow_the_softmax(temperature: float) -> None:
    """All draws of two candidates at once: the chance of the first is the share of pairs of uniforms that let it win."""
    logits = np.array([0.0, -1.0])
    out_frac = 8
    table, mask = jitter_table(temperature=temperature, out_frac=out_frac, outputs=(-500, 500))
    rng = np.random.default_rng(0)
    u, d = rng.integers(0, 1 << 16, (200_000, 2)), rng.integers(0, 256, (200_000, 2))
    latencies = -logits * 2**out_frac - table[segment(u)] - (d & mask)
    share = (latencies[:, 0] <= latencies[:, 1]).mean()
    exact = 1 / (1 + np.exp(-1 / temperature))
    assert abs(share - exact) < 0.004
    assert abs(share - 1 / (1 + np.exp(-1 / (temperature * 1.1)))) > 0.004


def test_refusals() -> None:
    with pytest.raises(JitterError, match=r"^temperature must be above 0, not 0$"):
        jitter_table(temperature=0, out_frac=8, outputs=(0, 0))
    with pytest.raises(JitterError, match=r"^temperature must be above 0, not nan$"):
        jitter_table(temperature=float("nan"), out_frac=8, outputs=(0, 0))
    with pytest.raises(JitterError, match=r"^temperature 1 could take an output latency to -\d+\.\.30578, the limit is -32768\.\.32767$"):
        jitter_table(temperature=1, out_frac=8, outputs=(-32000, 30000))
    for temperature in (math.inf, 1e308, 1e300):
        with pytest.raises(JitterError, match=r"^temperature \S+ takes output latencies far beyond the limit, -32768\.\.32767$"):
            jitter_table(temperature=temperature, out_frac=8, outputs=(0, 0))


def test_dither() -> None:
    assert [dither_mask(unit) for unit in (1, 16, 32, 256, 1 << 14)] == [0, 0, 1, 15, 255]
