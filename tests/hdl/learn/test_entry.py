"""One entry of a word of a table, a step up or down, against arithmetic."""

import random

import pytest
from amaranth.sim import Simulator

from hdl.learn.entry import EntryStep


def entries(word: int, *, int4: bool) -> list[int]:
    """Those of a word of 16 bits, signed, by byte and nibble."""
    bits = 4 if int4 else 8
    values = [word >> at & (1 << bits) - 1 for at in range(0, 16, bits)]
    return [value - (value >> bits - 1 << bits) for value in values]


@pytest.mark.parametrize("int4", [False, True])
def test_every_entry_steps_and_is_held(int4: bool) -> None:
    rng, dut, most, held = random.Random(int4), EntryStep(), 7 if int4 else 127, 0

    async def bench(ctx) -> None:
        nonlocal held
        for _ in range(4000):
            word = rng.getrandbits(16)
            before = entries(word, int4=int4)
            chosen, step, down = rng.randrange(len(before)), rng.choice((1, 2, 127, rng.randint(1, 127))), rng.random() < 0.5
            ctx.set(dut.word, word)
            ctx.set(dut.int4, int4)
            ctx.set(dut.byte, chosen >> 1 if int4 else chosen)
            ctx.set(dut.nibble, chosen & 1 if int4 else rng.getrandbits(1))
            ctx.set(dut.step, step)
            ctx.set(dut.down, down)
            await ctx.tick().repeat(2)
            after = list(before)
            wanted = before[chosen] - step if down else before[chosen] + step
            after[chosen] = max(-most, min(most, wanted))
            held += after[chosen] != wanted
            assert entries(ctx.get(dut.changed), int4=int4) == after
            if before[chosen] >= -most:  # as in every table
                assert bool(ctx.get(dut.held)) == (after[chosen] != wanted)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert held > 500
