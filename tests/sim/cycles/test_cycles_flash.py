"""The cycle model against the gateware where tables lie in flash: clocks, rows and beats of every step are equal, in both modes."""

from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import boards
from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.estimate import estimate
from firmware.program import Program
from golden.integer.file import load
from hdl.board.parts import core_params
from sim.cycles import flash as control
from sim.cycles import predict, timing
from sim.cycles.timing import FlashClocks
from sim.machines.core import CoreSimulation
from tests.firmware.flashed import WITH_FLASH, small_board
from tests.firmware.networks import random_network

NETWORKS = Path(__file__).parents[3] / "golden" / "networks"
STEPS = 4
REST = 64


@dataclass(frozen=True, kw_only=True)
class Measured:
    """``steps``: clocks of each; ``rows``, ``beats``, ``flash``: of all."""

    steps: tuple[int, ...]
    rows: int
    beats: int
    flash: int


COUNTERS = (isa.Counter.CLOCKS, isa.Counter.ROWS, isa.Counter.BEATS, isa.Counter.FLASH)


@cache
def job(seed: int, mode: str) -> tuple[Program, Board]:
    """A random network over both tiers, deep ones and recurrent ones in turn."""
    network, rng = random_network(seed, kind=("deep", "rnn")[seed % 2]), np.random.default_rng(seed)
    size = max(64, int(rng.random() * network.table_bytes()) // 8 * 8)
    board = boards.flash_mode(small_board(size, base=0x140000, offset=WITH_FLASH.image_offset), mode)
    return compile_network(network, board), board


@cache
def measured(seed: int, mode: str) -> tuple[Measured, int]:
    """What the gateware takes, and the phase of the flash's controller when the first request was taken."""
    program, _ = job(seed, mode)
    board = boards.flash_mode(WITH_FLASH, mode)
    return measure(program, board, count=STEPS, rest=REST + seed // 2 % 2)


def measure(program: Program, board: Board, *, count: int, rest: int) -> tuple[Measured, int]:
    """``count`` steps, one right after another, ``rest`` clocks after the start sequence."""
    simulation = CoreSimulation(program, params=core_params(board), board=board)
    sim = simulation.sim
    sim.clock(rest)
    before = [simulation.counter(counter) for counter in COUNTERS]
    marks: list[int] = []  # the clock after that in which the first request is taken, then the one after each step's end
    phases: list[int] = []

    def begun(_: object) -> None:
        if not marks:
            marks.append(sim.clocks)
            phases.append(sim["flash.step"])

    for _ in simulation.steps([None] * count, begun=begun):
        marks.append(sim.clocks - 1)
    sim.clock()
    clocks, rows, beats, flash = (simulation.counter(counter) - value for counter, value in zip(COUNTERS, before, strict=True))
    simulation.close()
    steps = tuple(int(clocks) for clocks in np.diff(marks))
    assert clocks == sum(steps)
    return Measured(steps=steps, rows=rows, beats=beats, flash=flash), phases[0]


def predicted(program: Program, board: Board, *, phase: int, count: int = STEPS) -> Measured:
    steps = predict(program, board, steps=count, phase=phase).steps[:count]
    return Measured(
        steps=tuple(step.clocks for step in steps),
        rows=sum(step.rows for step in steps),
        beats=sum(step.beats for step in steps),
        flash=sum(step.flash for step in steps),
    )


def of_both(seed: int, mode: str) -> tuple[Measured, Measured]:
    found, phase = measured(seed, mode)
    return found, predicted(*job(seed, mode), phase=phase)


@pytest.mark.parametrize("mode", boards.FLASH_MODES)
@pytest.mark.parametrize("seed", range(8))
def test_equals_the_gateware(seed: int, mode: str) -> None:
    found, model = of_both(seed, mode)
    assert found.flash > 0
    assert found == model


def test_both_phases_come() -> None:
    assert {measured(seed, "nibble")[1] for seed in range(8)} == {0, 1}
    for seed in range(8):
        found, phase = measured(seed, "nibble")
        if found != predicted(*job(seed, "nibble"), phase=1 - phase):
            return
    raise AssertionError("the phase must show somewhere")


@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.parametrize("name", [field.name for field in fields(FlashClocks) if field.name != "step"])
@pytest.mark.parametrize("mode", boards.FLASH_MODES)
def test_a_wrong_constant_is_found(mode: str, name: str, change: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = boards.FLASH_MODES[mode][0]
    right = timing.FLASH[clocks]
    monkeypatch.setitem(control.FLASH, clocks, replace(right, **{name: getattr(right, name) + change * right.step}))
    assert any(found != model for found, model in (of_both(seed, mode) for seed in range(8)))


LIMITS = [("byte", "paper-rnn", 1.15), ("nibble", "paper-rnn", 1.15), ("byte", "best-5m", 1.15), ("nibble", "best-5m", 1.15)]


@pytest.mark.parametrize(("mode", "name", "most"), LIMITS)
def test_the_big_networks_stay_near_their_limits(mode: str, name: str, most: float) -> None:
    board = boards.flash_mode(WITH_FLASH, mode)
    program = compile_network(load(NETWORKS / f"{name}.safetensors"), board)
    found, phase = measure(program, board, count=3, rest=REST)
    assert found == predicted(program, board, phase=phase, count=3)
    assert found.steps[-1] <= most * estimate(program, board).limit


@pytest.mark.slow
@pytest.mark.parametrize("mode", boards.FLASH_MODES)
@pytest.mark.parametrize("start", range(100, 300, 20))
def test_equals_the_gateware_on_many(start: int, mode: str) -> None:
    for seed in range(start, start + 20):
        found, model = of_both(seed, mode)
        assert (seed, found) == (seed, model)
