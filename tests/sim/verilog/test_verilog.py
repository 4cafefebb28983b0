"""The core of ``polychron verilog`` in Icarus Verilog against the golden model: every latency, symbols, counters, refusals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.image.image import store_image, write_image
from firmware.image.sections import unpack
from firmware.program import Program
from golden.integer.network import Network
from sim.compare.expected import Golden
from sim.compare.summands import summands
from sim.cycles import predict

from ...firmware.networks import random_network
from .bench import ABORT, FREE, READ, START, Said, carry_out, compare, counter, forced, stores

BOARD = boards.get("icebreaker")
STEPS = [2, 0, *[None] * 10]


def text_network() -> tuple[Network, Program]:
    network = random_network(10, kind="rnn", max_n=12, max_out=12)
    return network, compile_network(network, BOARD, name="tiny", seed=3, k=0, temperature=0.7)


def run(folder: Path, program: Program, image: bytes, given: list[int | None]) -> Said:
    """The image loaded, a step for each of ``given``, the store told after each, at last the clocks that steps took."""
    commands = list(image)
    for one in given:
        commands += [FREE if one is None else forced(one), READ]
    return carry_out(folder, [*commands, counter(0), counter(8)], words=len(program.store))


def test_every_latency_of_a_text_network(tmp_path: Path) -> None:
    network, program = text_network()
    said = run(tmp_path, program, write_image(program), STEPS)
    clocks, steps = said.words[-2:]
    del said.words[-2:]
    assert said.loads[0][:3] == (1, 0, isa.LoadError.NONE)
    symbols, difference, compared = compare(network, program, STEPS, said, tables=program.memory(BOARD.tiers[0].size))
    assert difference is None
    assert said.symbols == symbols
    assert len(set(symbols)) > 2
    assert compared == len(STEPS) * (network.n + network.n_out)
    assert steps == len(STEPS)
    assert clocks == pytest.approx(len(STEPS) * predict(program, BOARD).clocks_per_step, abs=len(STEPS))


def test_a_wrong_bit_of_a_table_is_named(tmp_path: Path) -> None:
    """One bit of a row that the first step reads, in an image whose CRCs are right."""
    network, program = text_network()
    row = next(iter(summands(network, program, Golden(network, program).step(STEPS[0])[-1])))
    pieces = []
    for piece in program.tables:
        data, at = bytearray(piece.data), row.address - piece.beat * program.width.beat_bytes
        if 0 <= at < len(data):
            data[at] ^= 1
        pieces.append(piece._replace(data=bytes(data)))
    wrong = replace(program, tables=tuple(pieces))
    said = run(tmp_path, wrong, write_image(wrong), STEPS[:1])
    del said.words[-2:]
    _, difference, _ = compare(network, program, STEPS[:1], said, tables=wrong.memory(BOARD.tiers[0].size))
    assert difference is not None
    assert difference.startswith("step 0, op embed, neuron "), difference
    assert f"{row} is damaged in memory: byte {row.address} is " in difference


def test_a_flipped_bit_of_the_image_is_refused_by_its_section(tmp_path: Path) -> None:
    _, program = text_network()
    image = bytearray(write_image(program))
    _, sections = unpack(bytes(image))
    number = next(number for number, section in enumerate(sections) if section.kind == isa.Kind.TABLES)
    image[image.index(sections[number].payload) + 5] ^= 1
    said = carry_out(tmp_path, list(image), words=1)
    assert said.loads == [(0, 1, isa.LoadError.SECTION_CRC, number, 0)]
    assert said.symbols == []


def test_classes_and_an_abort(tmp_path: Path) -> None:
    """Inputs come as small images between the steps; a step that is aborted leaves no symbol, and the next image begins anew."""
    network = random_network(3, kind="deep", max_n=12, max_out=12)
    program = compile_network(network, BOARD, name="tiny")
    golden = Golden(network, program)
    rng = np.random.default_rng(1)
    inputs = rng.integers(-2000, 2000, (3, network.n - len(network.reference_latencies()))).astype(np.int16)
    commands = list(write_image(program))
    for number, x in enumerate(inputs):
        store = program.store.copy()
        addresses, values = golden.inputs(x)
        store[addresses] = values
        commands += [START, *store_image(store, width=program.width)]
        commands += [FREE, ABORT, START, *store_image(store, width=program.width)] if number == 1 else []
        commands += [FREE, READ]
    said = carry_out(tmp_path, commands, words=len(program.store))
    assert all(load[:2] == (1, 0) for load in said.loads)
    assert len(said.loads) == 5
    expected = []
    for x, store in zip(inputs, stores(program, said), strict=True):
        for write in golden.step(x)[-2:]:
            assert np.array_equal(store[write.addresses], write.values)
        expected.append(golden.symbol)
    assert said.symbols == expected
