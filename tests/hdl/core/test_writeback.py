"""Write-back against the equation: every shift, residual or not, at and beyond the limits."""

import random

import pytest

from firmware import isa
from hdl.core.params import CoreParams
from hdl.core.writeback import WriteBack

from ..bench import load, saturate, simulate, wrap


def rtl_write(sums: list[int], old: list[int], *, shift: int, residual: bool, store_clocks: int = 1) -> tuple[list[int], int]:
    """What one word becomes, and how many neurons saturated."""
    width = isa.Width(lanes=len(sums))
    dut = WriteBack(params=CoreParams(width=width, store_clocks=store_clocks))
    result: list[tuple[list[int], int]] = []

    async def bench(ctx) -> None:
        ctx.set(dut.i.valid, 1)
        payload = dut.i.payload

        def give(values: list[int]) -> None:
            for lane, value in enumerate(values):
                ctx.set(payload.sums[lane], value)

        give(sums if store_clocks == 1 else [~value for value in sums])
        for name, value in (("word", 7), ("store", 1), ("residual", residual), ("shift", shift), ("final", 1), ("sort", 1)):
            ctx.set(getattr(payload, name), value)
        assert ctx.get(dut.residual.en) == 1
        assert ctx.get(dut.residual.addr) == (7 if residual else isa.ZERO_WORD)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        ctx.set(payload.store, 0)
        give(sums if store_clocks == 2 else [~value for value in sums])
        if store_clocks == 2:
            assert (ctx.get(dut.write.en), ctx.get(dut.retired)) == (0, 0)
            await ctx.tick()
        for lane, value in enumerate(old):
            ctx.set(dut.residual.data[lane], value if residual else 0)
        assert (ctx.get(dut.write.addr), ctx.get(dut.write.en)) == (7, (1 << width.lanes) - 1)
        assert (ctx.get(dut.retired), ctx.get(dut.sort), ctx.get(dut.end)) == (1, 1, 0)
        values = [ctx.get(value) for value in dut.write.data]
        await ctx.tick()
        assert (ctx.get(dut.write.en), ctx.get(dut.retired)) == (0, 0)
        await ctx.tick()
        result.append((values, ctx.get(dut.saturated)))

    simulate(dut, bench)
    return result[0]


def ref_write(sums: list[int], old: list[int], *, shift: int, residual: bool) -> tuple[list[int], int]:
    exact = [wrap(value << shift) + (before if residual else 0) for value, before in zip(sums, old, strict=True)]
    return [saturate(value) for value in exact], sum(value != saturate(value) for value in exact)


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize(("lanes", "store_clocks"), [(8, 1), (16, 1), (16, 2), (32, 2)])
def test_values(lanes: int, store_clocks: int, shift: int, residual: bool) -> None:
    rng = random.Random(shift)
    for spread in (100, 0x7FFF >> shift):
        sums = [rng.choice((-spread, spread, rng.randint(-spread, spread))) for _ in range(lanes)]
        old = [rng.choice((-0x8000, 0x7FFF, rng.randint(-0x8000, 0x7FFF))) for _ in range(lanes)]
        found = rtl_write(sums, old, shift=shift, residual=residual, store_clocks=store_clocks)
        assert found == ref_write(sums, old, shift=shift, residual=residual)


def test_a_flipped_bit_is_seen() -> None:
    sums, old = list(range(8)), list(range(-4, 4))
    assert rtl_write(sums, old, shift=1, residual=True) != ref_write([sums[0] ^ 1, *sums[1:]], old, shift=1, residual=True)


@pytest.mark.parametrize("lanes", [8, 16, 32])
def test_the_load_bus_writes_one_latency(lanes: int) -> None:
    dut = WriteBack(params=CoreParams(width=isa.Width(lanes=lanes)))

    async def bench(ctx) -> None:
        ctx.set(dut.load.space, isa.Kind.STORE)
        ctx.set(dut.load.address, lanes * 9 + 3)
        ctx.set(dut.load.data, 0xFFFE)
        ctx.set(dut.load.strobe, 1)
        assert (ctx.get(dut.write.addr), ctx.get(dut.write.en), ctx.get(dut.write.data[3])) == (9, 1 << 3, -2)
        ctx.set(dut.load.space, isa.Kind.ANCHORS)
        assert ctx.get(dut.write.en) == 0
        await load(ctx, dut.load, isa.Kind.STORE, 0, 0)
        assert ctx.get(dut.write.en) == 0

    simulate(dut, bench)
