"""Where a step's clocks go: the runs retire when the gateware's do, and the layers add up to the step."""

from functools import cache

import pytest

import boards
import polychron
from boards import Board
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.network import Network
from hdl.board.parts import core_params
from sim.cycles import core, index, layer_clocks, predict, rows, timing
from sim.machines.core import CoreSimulation
from tests.firmware.networks import random_network
from tests.firmware.transformers import random_transformer

BOARD = boards.get("icebreaker")
STEPS = 3
MADE: dict[str, Network] = {
    "deep": random_network(108, kind="deep"),
    "rnn": random_network(209, kind="rnn"),
    "transformer": random_transformer(3),
}


def gateware(program: Program, board: Board) -> list[int]:
    """Clocks with ``running`` until each run of the first steps is retired."""
    simulation = CoreSimulation(program, params=core_params(board), board=board)
    sim = simulation.sim
    sim.clock(64)
    sim["step__valid"] = 1
    found: list[int] = []
    running = 0
    while len(found) < STEPS * len(program.runs) and running < 100_000:
        sim.clock()
        running += sim["core.sequencer.running"]
        if sim["core.writeback.retired"]:
            found.append(running)
    simulation.close()
    return found


def model(program: Program, board: Board) -> list[int]:
    found, before = [], 0
    for step in predict(program, board, steps=STEPS).steps[:STEPS]:
        found += [before + clock for clock in step.retired]
        before += step.clocks
    return found


@cache
def measured(kind: str) -> tuple[Program, list[int]]:
    program = compile_network(MADE[kind], BOARD)
    return program, gateware(program, BOARD)


@pytest.mark.parametrize("kind", MADE)
def test_runs_retire_with_the_gatewares(kind: str) -> None:
    program, found = measured(kind)
    assert len(found) == STEPS * len(program.runs)
    assert model(program, BOARD) == found


@pytest.mark.parametrize("name", ["ANCHOR_TO_INDEX", "RUN_WORDS", "STORE_TO_RETIRED"])
def test_a_wrong_constant_moves_a_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (timing, core, index, rows):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, getattr(module, name) + 1)
    assert any(model(program, BOARD) != found for program, found in map(measured, MADE))


@pytest.mark.parametrize("network", ["shakespeare", "transformer", "digits", "best-5m"])
def test_layers_add_up_to_the_step(network: str) -> None:
    program = polychron.load(network).compile()
    prediction = predict(program.code, program.board)
    found = layer_clocks(program.code, program.board, prediction)
    assert sum(one.clocks for one in found) == prediction.clocks_per_step
    assert sum(one.bytes for one in found) == program.estimate().placement.bytes_per_step


def test_what_holds_a_layer_back() -> None:
    """The text network by its tables, the digits by the comparators; where most of a layer is waiting for the symbol, the sorter."""

    def layers(name: str) -> dict[str, tuple[int, dict[str, int], str]]:
        program = polychron.load(name).compile()
        found = layer_clocks(program.code, program.board, predict(program.code, program.board))
        return {one.layer: (one.clocks, one.needs, one.held_by) for one in found}

    assert layers("shakespeare") == {
        "output": (145, {"SPRAM": 128, "comparators": 86}, "SPRAM"),
        "hidden.0": (320, {"SPRAM": 320, "comparators": 50}, "SPRAM"),
        "embed": (32, {"SPRAM": 32}, "SPRAM"),
    }
    assert layers("digits") == {"output": (92, {"SPRAM": 26, "comparators": 78}, "comparators"), "symbol": (16, {}, "sorter")}
    transformer = layers("transformer")
    assert transformer["embed"] == (91, {"SPRAM": 16}, "sorter")
    assert transformer["blocks.0.part.0"] == (1069, {"SPRAM": 992, "index cache": 372}, "SPRAM")
