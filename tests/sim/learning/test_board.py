"""A board that learns, compiled, by UART pins only: a text that changes its tables, which are read back."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError, Writes
from firmware.image.image import write_image
from firmware.isa import PAGE_WORDS
from firmware.learned import with_learned
from firmware.learning import Learning
from firmware.program import Placed, Program
from golden.integer.deep import deep_outputs
from golden.integer.forward import earliest
from golden.learning.reference import learn_reference
from golden.learning.reference_classes import learn_classes_reference
from golden.learning.rule import Rates
from sim.machines.board import BoardSimulation

from .test_classes import learner_of
from .test_texts import learners

ICEBREAKER = boards.get("icebreaker")
BIG = replace(ICEBREAKER.tiers[0], size=262_144)  # two pages of 2**16 words
BOARD = replace(ICEBREAKER, learns=True, tiers=(BIG, *ICEBREAKER.tiers[1:]))
POWER = 1


def on_chip(program: Program) -> tuple[Placed, ...]:
    return tuple(piece for piece in program.tables if piece.tier == 0)


def test_a_text_is_learned_and_its_tables_are_read() -> None:
    [learner] = learners(1)
    network = learner.network
    turn = learner.turn(Rates(output=network.out_frac - network.output.shift - POWER), steps=1, draws=1, everything=False)
    program = compile_network(network, BOARD, seed=int(learner.generator[0]), temperature=1.0)
    board = BoardSimulation(BOARD)
    device = Device(Host(board.transport()), write_image(program))
    assert device.load().learns
    symbols = np.random.default_rng(3).integers(network.n_out, size=12)
    device.host.feed(symbols.tolist())  # nothing is learned yet
    assert device.tables() == on_chip(program)
    sent: list[int] = []
    assert not device.load(progress=sent.append).changed
    assert sent == []  # the tables stand as they were loaded
    device.learn(Learning(step=1 << POWER))
    device.host.feed(symbols.tolist())
    for symbol in symbols:
        learner.learn(np.array([[symbol]], np.int32), turn, engine=learn_reference)
    learned = compile_network(learner.now(), BOARD)
    assert on_chip(learned) != on_chip(program)
    assert device.tables() == on_chip(learned)
    writes = Writes(*learner.output.rows.counts.tolist())
    assert device.host.writes() == writes
    device.learn(None)
    device.host.feed(symbols.tolist())
    assert device.tables() == on_chip(learned)
    assert "learns, its tables have changed since they were loaded" in str(device.load(keep=True))
    assert device.tables() == on_chip(learned)
    done: list[int] = []
    assert device.load(progress=sent.append).changed  # it brings the image's tables back
    assert sent
    assert not device.host.hello().changed
    assert device.host.writes() == writes
    assert device.tables(progress=done.append) == on_chip(program)
    assert done[-1] == sum(len(piece.data) for piece in on_chip(program))
    board.close()


def test_samples_are_taught() -> None:
    learner = learner_of(3)
    network, margin = learner.network, 64
    program = compile_network(network, BOARD)
    board = BoardSimulation(BOARD)
    device = Device(Host(board.transport()), write_image(program))
    device.load()
    device.learn(Learning(margin=margin))
    rng = np.random.default_rng(5)
    for _ in range(8):
        x, label = rng.integers(-300, 300, network.n_in).astype(np.int16), int(rng.integers(network.n_out))
        due = int(earliest(deep_outputs(learner.now(), x[None]))[0])
        assert device.teach(x.tolist(), label) == due
        learner.learn(x[None], np.array([label]), margin, engine=learn_classes_reference)
    found = with_learned(network, program, device.tables())
    assert [group.tables.tolist() for group in found.output.groups] == [group.tables.tolist() for group in learner.now().output.groups]
    assert learner.output.rows.counts[0] > 0
    assert device.host.writes() == Writes(*learner.output.rows.counts.tolist())
    board.close()


def test_tables_are_read_across_pages() -> None:
    """A piece on both sides of word 2**16."""
    [learner] = learners(1)
    program = compile_network(learner.network, BOARD)
    data = np.random.default_rng(4).integers(256, size=64, dtype=np.uint8).tobytes()
    beats = PAGE_WORDS // program.width.side_words
    program = replace(program, tables=(*program.tables, Placed(0, beats - 4, data)))
    board = BoardSimulation(BOARD)
    device = Device(Host(board.transport()), write_image(program))
    device.load()
    assert device.tables()[-1].data == data
    board.close()


def test_other_boards_have_no_such_space() -> None:
    [learner] = learners(1)
    board = BoardSimulation(ICEBREAKER, program=compile_network(learner.network, ICEBREAKER))
    host = Host(board.transport())
    host.hello()
    with pytest.raises(LinkError, match="READ is refused"):
        host.tables(0, 1)
    board.close()
