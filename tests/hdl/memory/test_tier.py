# amaranth: UnusedElaboratable=no
"""The table tier on its banks: what is loaded is what is read, with its tag, and as late as it should be."""

import random
from collections.abc import Callable
from functools import partial

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.lib import wiring

from firmware import isa
from hdl.core.params import CoreParams
from hdl.memory.bank import GenericBank, SpramBank, block_ram_bank
from hdl.memory.tier import BankTier
from sim.machines.stall import StallingTier

from ..bench import load, simulate

BEATS = 384  # not a power of two


@pytest.mark.parametrize("bank", [GenericBank, block_ram_bank])
@pytest.mark.parametrize(("lanes", "table_clocks", "stalls"), [(8, 1, False), (8, 1, True), (16, 3, True), (32, 3, False)])
def test_beats_come_back_with_their_tags(lanes: int, table_clocks: int, stalls: bool, bank: Callable[..., wiring.Component]) -> None:
    params, parts = CoreParams(width=isa.Width(lanes=lanes), table_clocks=table_clocks, table_beats=BEATS), lanes // 2
    rng = random.Random(stalls)
    stall, reset = Signal(), Signal()
    make = partial(StallingTier, stall=stall) if stalls else BankTier
    dut = make(params=params, bank=bank)
    memory = [[rng.randrange(0x10000) for _ in range(parts)] for _ in range(BEATS)]
    asked: list[tuple[int, int]] = []
    got: list[tuple[int, int]] = []
    late = [0] * (table_clocks - 1)  # how many had been asked

    async def bench(ctx) -> None:
        ctx.set(reset, 1)  # as the core is while an image is loaded
        for beat, words in enumerate(memory):
            for part, word in enumerate(words):
                await load(ctx, dut.load, isa.Kind.TABLES, parts * beat + part, word)
        await load(ctx, dut.load, isa.Kind.ANCHORS, 0, 0)
        ctx.set(reset, 0)
        for _ in range(200):
            asking = rng.random() < 0.8
            address, base = rng.randrange(BEATS), rng.randrange(256)
            ctx.set(stall, stalls and rng.random() < 0.3)
            ctx.set(dut.request.valid, asking)
            ctx.set(dut.request.payload.address, address)
            ctx.set(dut.request.payload.tag.base, base)
            if asking and ctx.get(dut.request.ready):
                asked.append((sum(word << 16 * i for i, word in enumerate(memory[address])), base))
            late.append(len(asked))
            await ctx.tick()
            if ctx.get(dut.beat.valid):
                got.append((ctx.get(dut.beat.payload.data), ctx.get(dut.beat.payload.tag.base)))
            assert len(got) == late.pop(0)

    simulate(ResetInserter(reset)(dut), bench)
    assert len(got) > 80
    del asked[len(got) :]
    assert got == asked
    memory[0][0] ^= 1
    assert got != [(data ^ 1, base) for data, base in asked]


def test_spram_has_one_size() -> None:
    with pytest.raises(ValueError, match="beats must be 16384 on SPRAM, not 64"):
        SpramBank(beats=64, width=isa.Width())
