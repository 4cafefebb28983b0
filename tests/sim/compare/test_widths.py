"""Cores of 16 and 32 lanes and of 2 and 4 comparators, compiled, on quick and slow memories, with and without a flash: every latency equals
golden's, every step the cycle model's clocks."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import boards
import golden
from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.deep import DeepNetwork
from golden.integer.file import load
from golden.integer.layer import Layer, TableGroup
from golden.integer.network import Network
from hdl.board.parts import core_params
from sim.cycles import predict
from sim.machines.core import CoreSimulation
from sim.machines.preload import ANCHORS, TABLES
from sim.machines.session import CoreSession
from sim.step_counts import step_counts

from ...firmware.networks import random_network, random_text_network
from ...firmware.transformers import random_transformer

NETWORKS = Path(golden.__file__).parent / "networks"
QUICK, SLOW = (1, 1), (2, 3)  # clocks of the latency store, and of the tables on chip
ALL = [(lanes, pairs, clocks) for lanes in (16, 32) for pairs in (2, 4) for clocks in (QUICK, SLOW)]  # lanes, comparators
WIDTHS = [case if case[0] == 16 and case[2] == SLOW else pytest.param(*case, marks=pytest.mark.slow) for case in ALL]
NARROW = pytest.param(8, 4, QUICK, marks=pytest.mark.slow)  # its anchor words take two beats each
ROOM = 60_000  # bytes of tables that surely fit 128 KiB, in rows of powers of two
SWEEPS = [6, pytest.param(100, marks=pytest.mark.slow)]
STEPS = 36  # a ring has 32 entries


MAKERS: dict[str, Callable[[int], Network]] = {
    "deep": partial(random_network, kind="deep", max_n=200, max_out=60),
    "rnn": partial(random_network, kind="rnn", max_n=200, max_out=60),
    "signal": partial(random_network, kind="signal", max_n=200, max_out=60),
    "text": random_text_network,  # of these the compiler parts S, on some
    "transformer": random_transformer,
}


def board_of(lanes: int, flash: boards.FlashMode | None = None, *, comparators: int = 2, clocks: tuple[int, int] = SLOW) -> Board:
    """A board whose tables have 16,384 beats on chip, with the iCEBreaker's flash behind them if ``flash`` says how it is clocked."""
    board, other = replace(boards.get("ulx3s_85f"), store_clocks=clocks[0], table_clocks=clocks[1]), boards.get("icebreaker")
    assert other.flash is not None
    near = replace(board.tiers[0], size=16384 * lanes)
    board = replace(board, lanes=lanes, comparators=comparators, tiers=(near,))
    if flash is None:
        return board
    return boards.flash_mode(replace(board, tiers=(near, other.flash), image_offset=other.image_offset), flash)


def spread(network: Network, board: Board, *, seed: int) -> Program:
    """``network`` compiled with room on chip for a random part of it, and a random place in flash for the rest."""
    near, far = board.tiers
    rng, unit = np.random.default_rng([seed, 1]), board.lanes
    size = max(8, int(rng.random() * network.table_bytes()) // unit) * unit
    tiers = (replace(near, size=size), replace(far, base=far.base + 8 * int(rng.integers(1000))))
    return compile_network(network, replace(board, tiers=tiers))


def check(network: Network, program: Program, board: Board, *, seed: int) -> None:
    """``STEPS`` steps, or inputs."""
    rng = np.random.default_rng(seed)
    session = CoreSession(network, program, params=core_params(board), board=board)
    try:
        if network.kind in ("deep", "signal"):
            for _ in range(STEPS):
                session.classify(rng.integers(-300, 300, network.n_in).astype(np.int16))
        else:
            symbols = [int(rng.integers(network.n_out)) if rng.random() < 0.5 else None for _ in range(STEPS)]
            assert len(list(session.run(symbols))) == STEPS, session.difference
        assert session.difference is None
        assert session.comparison.compared >= STEPS * network.n_out
    finally:
        session.close()
    simulation, phases = CoreSimulation(program, params=core_params(board), board=board), []
    try:
        simulation.sim.clock(64)
        counts = step_counts(simulation, [None] * 8, begun=lambda _: phases.append(simulation.sim["flash.step"] if board.flash else 0))
        assert list(counts) == list(predict(program, board, steps=8, phase=phases[0]).steps[:8])
    finally:
        simulation.close()


@pytest.mark.parametrize("count", SWEEPS)
@pytest.mark.parametrize("kind", ["deep", "rnn", "signal", "text", "transformer"])
@pytest.mark.parametrize(("lanes", "comparators", "clocks"), [*WIDTHS, NARROW])
def test_random_networks(lanes: int, comparators: int, clocks: tuple[int, int], kind: str, count: int) -> None:
    board = board_of(lanes, comparators=comparators, clocks=clocks)
    for seed in range(count):
        network = MAKERS[kind](seed)
        if lanes == 8 and network.table_bytes() > ROOM:
            continue
        check(network, compile_network(network, board), board, seed=seed)


@pytest.mark.parametrize("count", [4, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["deep", "rnn"])
@pytest.mark.parametrize("flash", boards.FLASH_MODES)
@pytest.mark.parametrize(("lanes", "comparators", "clocks"), WIDTHS)
def test_random_networks_with_tables_in_flash(
    lanes: int, comparators: int, clocks: tuple[int, int], flash: boards.FlashMode, kind: str, count: int
) -> None:
    board, tiers = board_of(lanes, flash, comparators=comparators, clocks=clocks), set()
    for seed in range(count):
        network = random_network(seed, kind=kind, max_n=200, max_out=60)
        program = spread(network, board, seed=seed)
        tiers.update((run.tier, run.int4) for run in program.runs)
        check(network, program, board, seed=seed)
    assert len(tiers) == 4


@pytest.mark.parametrize("last", [False, True])
def test_two_thousand_anchor_words(last: bool) -> None:
    """More than ten bits of an instruction's first anchor word; ``last``: of a flipped bit in the last of them."""
    rng, board = np.random.default_rng(1), replace(board_of(16), anchor_words=2048)

    def layer(columns: int) -> Layer:
        first = rng.integers(0, 32, (620, 2))
        anchors = np.stack([first, (first + rng.integers(1, 32, (620, 2))) % 32], axis=2).astype(np.int16)
        return Layer(groups=(TableGroup(anchors=anchors, tables=rng.integers(-7, 8, (620, 4, columns)).astype(np.int8)),), bits=4)

    network = DeepNetwork(n=32, hidden=(layer(32), layer(32)), output=layer(10), constants=np.zeros(0, np.int16)).validate()
    program = compile_network(network, board)
    assert [run.anchor_base > 1023 for run in program.runs] == [False, False, True]
    if not last:
        check(network, program, board, seed=1)
        return
    session = CoreSession(network, program, params=core_params(board), board=board)
    words = session.core.sim.memory(f"core.{ANCHORS}")
    words[len(program.anchors) - 1] ^= 1  # the bank that slot 0 reads
    for _ in range(STEPS):
        session.classify(rng.integers(-300, 300, 32).astype(np.int16))
    assert "op output, neuron " in str(session.difference)
    session.close()


LANES = (8, 16, 32)
STEP_CLOCKS = {
    (2, QUICK): {"shakespeare": (497, 262, 225), "transformer": (2608, 1553, 1526), "digits": (108, 108, 108), "mnist": (478, 478, 478)},
    (2, SLOW): {"shakespeare": (501, 266, 229), "transformer": (2642, 1841, 1811), "digits": (113, 113, 113), "mnist": (483, 483, 483)},
    (4, QUICK): {"shakespeare": (499, 263, 185), "transformer": (2620, 1538, 1488), "digits": (72, 72, 72), "mnist": (262, 257, 257)},
    (4, SLOW): {"shakespeare": (503, 267, 189), "transformer": (2654, 1826, 1776), "digits": (77, 77, 77), "mnist": (267, 262, 262)},
}


@pytest.mark.parametrize("name", STEP_CLOCKS[2, QUICK])
@pytest.mark.parametrize(
    ("lanes", "comparators", "clocks"), [*(pytest.param(8, *case, marks=pytest.mark.slow) for case in STEP_CLOCKS), *WIDTHS]
)
def test_networks_that_ship(lanes: int, comparators: int, clocks: tuple[int, int], name: str) -> None:
    network, board = load(NETWORKS / f"{name}.safetensors"), board_of(lanes, comparators=comparators, clocks=clocks)
    program = compile_network(network, board)
    assert STEP_CLOCKS[comparators, clocks][name][LANES.index(lanes)] == predict(program, board).clocks_per_step
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
