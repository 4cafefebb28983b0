"""An image with as many words of every space as there are, booted by the compiled board: each is in its place. One word more is refused in
tests/hdl/link/test_loader.py."""

from collections.abc import Iterator

import numpy as np
import pytest

from firmware import isa
from firmware.image.sections import Section, pack
from firmware.isa import Kind
from sim.machines.board import BoardSimulation
from sim.machines.machine import CORE
from sim.machines.preload import ANCHORS, PROGRAM, TABLES

from ...firmware.flashed import WITH_FLASH

WIDTH = isa.Width.of(WITH_FLASH)
COLUMNS = WIDTH.anchor_bits // 16  # of an anchor word, that its memory has
WAITS = isa.Run(sync=True, anchor_len=2, count=1, table_base=0, table_log2=1, row_log2=0, row_beats=2)
WORDS = {
    Kind.PROGRAM: isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION,
    Kind.ANCHORS: isa.ANCHOR_WORDS * WIDTH.anchor_columns,
    Kind.TABLES: WITH_FLASH.tiers[0].size // 2,
    Kind.STORE: WIDTH.latencies,
    Kind.JITTER: 256,
    Kind.CONFIG: isa.SAMPLER_WORDS,
}


@pytest.fixture(scope="module")
def content() -> dict[Kind, list[int]]:
    """Random words; but the first instruction waits for a step, and of an anchor word what it has no bits for is 0."""
    rng = np.random.default_rng(3)
    words = {kind: rng.integers(0, 1 << 16, count).tolist() for kind, count in WORDS.items()}
    words[Kind.PROGRAM][: isa.WORDS_PER_INSTRUCTION] = WAITS.encode()
    for column in range(COLUMNS, WIDTH.anchor_columns):
        words[Kind.ANCHORS][column :: WIDTH.anchor_columns] = [0] * isa.ANCHOR_WORDS
    return words


@pytest.fixture(scope="module")
def board(content: dict[Kind, list[int]]) -> Iterator[BoardSimulation]:
    sections = [Section(kind=kind, payload=np.array(words, "<u2").tobytes()) for kind, words in content.items()]
    empty = [Section(kind=Kind.META), *(Section(kind=kind) for kind in WORDS), Section(kind=Kind.PAD)]
    board = BoardSimulation(WITH_FLASH, image=pack([*empty, *sections, Section(kind=Kind.REST)], width=WIDTH))
    assert board.boot()
    yield board
    board.close()


def words_in(board: BoardSimulation, name: str) -> list[int]:
    """A memory's words, in words of 16 bits."""
    memory = board.sim.memory(CORE + name)
    return np.ascontiguousarray(memory).view("<u2").reshape(len(memory), -1).tolist()


def test_tables_and_latencies(board: BoardSimulation, content: dict[Kind, list[int]]) -> None:
    tables = [word for beat in words_in(board, TABLES) for word in beat]
    assert tables == content[Kind.TABLES]
    assert tables != [*content[Kind.TABLES][:-1], content[Kind.TABLES][-1] ^ 1]
    assert board.latencies().view(np.uint16).tolist() == [*content[Kind.STORE], *[0] * WIDTH.lanes]


def test_program_and_anchor_words(board: BoardSimulation, content: dict[Kind, list[int]]) -> None:
    assert [words[0] for words in words_in(board, PROGRAM)] == content[Kind.PROGRAM]
    anchors = np.reshape(content[Kind.ANCHORS], (-1, WIDTH.anchor_columns))[:, :COLUMNS]
    assert [words[:COLUMNS] for words in words_in(board, ANCHORS)] == anchors.tolist()
