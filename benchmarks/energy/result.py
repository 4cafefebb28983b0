"""One network's estimate, from what was counted of it."""

from dataclasses import dataclass

from benchmarks.energy.estimate import Chip, Parts, scaled
from benchmarks.energy.runs import Counted
from benchmarks.energy.traffic import Traffic, traffic
from boards import Board


@dataclass(frozen=True, kw_only=True)
class Result:
    """In picojoules by part: ``step``, of a step, which is all that the chip costs in the clocks in which the core runs it; ``rest``, of
    the other clocks that a step by the UART takes, in which its bytes come and go; ``idle``, of a clock in which nothing is asked.
    ``clocks``, ``rest_clocks``, ``line_bytes``: of a step. ``equal``: latencies equal to the golden model's."""

    name: str
    clocks: float
    rest_clocks: float
    line_bytes: float
    step: Parts
    rest: Parts
    idle: Parts
    traffic: Traffic
    equal: int


def result(name: str, counted: Counted, chip: Chip, board: Board) -> Result:
    """Of each kind of clocks what was counted in them, and nothing else."""
    steps = counted.steps
    return Result(
        name=name,
        clocks=counted.running.clocks / steps,
        rest_clocks=counted.rest.clocks / steps,
        line_bytes=counted.line_bytes / steps,
        step=scaled(chip.parts(counted.running), 1 / steps),
        rest=scaled(chip.parts(counted.rest), 1 / steps),
        idle=scaled(chip.parts(counted.idle), 1 / counted.idle.clocks),
        traffic=traffic(counted.network, counted.program, board, used=counted.used, steps=steps),
        equal=counted.equal,
    )
