"""The rival of a class, and whether it is close, against the rule."""

import random

from hdl.learn.rival import Rival

from ..bench import simulate


def rule(outputs: list[int], target: int, margin: int) -> tuple[int, bool]:
    """Of two outputs or more."""
    rival = min((neuron for neuron in range(len(outputs)) if neuron != target), key=lambda neuron: outputs[neuron])
    return rival, outputs[target] + margin > outputs[rival]


def test_random_outputs_that_come_with_gaps() -> None:
    rng, dut, seen = random.Random(1), Rival(), set()

    async def bench(ctx) -> None:
        for _ in range(400):
            count, spread = rng.choice((2, 3, 10, 256)), rng.choice((2, 300, 32767))
            outputs = [rng.randint(-spread - 1, spread) for _ in range(count)]
            target, margin = rng.randrange(count), rng.choice((1, spread, 2 * spread, 65535))
            ctx.set(dut.target, target)
            ctx.set(dut.margin, margin)
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            for output in outputs:
                ctx.set(dut.latency, rng.randint(-32768, 32767))
                await ctx.tick().repeat(rng.randint(1, 3))
                ctx.set(dut.latency, output)
                ctx.set(dut.valid, 1)
                await ctx.tick()
                ctx.set(dut.valid, 0)
            await ctx.tick()
            due = rule(outputs, target, margin)
            assert (ctx.get(dut.neuron), bool(ctx.get(dut.close))) == due
            seen.add(due[1])

    simulate(dut, bench)
    assert seen == {False, True}


def test_one_output_has_no_rival() -> None:
    dut = Rival()

    async def bench(ctx) -> None:
        ctx.set(dut.margin, 65535)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        ctx.set(dut.valid, 1)
        await ctx.tick()
        ctx.set(dut.valid, 0)
        await ctx.tick().repeat(2)
        assert not ctx.get(dut.close)

    simulate(dut, bench)
