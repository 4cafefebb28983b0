"""The store's reads on a store of known latencies: who gets a clock, and that each gets its own."""

import random

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring

from firmware import isa
from hdl.core.params import CoreParams
from hdl.memory.reader import StoreReader
from hdl.memory.store import LatencyStore

from ..bench import simulate

WORDS = 16


class Bench(wiring.Component):
    """Reader and store."""

    def __init__(self, *, params: CoreParams) -> None:
        self.reader, self.store = StoreReader(params=params), LatencyStore(params=params)
        super().__init__({})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.reader, m.submodules.store = self.reader, self.store
        wiring.connect(m, self.reader.reads, self.store.reads)
        return m


@pytest.mark.parametrize(("lanes", "comparators", "store_clocks"), [(8, 1, 1), (8, 2, 1), (8, 2, 2), (16, 2, 2), (32, 2, 1)])
@pytest.mark.parametrize("stepping", [False, True])
def test_each_gets_its_latencies_in_order_of_priority(lanes: int, comparators: int, store_clocks: int, stepping: bool) -> None:
    width = isa.Width(lanes=lanes, comparators=comparators)
    rng, dut = random.Random(comparators), Bench(params=CoreParams(width=width, store_clocks=store_clocks))
    banks, slots = width.slot_banks, width.slots
    values = [rng.randrange(-0x8000, 0x8000) for _ in range(WORDS * lanes)]
    served = {"residual": 0, "pairs": 0, "outputs": 0, "host": 0}

    async def bench(ctx) -> None:
        reader, store = dut.reader, dut.store
        for word in range(WORDS):
            ctx.set(store.write.addr, word)
            ctx.set(store.write.en, (1 << lanes) - 1)
            for bank in range(lanes):
                ctx.set(store.write.data[bank], values[word * lanes + bank])
            await ctx.tick()
        ctx.set(store.write.en, 0)
        ctx.set(reader.latency.ready, 1)
        ctx.set(reader.stepping, stepping)
        due: list[tuple[str, list[int], int]] = [("", [], 0)] * (store_clocks + 1)  # who was served, clock by clock, and with what
        for _ in range(600):
            residual, pairs, outputs, host = (rng.random() < 0.4 for _ in range(4))
            word = rng.randrange(WORDS)
            ctx.set(reader.residual.en, residual)
            ctx.set(reader.residual.addr, word)
            ctx.set(reader.pairs.valid, pairs)
            reads = [rng.randrange(WORDS) * lanes + slot * banks + rng.randrange(banks) for slot in range(slots)]
            choices = [rng.randrange(slots) for _ in range(slots)]
            for slot, address in enumerate(reads):
                ctx.set(reader.pairs.payload.slot[slot], {"bank": address % banks, "word": address // lanes})
            for operand, choice in enumerate(choices):
                ctx.set(reader.pairs.payload.choice[operand], choice)
            one, last = rng.randrange(len(values)), rng.randrange(2)
            place = {"bank": one % lanes, "word": one // lanes}
            ctx.set(reader.outputs.valid, stepping and outputs)
            ctx.set(reader.outputs.payload, {"address": place, "last": last})
            ctx.set(reader.host_address, place)
            ctx.set(reader.host_reads, not stepping and host)
            got_pairs, got_output = ctx.get(reader.pairs.ready), ctx.get(reader.outputs.ready)
            assert got_pairs == (not residual)
            assert got_output == (not residual and not pairs)

            who, wanted, flag = due.pop(0)
            assert ctx.get(reader.latency.valid) == (who == "outputs")
            if who == "pairs":
                assert [ctx.get(value) for value in reader.operand] == wanted
            elif who == "outputs":
                assert (ctx.get(reader.latency.payload.latency), ctx.get(reader.latency.payload.last)) == (wanted[0], flag)
            elif who == "host":
                assert ctx.get(reader.host_latency) == wanted[0]
            if due[-store_clocks][0] == "residual":
                assert [ctx.get(value) for value in reader.residual.data] == due[-store_clocks][1]

            if residual:
                due.append(("residual", values[word * lanes : (word + 1) * lanes], 0))
            elif pairs:
                due.append(("pairs", [values[reads[choice]] for choice in choices], 0))
            elif stepping and outputs:
                due.append(("outputs", [values[one]], last))
            else:
                due.append(("host", [values[one]], 0) if not stepping and host else ("", [], 0))
            if due[-1][0]:
                served[due[-1][0]] += 1
            await ctx.tick()

    simulate(dut, bench)
    idle = "host" if stepping else "outputs"
    assert served.pop(idle) == 0
    assert min(served.values()) > 30


def test_a_wrong_latency_is_seen() -> None:
    """The control: after a word has changed, the one who reads it gets another latency than before."""
    dut, seen = Bench(params=CoreParams()), []

    async def bench(ctx) -> None:
        ctx.set(dut.reader.host_reads, 1)
        ctx.set(dut.reader.residual.en, 0)
        for value in (5, 6):
            ctx.set(dut.store.write.en, 1)
            ctx.set(dut.store.write.data[0], value)
            await ctx.tick()
            ctx.set(dut.store.write.en, 0)
            await ctx.tick().repeat(2)
            seen.append(ctx.get(dut.reader.host_latency))

    simulate(dut, bench)
    assert seen == [5, 6]
