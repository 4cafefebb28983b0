"""Steps spread over cores by the feed: order, how many are under way, and what ends them."""

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from hdl.link.feed import PayloadFeed

from ..board_models import seeded, simulate


class FeedBench(wiring.Component):
    """The feed at a payload of 256 bytes."""

    def __init__(self, payload, *, cores):
        self.payload, self.feed = payload, PayloadFeed(cores=cores)
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.feed = self.feed
        m.submodules.memory = memory = Memory(shape=8, depth=256, init=self.payload)
        wiring.connect(m, self.feed.payload, memory.read_port())
        return m


def run(payload, *, cores, spread=1, rng=None, delay=3):
    """Takes every step offered, or with ``rng`` now and then, and gives its symbol after ``delay`` clocks, those of one core at a time.
    Returns (clock, byte) of each step taken, and the clocks of the symbols."""
    dut = FeedBench(payload, cores=cores)
    feed, taken, ended = dut.feed, [], []

    async def bench(ctx):
        ctx.set(feed.total, len(payload))
        ctx.set(feed.forced, 1)
        ctx.set(feed.spread, spread)
        ctx.set(feed.back, 1)
        await ctx.tick()
        ctx.set(feed.back, 0)
        ctx.set(feed.fetch, 1)
        ctx.set(feed.running, 1)
        await ctx.tick()
        ctx.set(feed.fetch, 0)
        for clock in range(200 + 40 * len(payload)):
            due = len(taken) > len(ended) and clock >= taken[len(ended)][0] + delay
            gives = due and not (rng and rng.random() < 0.6)
            takes = not (rng and rng.random() < 0.6)
            ctx.set(feed.forward, gives)
            ctx.set(feed.step.ready, takes)
            if ctx.get(feed.step.valid) and takes:
                taken.append((clock, ctx.get(feed.step.payload.symbol)))
            if gives:
                ended.append(clock)
            assert ctx.get(feed.length) == len(ended) - gives
            await ctx.tick()
            assert len(taken) - len(ended) <= (cores if spread else 1)
        assert ctx.get(feed.complete)

    simulate(dut, bench)
    return taken, ended


@pytest.mark.parametrize("cores", [2, 4])
@pytest.mark.parametrize("seed", range(3))
def test_every_byte_is_offered_once_and_in_order(cores, seed):
    rng = seeded(seed)
    payload = rng.randbytes(rng.choice((1, cores - 1, cores, 7 * cores + 1)))
    taken, ended = run(payload, cores=cores, rng=rng)
    assert bytes(byte for _, byte in taken) == payload
    assert len(ended) == len(payload)


@pytest.mark.parametrize("cores", [2, 4])
def test_as_many_as_cores_are_under_way(cores):
    """The first ones a byte every 2 clocks, then one each time that a symbol has come; without a spread one at a time."""
    taken, ended = run(bytes(range(12)), cores=cores, delay=40)
    assert [clock - taken[0][0] for clock, _ in taken[:cores]] == [2 * number for number in range(cores)]
    assert [clock for clock, _ in taken[cores:]] == [clock + 2 for clock in ended[: 12 - cores]]
    taken, ended = run(bytes(range(12)), cores=cores, spread=0, delay=40)
    assert [clock for clock, _ in taken[1:]] == [clock + 2 for clock in ended[:-1]]


def test_a_cancel_takes_back_what_waits():
    dut = FeedBench(bytes(range(8)), cores=2)
    feed = dut.feed

    async def bench(ctx):
        ctx.set(feed.total, 8)
        ctx.set(feed.spread, 1)
        ctx.set(feed.running, 1)
        ctx.set(feed.fetch, 1)
        await ctx.tick()
        ctx.set(feed.fetch, 0)
        ctx.set(feed.step.ready, 1)
        await ctx.tick().repeat(10)
        assert (ctx.get(feed.ahead), ctx.get(feed.step.valid)) == (2, 0)
        ctx.set(feed.cancel, 1)
        await ctx.tick()
        ctx.set(feed.cancel, 0)
        ctx.set(feed.running, 0)
        await ctx.tick()
        ctx.set(feed.running, 1)
        for _ in range(10):
            assert not ctx.get(feed.step.valid)
            await ctx.tick()

    simulate(dut, bench)
