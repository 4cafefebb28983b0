"""One network's estimate, from what was counted of it."""

from dataclasses import dataclass

from benchmarks.energy.estimate import Chip, Parts, added, scaled
from benchmarks.energy.runs import Counted
from benchmarks.energy.traffic import Traffic, traffic
from boards import Board


@dataclass(frozen=True, kw_only=True)
class Result:
    """``step``: of a step at the core's own pace, ``by_uart`` at that of the line, in picojoules by part; ``idle``: of a clock in which
    nothing is asked. ``clocks``, ``uart_clocks``: of a step. ``equal``: latencies equal to the golden model's."""

    name: str
    clocks: float
    uart_clocks: float
    step: Parts
    by_uart: Parts
    idle: Parts
    traffic: Traffic
    equal: int


def result(name: str, counted: Counted, chip: Chip, board: Board) -> Result:
    """At the core's own pace a step lasts as long as the core's counter says; the rest of the run counts as idle and is taken off."""
    steps, activity = counted.steps, counted.activity
    clocks, uart_clocks = counted.used.clocks / steps, activity.clocks / steps
    idle = scaled(chip.parts(counted.idle), 1 / counted.idle.clocks)
    by_uart = scaled(chip.parts(activity), 1 / steps)
    step = added(by_uart, scaled(idle, clocks - uart_clocks))
    read = traffic(counted.network, counted.program, board, used=counted.used, steps=steps)
    return Result(
        name=name,
        clocks=clocks,
        uart_clocks=uart_clocks,
        step=step,
        by_uart=by_uart,
        idle=idle,
        traffic=read,
        equal=counted.equal,
    )
