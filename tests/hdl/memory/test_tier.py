# amaranth: UnusedElaboratable=no
"""The table tier on its generic bank: what is loaded is what is read, one clock later, with its tag."""

import random

import pytest
from amaranth.hdl import Signal

from firmware import isa
from hdl.memory.bank import GenericBank, SpramBank
from hdl.memory.tier import BankTier
from sim.machines.stall import StallingTier

from ..bench import load, simulate


@pytest.mark.parametrize("stalls", [False, True])
def test_beats_come_back_with_their_tags(stalls: bool) -> None:
    rng = random.Random(stalls)
    stall = Signal()
    dut = StallingTier(beats=64, bank=GenericBank, stall=stall) if stalls else BankTier(beats=64, bank=GenericBank)
    memory = [[rng.randrange(0x10000) for _ in range(4)] for _ in range(64)]
    asked: list[tuple[int, int]] = []
    got: list[tuple[int, int]] = []

    async def bench(ctx) -> None:
        for beat, words in enumerate(memory):
            for quarter, word in enumerate(words):
                await load(ctx, dut.load, isa.Kind.TABLES, 4 * beat + quarter, word)
        await load(ctx, dut.load, isa.Kind.ANCHORS, 0, 0)
        for _ in range(200):
            asking = rng.random() < 0.8
            address, base = rng.randrange(64), rng.randrange(256)
            ctx.set(stall, stalls and rng.random() < 0.3)
            ctx.set(dut.request.valid, asking)
            ctx.set(dut.request.payload.address, address)
            ctx.set(dut.request.payload.tag.base, base)
            if asking and ctx.get(dut.request.ready):
                asked.append((sum(word << 16 * i for i, word in enumerate(memory[address])), base))
            await ctx.tick()
            if ctx.get(dut.beat.valid):
                got.append((ctx.get(dut.beat.payload.data), ctx.get(dut.beat.payload.tag.base)))
            assert len(got) == len(asked)

    simulate(dut, bench)
    assert len(got) > 80
    assert got == asked
    memory[0][0] ^= 1
    assert got != [(data ^ 1, base) for data, base in asked]


def test_spram_has_one_size() -> None:
    with pytest.raises(ValueError, match="beats must be 16384 on SPRAM, not 64"):
        SpramBank(beats=64)
