"""Cores of 16 and 32 lanes, compiled: every latency equals golden's, and every step takes the clocks of the cycle model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import boards
import golden
from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.file import load
from golden.integer.network import Network
from hdl.board.parts import core_params
from sim.cycles import predict
from sim.machines.core import CoreSimulation
from sim.machines.preload import TABLES
from sim.machines.session import CoreSession
from sim.step_counts import step_counts

from ...firmware.networks import random_network
from ...firmware.transformers import random_transformer

NETWORKS = Path(golden.__file__).parent / "networks"
WIDTHS = [16, pytest.param(32, marks=pytest.mark.slow)]
SWEEPS = [6, pytest.param(100, marks=pytest.mark.slow)]
STEPS = 36  # a ring has 32 entries


def board_of(lanes: int) -> Board:
    """A board without a flash, whose tables have 16,384 beats."""
    board = boards.get("ulx3s_85f")
    return replace(board, lanes=lanes, tiers=(replace(board.tiers[0], size=16384 * lanes),))


def check(network: Network, program: Program, board: Board, *, seed: int) -> None:
    """``STEPS`` steps, or inputs of a deep network."""
    rng = np.random.default_rng(seed)
    session = CoreSession(network, program, params=core_params(board))
    try:
        if network.kind == "deep":
            for _ in range(STEPS):
                session.classify(rng.integers(-300, 300, network.n_in).astype(np.int16))
        else:
            symbols = [int(rng.integers(network.n_out)) if rng.random() < 0.5 else None for _ in range(STEPS)]
            assert len(list(session.run(symbols))) == STEPS, session.difference
        assert session.difference is None
        assert session.comparison.compared >= STEPS * network.n_out
    finally:
        session.close()
    simulation = CoreSimulation(program, params=core_params(board))
    try:
        simulation.sim.clock(64)
        assert list(step_counts(simulation, [None] * 8)) == list(predict(program, board, steps=8).steps[:8])
    finally:
        simulation.close()


@pytest.mark.parametrize("count", SWEEPS)
@pytest.mark.parametrize("kind", ["deep", "rnn", "transformer"])
@pytest.mark.parametrize("lanes", WIDTHS)
def test_random_networks(lanes: int, kind: str, count: int) -> None:
    board = board_of(lanes)
    for seed in range(count):
        network = random_transformer(seed) if kind == "transformer" else random_network(seed, kind=kind, max_n=200, max_out=60)
        check(network, compile_network(network, board), board, seed=seed)


CLOCKS = {"shakespeare": (497, 284, 225), "transformer": (2608, 1553, 1526), "digits": (108, 108, 108), "mnist": (478, 478, 478)}


@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize("lanes", [pytest.param(8, marks=pytest.mark.slow), *WIDTHS])
def test_networks_that_ship(lanes: int, name: str) -> None:
    network, board = load(NETWORKS / f"{name}.safetensors"), board_of(lanes)
    program = compile_network(network, board)
    assert dict(zip((8, 16, 32), CLOCKS[name], strict=True))[lanes] == predict(program, board).clocks_per_step
    check(network, program, board, seed=1)


def test_a_flipped_bit_is_found() -> None:
    network, board = load(NETWORKS / "shakespeare.safetensors"), board_of(16)
    session = CoreSession(network, compile_network(network, board), params=core_params(board))
    words = session.core.sim.memory(f"core.{TABLES}")
    words[:, 3] ^= 1 << 7  # of every beat's last chunk
    list(session.run([None] * 3))
    assert session.difference is not None
    assert "is damaged in memory" in str(session.difference)
    session.close()


def test_a_program_of_another_width_is_refused() -> None:
    network, board = random_network(1, kind="rnn"), board_of(16)
    program = compile_network(network, board)
    with pytest.raises(ValueError, match=r"^the program is made for 16 lanes and 2 comparators, icebreaker has 8 lanes and 2 comparators$"):
        predict(program, boards.get("icebreaker"))
    with pytest.raises(ValueError, match=r"^the program is made for 16 lanes and 2 comparators, the core has 8 lanes and 2 comparators$"):
        CoreSimulation(program, params=core_params(board_of(8)))
    assert program.width == isa.Width(lanes=16)
