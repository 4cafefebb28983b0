"""What the core's counters add in each step, in the compiled simulator."""

from collections.abc import Sequence
from dataclasses import replace

import boards
from boards import Board
from firmware import isa
from firmware.program import Program
from hdl.system import core_params
from sim.core import CoreSimulation
from sim.cycles import StepCounts
from tests.firmware.flashed import WITH_FLASH

MODES = ("spram", *boards.FLASH_MODES)
COUNTERS = (isa.Counter.CLOCKS, isa.Counter.ROWS, isa.Counter.BEATS, isa.Counter.FLASH)


def board_of(mode: str, *, comparators: int = 2) -> Board:
    """``spram``: without a flash; else with one that is read so."""
    board = WITH_FLASH if mode == "spram" else boards.flash_mode(WITH_FLASH, mode)
    return replace(board, comparators=comparators, tiers=board.tiers[: 1 if mode == "spram" else 2])


def counts(program: Program, mode: str, *, steps: Sequence[int], rest: int = 64) -> tuple[list[StepCounts], int]:
    """Of each step, and the phase of the flash's controller when the first request was taken. ``steps``: how many are asked one right after
    another, then how many after another ``rest`` clocks, and so on."""
    board = board_of(mode, comparators=program.comparators)
    simulation = CoreSimulation(program, params=replace(core_params(board), flash=mode != "spram"), board=board)
    sim, found, phases = simulation.sim, [], []

    def read() -> list[int]:
        values = [simulation.counter(counter) for counter in COUNTERS]
        return [values[0] - sim["busy"], *values[1:]]  # where the next step has begun, its first clock is counted

    def begun(_: object) -> None:
        if not phases:
            phases.append(sim["flash.step"] if mode != "spram" else 0)

    for number in steps:
        sim.clock(rest)
        before = read()
        for _ in simulation.steps([None] * number, begun=begun):
            now = read()
            clocks, rows, beats, flash = (new - old for new, old in zip(now, before, strict=True))
            found.append(StepCounts(clocks=clocks, rows=rows, beats=beats, flash=flash))
            before = now
    simulation.close()
    return found, phases[0]
