"""A board that learns, compiled, by UART pins only: a text that changes its tables, which are read back."""

import struct
from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.host.host import Host, LinkError
from firmware.image.image import write_image
from firmware.image.sections import Section, pack
from firmware.learning import Learning
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from sim.machines.board import BoardSimulation

from .test_texts import learners

ICEBREAKER = boards.get("icebreaker")
BIG = replace(ICEBREAKER.tiers[0], size=262_144)  # two pages of 2**16 words
BOARD = replace(ICEBREAKER, learns=True, tiers=(BIG, *ICEBREAKER.tiers[1:]))
POWER = 1


def load(host: Host, kind: isa.Kind, words: list[int], *, address: int) -> None:
    host.load(pack([Section(kind=kind, address=address, payload=struct.pack(f"<{len(words)}H", *words))], width=isa.Width.of(BOARD)))


def test_a_text_is_learned_and_its_tables_are_read() -> None:
    [learner] = learners(1)
    network = learner.network
    turn = learner.turn(Rates(output=network.out_frac - network.output.shift - POWER), steps=1, draws=1, everything=False)
    program = compile_network(network, BOARD, seed=int(learner.generator[0]), temperature=1.0)
    board = BoardSimulation(BOARD)
    host = Host(board.transport())
    host.hello()
    host.load(write_image(program))
    load(host, isa.Kind.CONFIG, Learning(step=1 << POWER).registers(), address=isa.Config.LEARN)
    symbols = np.random.default_rng(3).integers(network.n_out, size=12)
    host.feed(symbols.tolist())
    for symbol in symbols:
        learner.learn(np.array([[symbol]], np.int32), turn, engine=learn_reference)
    learned = compile_network(learner.now(), BOARD)
    assert [piece.data for piece in learned.tables] != [piece.data for piece in program.tables]
    for piece in learned.tables:
        words = host.tables(4 * piece.beat, len(piece.data) // 2)
        assert struct.pack(f"<{len(words)}H", *words) == piece.data
    some, others = [1, 2, 3, 0xABCD], [5, 6, 7, 8]
    load(host, isa.Kind.TABLES, some, address=8)
    load(host, isa.Kind.TABLES, others, address=(1 << 16) + 8)
    assert host.tables(8, 4) == some
    load(host, isa.Kind.CONFIG, [1], address=isa.Config.PAGE)
    assert host.tables(8, 4) == others
    board.close()


def test_other_boards_have_no_such_space() -> None:
    [learner] = learners(1)
    board = BoardSimulation(ICEBREAKER, program=compile_network(learner.network, ICEBREAKER))
    host = Host(board.transport())
    host.hello()
    with pytest.raises(LinkError, match="READ is refused"):
        host.tables(0, 1)
    board.close()
