"""The core in Amaranth's simulator, for the clocks of its steps only.

Programs and anchors are loaded; tables and latencies stay zero, as no clock depends on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from firmware import isa
from firmware.program import Program
from hdl.core.core import Core
from hdl.core.params import CoreParams

REST = 48  # clocks after which a core without a request has nothing left to do
LIMIT = 2000  # clocks of a step; a core that takes longer hangs
COUNTERS = (isa.Counter.CLOCKS, isa.Counter.ROWS, isa.Counter.BEATS, isa.Counter.STEPS)


@dataclass(frozen=True, kw_only=True)
class Job:
    """``steps`` steps of ``program`` from a core at rest: back to back, or each from rest again. ``jitter``, ``k``: the sampler's mode."""

    program: Program
    steps: int
    back_to_back: bool
    jitter: bool = False
    k: int = 0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """``steps``: clocks of each step, from the transfer of its request (in a row of steps: that of the first, then from end to end) to
    its end, one clock before ``symbol.valid``. ``clocks``, ``rows``, ``beats``, ``count``: what the counters added (``count``: of steps).
    """

    steps: tuple[int, ...]
    clocks: int
    rows: int
    beats: int
    count: int


def measure(jobs: Sequence[Job], *, index_depth: int = CoreParams.index_depth) -> list[Measured]:
    """All ``jobs``, of one width, in one simulator, one after another with a reset between."""
    (width,) = {job.program.width for job in jobs}
    core, reset = Core(params=CoreParams(width=width, index_depth=index_depth)), Signal()
    bench = _Bench(core, reset)
    results: list[Measured] = []

    async def run(ctx) -> None:
        for job in jobs:
            results.append(await bench.job(ctx, job))

    sim = Simulator(ResetInserter(reset)(core))
    sim.add_clock(1e-6)
    sim.add_testbench(run)
    sim.run()
    return results


class _Bench:
    def __init__(self, core: Core, reset: Signal) -> None:
        self.core, self.reset = core, reset

    async def job(self, ctx, job: Job) -> Measured:
        await self._load(ctx, job)
        before = await self._counters(ctx)
        ctx.set(self.core.symbol.ready, 1)
        steps: list[int] = []
        if job.back_to_back:
            steps = await self._steps(ctx, job.steps)
        else:
            for _ in range(job.steps):
                steps += await self._steps(ctx, 1)
                await ctx.tick().repeat(REST)
        if len(steps) < job.steps:  # hangs: the counters can't be read; the next job's reset ends the step
            return Measured(steps=tuple(steps), clocks=0, rows=0, beats=0, count=len(steps))
        after = await self._counters(ctx)
        clocks, rows, beats, count = ((new - old) % (1 << 16) for new, old in zip(after, before, strict=True))
        return Measured(steps=tuple(steps), clocks=clocks, rows=rows, beats=beats, count=count)

    async def _load(self, ctx, job: Job) -> None:
        columns, each = -(-job.program.width.anchor_bits // 16), job.program.width.anchor_columns
        anchors = [
            (isa.Kind.ANCHORS, each * number + column, word >> 16 * column & 0xFFFF)
            for number, word in enumerate(job.program.anchors)
            for column in range(columns)
        ]
        words = [word for run in job.program.runs for word in run.encode()]
        program = [(isa.Kind.PROGRAM, address, word) for address, word in enumerate(words)]
        config = [(isa.Kind.CONFIG, 2, job.k | job.jitter << 8)]
        ctx.set(self.reset, 1)
        load = self.core.load
        for space, address, word in anchors + program + config:
            ctx.set(load.space, space)
            ctx.set(load.address, address)
            ctx.set(load.data, word)
            ctx.set(load.strobe, 1)
            await ctx.tick()
        ctx.set(load.strobe, 0)
        await ctx.tick()
        ctx.set(self.reset, 0)
        await ctx.tick().repeat(REST)

    async def _steps(self, ctx, count: int) -> list[int]:
        """Holds the request until ``count`` steps have begun; the clocks of each."""
        core = self.core
        ctx.set(core.step.valid, 1)
        clock, begun, taken, ends = 0, 0, 0, []
        while len(ends) < count and clock < LIMIT * count:
            _, _, ready, done = await ctx.tick().sample(core.step.ready, core.symbol.valid)
            if ready and begun < count:
                begun += 1
                if begun == 1:
                    taken = clock
                if begun == count:
                    ctx.set(core.step.valid, 0)
            if done:
                ends.append(clock - 1)
            clock += 1
        return [end - start for start, end in zip([taken, *ends], ends, strict=False)]

    async def _counters(self, ctx) -> list[int]:
        """The low words: 16 bits are enough for differences of a test."""
        return [await self._word(ctx, 2 * counter) for counter in COUNTERS]

    async def _word(self, ctx, address: int) -> int:
        core = self.core
        ctx.set(core.read_request.payload.space, isa.ReadSpace.COUNTERS)
        ctx.set(core.read_request.payload.address, address)
        ctx.set(core.read_request.valid, 1)
        ctx.set(core.read_data.ready, 1)
        await ctx.tick().until(core.read_request.ready)
        ctx.set(core.read_request.valid, 0)
        (value,) = await ctx.tick().sample(core.read_data.payload).until(core.read_data.valid)
        return value
