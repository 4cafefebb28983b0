"""The counts of a program's steps in the compiled simulator, with or without a flash."""

from collections.abc import Sequence
from dataclasses import replace

import boards
from boards import Board
from firmware.program import Program
from hdl.board.parts import core_params
from sim.cycles import StepCounts
from sim.machines.core import CoreSimulation
from sim.step_counts import step_counts
from tests.firmware.flashed import WITH_FLASH

MODES = ("spram", *boards.FLASH_MODES)


def board_of(mode: str, *, comparators: int = 2) -> Board:
    """``spram``: without a flash; else with one that is read so."""
    board = WITH_FLASH if mode == "spram" else boards.flash_mode(WITH_FLASH, mode)
    return replace(board, comparators=comparators, tiers=board.tiers[: 1 if mode == "spram" else 2])


def counts(program: Program, mode: str, *, steps: Sequence[int], rest: int = 64) -> tuple[list[StepCounts], int]:
    """Of each step, and the phase of the flash's controller when the first request was taken. ``steps``: how many are asked one right after
    another, then how many after another ``rest`` clocks, and so on."""
    board = board_of(mode, comparators=program.width.comparators)
    simulation = CoreSimulation(program, params=replace(core_params(board), far_bytes=int(mode != "spram")), board=board)
    sim, found, phases = simulation.sim, [], []

    def begun(_: object) -> None:
        if not phases:
            phases.append(sim["flash.step"] if mode != "spram" else 0)

    for number in steps:
        sim.clock(rest)
        found += step_counts(simulation, [None] * number, begun=begun)
    simulation.close()
    return found, phases[0]
