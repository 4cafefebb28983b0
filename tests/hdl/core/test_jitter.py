"""The jitter generator against plain Python: every draw, in one clock each, at the clock it is due."""

import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from firmware import isa
from hdl.core.jitter import Jitter, code

from ..bench import load
from .ref_sort import Draws, ref_code, wrap16

SEEDS = (1, 0x80000000, 0xFFFFFFFF, 0x2545F491)


def rtl_jitter(
    *, seed: int, table: list[int], mask: int, gaps: list[int], order: tuple[int, int] = (0, 1), late: bool = False
) -> tuple[list[int], list[int]]:
    """Jitter of each draw, ``gaps[i]`` idle clocks before draw i, and what stands there while ``enable`` is low.

    ``order``: of writing the halves of the seed.
    """
    dut = Jitter(late=late)
    drawn: list[int] = []
    disabled: list[int] = []

    async def bench(ctx) -> None:
        for address, entry in enumerate(table):
            await load(ctx, dut.load, isa.Kind.JITTER, address, entry)
        for address, value in [(half, seed >> 16 * half & 0xFFFF) for half in order] + [(2, 0xFFFF), (3, mask)]:
            await load(ctx, dut.load, isa.Kind.CONFIG, address, value)
            ctx.set(dut.load.data, 0xDEAD)
            await ctx.tick()
        ctx.set(dut.enable, 1)
        for _ in range(2):  # the second does nothing
            ctx.set(dut.prepare, 1)
            await ctx.tick()
            ctx.set(dut.prepare, 0)
        due = False
        for gap in gaps:
            for draw in [0] * gap + [1]:
                ctx.set(dut.draw, draw)
                if due:
                    drawn.append(ctx.get(dut.jitter))
                    ctx.set(dut.enable, 0)
                    disabled.append(ctx.get(dut.jitter))
                    ctx.set(dut.enable, 1)
                due = bool(draw)
                await ctx.tick()
        ctx.set(dut.draw, 0)
        drawn.append(ctx.get(dut.jitter))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return drawn, disabled


def ref_jitter(*, seed: int, table: list[int], mask: int, draws: int) -> list[int]:
    generator = Draws(seed, table, mask)
    return [wrap16(generator.draw()) for _ in range(draws)]


def make_table(rng: random.Random) -> list[int]:
    return [rng.randrange(-0x8000, 0x8000) for _ in range(256)]


def test_code_of_every_u() -> None:
    u, address = Signal(16), Signal(8)
    m = Module()
    m.d.comb += address.eq(code(u))
    got = []

    async def bench(ctx) -> None:
        for value in range(0x10000):
            ctx.set(u, value)
            got.append(ctx.get(address))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    assert got == [ref_code(value) for value in range(0x10000)]
    assert set(got) == set(range(256))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_back_to_back_draws(seed: int, late: bool) -> None:
    table = make_table(random.Random(seed))
    drawn, disabled = rtl_jitter(seed=seed, table=table, mask=0xFF, gaps=[0] * 2000, late=late)
    assert drawn == ref_jitter(seed=seed, table=table, mask=0xFF, draws=2000)
    assert set(disabled) == {0}


@pytest.mark.parametrize("mask", [0, 0x0F, 0xA5])
def test_masks_and_idle_clocks(mask: int) -> None:
    rng = random.Random(mask)
    table = make_table(rng)
    drawn, _ = rtl_jitter(seed=77, table=table, mask=mask, gaps=[rng.choice([0, 0, 1, 5]) for _ in range(500)], order=(1, 0))
    assert drawn == ref_jitter(seed=77, table=table, mask=mask, draws=500)


def test_one_wrong_table_bit_is_seen() -> None:
    table = make_table(random.Random(5))
    expected = ref_jitter(seed=9, table=table, mask=0xFF, draws=300)
    generator = Draws(9, list(range(256)), 0)
    used = generator.draw()  # the entry of the first draw
    wrong = list(table)
    wrong[used] ^= 1
    drawn, _ = rtl_jitter(seed=9, table=wrong, mask=0xFF, gaps=[0] * 300)
    assert drawn != expected
    assert drawn[0] == wrap16(expected[0] + (wrong[used] - table[used]))


def test_seed_at_power_up_is_1() -> None:
    dut = Jitter()
    states = []

    async def bench(ctx) -> None:
        await load(ctx, dut.load, isa.Kind.CONFIG, 3, 0xFF)
        ctx.set(dut.enable, 1)
        ctx.set(dut.prepare, 1)
        await ctx.tick()
        ctx.set(dut.prepare, 0)
        ctx.set(dut.draw, 1)
        for _ in range(100):
            await ctx.tick()
            states.append(ctx.get(dut.jitter))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert states == ref_jitter(seed=1, table=[0] * 256, mask=0xFF, draws=100)
