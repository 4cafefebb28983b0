"""Comparator array and index encoder against plain Python."""

import random

import pytest
from amaranth.sim import Simulator

from firmware import isa
from hdl.core.compare import ComparatorArray, IndexEncoder

from ..bench import simulate


def test_a_comparator_is_strict_and_signed() -> None:
    values = [-0x8000, -1, 0, 1, 0x7FFF]
    dut = ComparatorArray(width=isa.Width())

    async def bench(ctx) -> None:
        for a in values:
            for b in values:
                for operand, value in zip(dut.operand, (a, b, b, a), strict=True):
                    ctx.set(operand, value)
                await ctx.delay(1e-9)
                assert ctx.get(dut.bits) == (a > b) | (b > a) << 1

    simulator = Simulator(dut)
    simulator.add_testbench(bench)
    simulator.run()


Word = tuple[list[int | None], int]
"""A clock: a bit or None for each lane, and emit."""


def ref_encode(words: list[Word], comparators: int) -> list[int]:
    made, lanes = [], [0] * comparators
    for bits, emit in words:
        lanes = [lane if bit is None else lane << 1 | bit for lane, bit in zip(lanes, bits, strict=True)]
        if emit:
            made += lanes[:emit]
            lanes = [0] * comparators
    return made


def rtl_encode(words: list[Word], comparators: int, gaps: list[int]) -> list[tuple[int, int]]:
    """(clocks since its group's last word, index) of all that comes out; ``gaps``: idle clocks before each word."""
    dut = IndexEncoder(comparators=comparators)
    out: list[tuple[int, int]] = []
    clock, emitted = 0, 0

    async def bench(ctx) -> None:
        nonlocal clock, emitted

        async def tick() -> None:
            nonlocal clock
            if ctx.get(dut.o.valid):
                out.append((clock - emitted, ctx.get(dut.o.payload)))
            await ctx.tick()
            clock += 1

        for (bits, emit), gap in zip(words, gaps, strict=True):
            ctx.set(dut.strobe, 0)
            for _ in range(gap):
                await tick()
            ctx.set(dut.strobe, 1)
            ctx.set(dut.bits, sum((bit or 0) << lane for lane, bit in enumerate(bits)))
            ctx.set(dut.valid, sum((bit is not None) << lane for lane, bit in enumerate(bits)))
            ctx.set(dut.emit, emit)
            if emit and not gap and not any(gaps):
                emitted = clock
            await tick()
        ctx.set(dut.strobe, 0)
        for _ in range(8):
            await tick()

    simulate(dut, bench)
    return out


def stimulus(comparators: int, seed: int) -> list[Word]:
    rng = random.Random(seed)
    words: list[Word] = []
    for _ in range(40):
        for left in reversed(range(rng.randint(comparators, 16))):
            bits = [rng.choice((None, 0, 1, 1)) for _ in range(comparators)]
            words.append((bits, rng.randint(1, comparators) if left == 0 else 0))
    return words


@pytest.mark.parametrize("comparators", [1, 2, 4])
@pytest.mark.parametrize("stalls", [False, True])
def test_indices(comparators: int, stalls: bool) -> None:
    words = stimulus(comparators, seed=comparators)
    rng = random.Random(1)
    gaps = [rng.choice((0, 0, 3)) if stalls else 0 for _ in words]
    made = rtl_encode(words, comparators, gaps)
    assert [index for _, index in made] == ref_encode(words, comparators)


def test_the_first_index_comes_two_clocks_after_the_word_that_ends_its_group() -> None:
    made = rtl_encode([([1, 0], 0), ([1, 1], 2)], 2, [0, 0])
    assert made == [(2, 0b11), (3, 0b01)]


def test_a_flipped_bit_is_seen() -> None:
    words = stimulus(2, seed=3)
    at = next(i for i, (bits, _) in enumerate(words) if bits[0] == 0)
    broken = [*words[:at], ([1, *words[at][0][1:]], words[at][1]), *words[at + 1 :]]
    made = [index for _, index in rtl_encode(words, 2, [0] * len(words))]
    assert made != ref_encode(broken, 2)
