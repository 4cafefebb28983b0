"""Networks with tables in an SDRAM, compiled core and controller, the chip at its pins: every latency beside golden, every clock beside the
cycle model."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from boards.sdram import EM638325_6, IS42S16160G_7
from firmware.compiler import compile_network
from hdl.board.parts import core_params
from sim.cycles import predict
from sim.machines.core import CoreSimulation
from sim.machines.sdram import SdramSetup, read_sdram
from sim.machines.session import CoreSession
from sim.sdram import SdramPads
from sim.step_counts import step_counts

from ...firmware.networks import random_network
from ...firmware.transformers import random_transformer

BOARD = boards.get("ulx3s_85f_sdram")
STEPS = 4
SHAPES = [
    (IS42S16160G_7, 16),
    (EM638325_6, 32),
    *(pytest.param(part, lanes, marks=pytest.mark.slow) for part, lanes in ((IS42S16160G_7, 8), (IS42S16160G_7, 32), (EM638325_6, 16))),
]
MAKERS = {
    "deep": lambda seed: random_network(seed, kind="deep"),
    "rnn": lambda seed: random_network(seed, kind="rnn"),
    "transformer": random_transformer,
}


def board_of(part=IS42S16160G_7, lanes=16, *, near=None):
    """BOARD with another SDRAM and width; ``near``: bytes of tables on chip, left out as many beats as there."""
    tier, far = BOARD.tiers
    far = replace(far, size=part.size, at_once=part.bits // 4, sdram=(part,))
    near = tier.size // BOARD.lanes * lanes if near is None else near
    return replace(BOARD, lanes=lanes, tiers=(replace(tier, size=near), far))


def spread(network, seed, *shape):
    """A network compiled with room on chip for a random part of it, but for what must be there."""
    rng = np.random.default_rng([seed, 1])
    near = max(64, int(rng.random() * network.table_bytes()) // 64 * 64)
    while True:
        try:
            return compile_network(network, board_of(*shape, near=near))
        except ValueError:
            near *= 2


def session_of(network, program, *shape, **options):
    board = board_of(*shape)
    return CoreSession(network, program, params=core_params(board), board=board, **options)


def run(session, seed):
    """Random inputs or symbols, half of them forced; returns the number of steps done."""
    rng = np.random.default_rng(seed)
    network = session.golden.network
    if network.kind != "deep":
        forced = [int(rng.integers(network.n_out)) if rng.random() < 0.5 else None for _ in range(STEPS)]
        return len(list(session.run(forced)))
    for step in range(STEPS):
        session.classify(rng.integers(-300, 300, network.n - network.n_ref).astype(np.int16))
        if session.difference:
            return step
    return STEPS


@pytest.mark.parametrize(("part", "lanes"), SHAPES)
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("sweep", [8, pytest.param(150, marks=pytest.mark.slow)])
def test_random_networks_equal_golden(part, lanes, kind, sweep):
    """Whatever the pads' delays, within what the controller looks for, and whatever the chip holds besides."""
    rng, tiers = np.random.default_rng(5), set()
    for seed in range(sweep):
        network = MAKERS[kind](seed)
        program = spread(network, seed, part, lanes)
        out, skew, back = int(rng.integers(1_000, 8_000)), int(rng.integers(-1_000, 1_000)), int(rng.integers(1_200, 7_000))
        pads = SdramPads(out=out, out_clk=out + skew, back=back)
        session = session_of(network, program, part, lanes, sdram=SdramSetup(pads=pads, seed=seed + 1))
        try:
            assert run(session, seed) == STEPS, session.difference
            assert not session.core.sdram.violations
            tiers.update((run.tier, run.int4) for run in program.runs)
        finally:
            session.close()
    assert {tier for tier, _ in tiers} == {0, 1}


@pytest.mark.parametrize(("part", "lanes"), SHAPES)
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("sweep", [8, pytest.param(150, marks=pytest.mark.slow)])
def test_they_take_the_clocks_of_the_cycle_model(part, lanes, kind, sweep):
    board = board_of(part, lanes)
    for seed in range(sweep):
        program = spread(MAKERS[kind](seed), seed, part, lanes)
        simulation = CoreSimulation(program, params=core_params(board), board=board)
        try:
            simulation.sim.clock(64)
            assert list(step_counts(simulation, [None] * 8)) == list(predict(program, board, steps=8).steps[:8])
            assert not simulation.sdram.violations
        finally:
            simulation.close()


def test_tables_are_where_the_program_places_them():
    network = random_network(3)
    program = spread(network, 3)
    session = session_of(network, program)
    far = [piece for piece in program.tables if piece.tier]
    assert {piece.beat >> program.width.far_address_bits for piece in far} == {0, 1, 2, 3}
    for piece in far:
        assert read_sdram(session.core.sdram, program.width, piece.beat * program.width.beat_bytes, len(piece.data)) == piece.data
    session.close()


def test_a_flipped_bit_is_named():
    """The negative control: one bit of every row of one table in the chip."""
    networks = [random_network(seed, kind="deep") for seed in range(20)]
    made = ((network, spread(network, seed)) for seed, network in enumerate(networks))
    network, program = next((n, p) for n, p in made if any(run.tier and run.count > 5 for run in p.runs))
    number = next(number for number, run in enumerate(program.runs) if run.tier and run.count > 5)
    run_, origin = program.runs[number], program.meta.placement.runs[number]
    beat = program.width.beat_bytes
    session = session_of(network, program)
    chip = session.core.sdram
    first = (run_.table_base + (1 << run_.table_log2)) * beat  # of the sixth table: the second of bank 1
    for row in range(1 << run_.table_log2 - run_.row_log2):
        at = first + (row << run_.row_log2) * beat
        page = chip.part.bits // 8 << chip.part.column_bits
        there = bytearray(chip.row(1, at // page))
        there[at % page] ^= 1
        chip.fill(bytes(there), bank=1, row=at // page)
    session.classify(np.zeros(network.n - network.n_ref, np.int16))
    assert f"table {origin.tables[5]} of {origin.stage}" in session.difference
    assert "is damaged in memory: byte" in session.difference
    session.close()
