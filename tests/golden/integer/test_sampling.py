"""The generator and the choice of symbols, integer by integer; and that the draws are the softmax's."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from golden.integer.sampling import Jitter, Sampler, code, draw, jitter_table

OUT_FRAC = 6
OUTPUTS = np.array([-350, -96, -224, 40, -352, 0, -160, -288, -312, 96, -64, -200], np.int16)  # logits -1.5 .. 5.5


def test_the_generator():
    assert draw(1) == 270369
    assert draw(270369) == 67634689  # xorshift32 13, 17, 5 from 1
    state, seen = 1, set()
    for _ in range(1000):
        state = draw(state)
        seen.add(state)
    assert len(seen) == 1000
    assert 0 not in seen
    assert max(seen) < 2**32


def test_the_code_of_a_uniform():
    """Spelled out in strings of bits."""
    for u in [*range(0, 65536, 7), 0, 1, 0x7FFF, 0x8000, 0xFFFF, 0xFF00, 0x00FF]:
        bits = f"{u:016b}"
        tail, rest = bits[0], bits[1:]
        if tail == "1":
            rest = "".join("10"[int(bit)] for bit in rest)
        zeros = min(len(rest) - len(rest.lstrip("0")), 7)
        mantissa = rest[7:11] if zeros == 7 else rest[zeros + 1 : zeros + 5]
        assert code(u) == int(f"{tail}{zeros:03b}{mantissa}", 2)
    assert len({code(u) for u in range(65536)}) == 256


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.3])
def test_entries_are_the_mean_gumbel_values_of_their_segments(temperature):
    jitter = jitter_table(temperature=temperature, out_frac=8)
    unit = temperature * 2**8
    fine = (np.arange(65536 * 64) + 0.5) / (65536 * 64)
    codes = np.repeat([code(u) for u in range(65536)], 64)
    mean = np.bincount(codes, -np.log(-np.log(fine)), 256) / np.bincount(codes, minlength=256)
    assert np.abs((jitter.table + jitter.mask / 2) / unit - mean).max() < 0.01
    assert jitter.mask in (1, 3, 7, 15, 31)


def test_a_temperature_must_be_positive_and_fit_16_bits():
    with pytest.raises(ValueError, match=r"temperature must be above 0, not 0"):
        jitter_table(temperature=0, out_frac=6)
    with pytest.raises(ValueError, match=r"temperature 1000 is too high"):
        jitter_table(temperature=1000, out_frac=6)


def chi_square(counts: np.ndarray, p: np.ndarray) -> float:
    """The probability of so large a deviation if ``counts`` were drawn from ``p``; rare classes are taken together."""
    expected = p * counts.sum()
    rare = expected < 10
    found = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    keep = wanted > 0
    return float(chi2.sf((np.square(found - wanted)[keep] / wanted[keep]).sum(), keep.sum() - 1))


def softmax(outputs: np.ndarray, temperature: float) -> np.ndarray:
    logits = -outputs.astype(float) * 2.0**-OUT_FRAC / temperature
    p = np.exp(logits - logits.max())
    return p / p.sum()


def counted(sampler: Sampler, draws: int) -> np.ndarray:
    outputs = OUTPUTS.tolist()
    return np.bincount([sampler.choose(outputs) for _ in range(draws)], minlength=len(OUTPUTS))


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.3])
def test_jittered_draws_match_the_softmax(temperature):
    jitter = jitter_table(temperature=temperature, out_frac=OUT_FRAC)
    counts = counted(Sampler(seed=20, jitter=jitter), 100_000)
    assert chi_square(counts, softmax(OUTPUTS, temperature)) > 0.001
    assert chi_square(counts, softmax(OUTPUTS, temperature * 1.05)) < 1e-6  # negative control


def test_top_k_draws_match_the_softmax_of_the_k_earliest():
    counts = counted(Sampler(seed=21, jitter=jitter_table(temperature=1.0, out_frac=OUT_FRAC), k=4), 50_000)
    kept = np.argsort(OUTPUTS, kind="stable")[:4]
    p = np.zeros(len(OUTPUTS))
    p[kept] = softmax(OUTPUTS[kept], 1.0)
    assert chi_square(counts, p) > 0.001
    assert counts.sum() == counts[kept].sum()


def test_the_three_modes_draw_as_often_as_they_should():
    jitter = Jitter(table=np.zeros(256, np.int16), mask=0)
    outputs = [5, 3, 3, 9, 3]
    for sampler, draws, symbol in (
        (Sampler(seed=9), 0, 1),
        (Sampler(seed=9, jitter=jitter), 5, 1),
        (Sampler(seed=9, jitter=jitter, k=2), 2, 1),
        (Sampler(seed=9, jitter=jitter, k=8), 5, 1),
    ):
        assert sampler.choose(outputs) == symbol
        state = 9
        for _ in range(draws):
            state = draw(state)
        assert sampler.state == state


def test_a_jittered_latency_is_exactly_the_contracts():
    table = np.arange(-128, 128, dtype=np.int16) * 3
    outputs = [10, -400, 77]
    sampler = Sampler(seed=0xDEADBEEF, jitter=Jitter(table=table, mask=7))
    chosen = sampler.choose(outputs)
    state, wanted = 0xDEADBEEF, []
    for latency in outputs:
        state = draw(state)
        wanted.append(latency - (int(table[code(state >> 16)]) + (state & 255 & 7)))
    assert chosen == wanted.index(min(wanted))
    assert sampler.spikes == sorted(enumerate(wanted), key=lambda spike: (spike[1], spike[0]))


def test_top_k_ties_go_to_the_earlier_and_spikes_stay_unjittered():
    outputs = [4, 2, 3, 2, 50, 60, 70, 80, 90, 100]
    sampler = Sampler(seed=5, jitter=Jitter(table=np.zeros(256, np.int16), mask=0), k=3)
    assert sampler.choose(outputs) == 1
    assert sampler.spikes == [(1, 2), (3, 2), (2, 3), (0, 4), (4, 50), (5, 60), (6, 70), (7, 80)]


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match=r"seed must be 1..4294967295, not 0"):
        Sampler(seed=0)
    with pytest.raises(ValueError, match=r"k must be 0..8, not 9"):
        Sampler(k=9)
    assert math.isclose(jitter_table(temperature=1, out_frac=0).mask, 0)
