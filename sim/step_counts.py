"""What the core's counters add in each step of a simulated core."""

from collections.abc import Callable, Iterable, Iterator

from firmware.isa import Counter
from sim.cycles import StepCounts
from sim.machines.core import CoreSimulation

_COUNTERS = (Counter.CLOCKS, Counter.ROWS, Counter.BEATS, Counter.FLASH)


def step_counts(
    simulation: CoreSimulation,
    forced: Iterable[int | None],
    *,
    begun: Callable[[int | None], None] | None = None,
    written: Callable[[int], None] | None = None,
) -> Iterator[StepCounts]:
    """Runs a step for each element of ``forced``, back to back, as :meth:`sim.machines.core.CoreSimulation.steps` does, and yields its
    counts."""

    def read() -> list[int]:
        values = [simulation.counter(counter) for counter in _COUNTERS]
        running = simulation.sim[simulation.prefix + "sequencer.running"]  # the next step has begun: its first clock is counted
        return [values[0] - running, *values[1:]]

    before = read()
    for _ in simulation.steps(forced, begun=begun, written=written):
        now = read()
        clocks, rows, beats, flash = (new - old for new, old in zip(now, before, strict=True))
        yield StepCounts(clocks=clocks, rows=rows, beats=beats, flash=flash)
        before = now
