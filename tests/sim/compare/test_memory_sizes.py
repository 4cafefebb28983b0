"""Tables on chip of sizes that are no power of two, with a row of zeros at their end: every latency equals golden's, every step the cycle
model's clocks; and an image reaches all of them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

import boards
from boards import Board, FlashMode
from firmware.compiler import compile_network
from firmware.image.image import write_image
from firmware.isa import Mode
from golden.integer.network import Network
from sim.machines.board import BoardSimulation
from sim.machines.preload import TABLES, memory_words

from ...firmware.flashed import WITH_FLASH
from ...firmware.networks import random_network
from ...firmware.transformers import random_transformer
from .test_widths import QUICK, SLOW, board_of, check

CASES = [(8, QUICK, "byte"), pytest.param(16, SLOW, "nibble", marks=pytest.mark.slow)]
BEATS = {"deep": 640, "rnn": 640, "transformer": 1920}  # on chip
SWEEPS = [8, pytest.param(100, marks=pytest.mark.slow)]
MAKERS: dict[str, Callable[[int], Network]] = {
    "deep": partial(random_network, kind="deep", max_n=200, max_out=60),
    "rnn": partial(random_network, kind="rnn", max_n=200, max_out=60),
    "transformer": partial(random_transformer, blocks=1),
}


def sized(board: Board, beats: int) -> Board:
    near, *far = board.tiers
    return replace(board, tiers=(replace(near, size=beats * board.lanes), *far))


@pytest.mark.parametrize("count", SWEEPS)
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("lanes", "clocks", "flash"), CASES)
def test_random_networks(lanes: int, clocks: tuple[int, int], flash: FlashMode, kind: str, count: int) -> None:
    beats, zeros = BEATS[kind], 0
    board = sized(board_of(lanes, flash, clocks=clocks), beats)
    for seed in range(count):
        network = MAKERS[kind](seed)
        program = compile_network(network, board)
        zeros += any(piece.beat == beats - 1 and not any(piece.data) for piece in program.tables if piece.tier == 0)
        check(network, program, board, seed=seed)
    assert zeros


@pytest.mark.parametrize("beats", [640, 3 * 128])
def test_an_image_is_loaded_to_its_last_word(beats: int) -> None:
    board = sized(WITH_FLASH, beats)
    program = next(
        program
        for program in (compile_network(random_network(seed, kind="rnn", max_n=60), board) for seed in range(50))
        if any(run.int4 and run.tier for run in program.runs) and all(run.mode == Mode.ROWS for run in program.runs)
    )
    simulation = BoardSimulation(board, image=write_image(program))
    try:
        memory = simulation.sim.memory(f"core.{TABLES}")
        memory[-1] = 1  # a beat that is loaded as zeros
        assert simulation.boot()
        assert len(memory) == beats
        assert not memory[-1].any()
        assert (memory[:, 0] == [word & 0xFFFFFFFF for word in memory_words(program)[TABLES]]).all()
    finally:
        simulation.close()


def test_sizes_of_block_rams_are_taken_by_the_boards() -> None:
    board = boards.get("ulx3s_45f")
    program = compile_network(random_transformer(1), sized(board, 96 * 128))
    assert max(piece.beat for piece in program.tables) == 96 * 128 - 1
