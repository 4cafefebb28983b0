"""Counters against plain sums: every word, carries, wraps of the short ones, resets that leave them alone."""

import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from firmware import isa
from hdl.core.counters import Counters

from ..bench import simulate

INPUTS = ("clock", "row", "beat", "saturated", "step", "flash")  # in the order of isa.Counter
ALL = (*INPUTS, "write", "held")  # and of isa.LearnCounter


def words_of(totals: list[int]) -> list[int]:
    """What the host reads for these totals."""
    words = []
    for counter, total in zip(isa.counters(learns=len(totals) == len(ALL)), totals, strict=True):
        value = total % (1 << counter.bits)
        words += [value & 0xFFFF, value >> 16]
    return words


async def read_words(ctx, dut: Counters) -> list[int]:
    """All words, combinational: no clock passes."""
    words = []
    for address in range(2 * len(isa.counters(learns="write" in dut.signature.members))):
        ctx.set(dut.address, address)
        words.append(ctx.get(dut.data))
    return words


def amounts_of(seed: int) -> list[list[int]]:
    rng = random.Random(seed)
    return [[*(rng.randrange(2) for _ in range(3)), rng.randrange(9), rng.randrange(2), rng.randrange(2)] for _ in range(60)]


def rtl_words(amounts: list[list[int]]) -> list[list[int]]:
    """The words after each clock."""
    dut, seen = Counters(width=isa.Width()), []

    async def bench(ctx) -> None:
        for now in amounts:
            for name, amount in zip(INPUTS, now, strict=True):
                ctx.set(getattr(dut, name), amount)
            await ctx.tick()
            seen.append(await read_words(ctx, dut))

    simulate(dut, bench)
    return seen


def ref_words(amounts: list[list[int]]) -> list[list[int]]:
    totals, seen = [0] * len(INPUTS), []
    for now in amounts:
        totals = [total + amount for total, amount in zip(totals, now, strict=True)]
        seen.append(words_of(totals))
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_counts_a_clock_later(seed: int) -> None:
    amounts = amounts_of(seed)
    assert rtl_words(amounts) == ref_words(amounts)


@pytest.mark.parametrize("column", range(len(INPUTS)))
def test_one_count_more_is_seen(column: int) -> None:
    amounts = amounts_of(1)
    wanted = ref_words(amounts)
    amounts[10][column] ^= 1
    assert rtl_words(amounts) != wanted


def test_short_counters_wrap_and_long_ones_carry() -> None:
    dut = Counters(width=isa.Width())
    seen: list[list[int]] = []

    async def bench(ctx) -> None:
        for name in INPUTS:
            ctx.set(getattr(dut, name), 1)
        for clocks in (0xFFFF, 1, 1):
            await ctx.tick().repeat(clocks)
            seen.append(await read_words(ctx, dut))

    simulate(dut, bench)
    assert seen[0] == [0xFFFF, 0] * 6
    assert seen[1] == [0, 1] * 3 + [0, 0] * 2 + [0, 1]
    assert seen[2] == [1, 1] * 3 + [1, 0] * 2 + [1, 1]
    assert seen == [words_of([total] * 6) for total in (0xFFFF, 0x10000, 0x10001)]


def test_eight_saturations_a_clock_wrap() -> None:
    dut = Counters(width=isa.Width())

    async def bench(ctx) -> None:
        ctx.set(dut.saturated, 8)
        await ctx.tick().repeat(0x2000 - 1)
        assert await read_words(ctx, dut) == words_of([0, 0, 0, 0xFFF8, 0, 0])
        ctx.set(dut.saturated, 7)
        await ctx.tick()
        assert await read_words(ctx, dut) == words_of([0, 0, 0, 0xFFFF, 0, 0])
        ctx.set(dut.saturated, 3)
        await ctx.tick()
        assert await read_words(ctx, dut) == words_of([0, 0, 0, 2, 0, 0])

    simulate(dut, bench)


def test_a_reset_leaves_them() -> None:
    dut, reset = Counters(width=isa.Width()), Signal()

    async def bench(ctx) -> None:
        for name in INPUTS:
            ctx.set(getattr(dut, name), 1)
        await ctx.tick().repeat(5)
        ctx.set(reset, 1)
        for name in INPUTS:
            ctx.set(getattr(dut, name), 0)
        await ctx.tick().repeat(3)
        assert await read_words(ctx, dut) == words_of([5] * 6)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_what_is_learned_is_counted_in_24_bits() -> None:
    dut, rng, totals = Counters(width=isa.Width(), learns=True), random.Random(2), [0] * len(ALL)

    async def bench(ctx) -> None:
        for _ in range(60):
            amounts = [rng.randrange(2) for _ in ALL]
            for at, (name, amount) in enumerate(zip(ALL, amounts, strict=True)):
                ctx.set(getattr(dut, name), amount)
                totals[at] += amount
            await ctx.tick()
            assert await read_words(ctx, dut) == words_of(totals)
        assert words_of([*totals[:-1], totals[-1] + 1]) != await read_words(ctx, dut)

    simulate(dut, bench)
    assert words_of([0] * 6 + [(1 << 24) + 5, (1 << 24) - 1])[12:] == [5, 0, 0xFFFF, 0xFF]
