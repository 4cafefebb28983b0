"""Networks with tables in flash, compiled core and controller, the chip at its pins: every latency beside golden."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.image.image import write_image
from firmware.sampling import Sampling
from golden.integer.file import load
from golden.integer.sampling import jitter_table
from hdl.board.parts import core_params
from sim.flash import Found, Pads
from sim.machines.machine import FlashSetup
from sim.machines.session import CoreSession

from ...firmware.flashed import WITH_FLASH, small_board
from ...firmware.networks import random_network

BOARDS = {mode: boards.flash_mode(WITH_FLASH, mode) for mode in boards.FLASH_MODES}
PAPER = Path(__file__).parents[3] / "golden/networks/paper-rnn.safetensors"
STEPS = 4


def spread(seed, mode):
    """A random network, compiled for a chip with room for a random part of it, and a random place in flash for the rest."""
    network, rng = random_network(seed), np.random.default_rng([seed, 1])
    size = max(64, int(rng.random() * network.table_bytes()) // 8 * 8)
    board = small_board(size, base=0x140000 + 8 * int(rng.integers(0, 1000)), offset=WITH_FLASH.image_offset)
    return network, compile_network(network, boards.flash_mode(board, mode))


def session_of(network, program, mode, **options):
    board = BOARDS[mode]
    return CoreSession(network, program, params=core_params(board), board=board, **options)


def run(session, seed, steps=STEPS):
    """Random inputs or symbols, half of them forced; returns the number of steps done."""
    rng = np.random.default_rng(seed)
    network = session.golden.network
    if network.kind == "rnn":
        forced = [int(rng.integers(network.n_out)) if rng.random() < 0.5 else None for _ in range(steps)]
        return len(list(session.run(forced)))
    for step in range(steps):
        spread = int(rng.choice([3, 300, 32768]))
        session.classify(rng.integers(-spread, spread, network.n - network.n_ref).astype(np.int16))
        if session.difference:
            return step
    return steps


@pytest.mark.parametrize("mode", BOARDS)
@pytest.mark.parametrize("sweep", [12, pytest.param(400, marks=pytest.mark.slow)])
def test_random_networks_with_random_placement_equal_golden(mode, sweep):
    tiers = set()

    @settings(max_examples=sweep, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 1 << 20), stall=st.sampled_from([0.0, 0.0, 0.5]), out=st.integers(0, 10_000), back=st.integers(0, 8_000))
    def check(seed, stall, out, back):
        network, program = spread(seed, mode)
        if any(run.tier and run.int4 for run in program.runs):
            stall = 0.0  # their zeros come from tier 0, which must answer in time, as on a board it always does
        setup = FlashSetup(pads=Pads(out=out, back=back), found=Found(seed=seed + 1, jedec=(0xEF4018, 0xEF7018)[seed & 1]))
        session = session_of(network, program, mode, flash=setup, stall=stall, stall_seed=seed + 1)
        try:
            assert run(session, seed) == STEPS, session.difference
            assert not session.core.chip.violations
            tiers.update((run.tier, run.int4, run.token) for run in program.runs)
        finally:
            session.close()

    check()
    assert len(tiers) >= 6


def sampled(program, network):
    """The program with a sampler at temperature 1, so that what it writes does not fall into a loop."""
    jitter = jitter_table(temperature=1.0, out_frac=network.out_frac)
    return replace(program, sampling=Sampling(jitter=jitter.table, mask=jitter.mask, jittered=True, k=0, seed=12345))


LONG = [pytest.param("nibble", 500, marks=pytest.mark.slow), pytest.param("byte", 5000, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("mode", "count"), [("byte", 500), ("nibble", 60), *LONG])
def test_the_papers_network_equals_golden(mode, count):
    """Characters that it generates, every latency of every step; rows are read from the chip as fast as the mode allows."""
    network = load(PAPER)
    program = sampled(compile_network(network, BOARDS[mode]), network)
    assert sum(len(piece.data) for piece in program.tables if piece.tier) > 4 << 20
    session = session_of(network, program, mode, flash=FlashSetup(pads=Pads(out=6_000, back=3_000)))
    symbols = list(session.run([None] * count))
    assert session.difference is None
    assert len(symbols) == count
    assert len(set(symbols)) > 15
    place = program.meta.placement
    state = sum(len(addresses) for addresses in place.neurons)
    assert session.comparison.compared == count * (state + network.n_out)
    assert not session.core.chip.violations
    clocks = session.core.counter(isa.Counter.CLOCKS) / count
    beats = sum(run.count * run.row_beats for run in program.runs if run.tier)
    assert clocks < (1.15 * 8 if mode == "byte" else 1.15 * 16) * beats
    session.close()


@pytest.mark.parametrize("mode", BOARDS)
def test_a_flipped_bit_in_flash_is_named(mode):
    """The negative control: one bit of every row of one table in the chip."""
    network = load(PAPER)
    program = compile_network(network, BOARDS[mode])
    number, origin = next((i, o) for i, o in enumerate(program.meta.placement.runs) if str(o.stage) == "hidden.0" and program.runs[i].tier)
    run_, image = program.runs[number], bytearray(write_image(program))
    first = run_.table_base * 8 - WITH_FLASH.image_offset
    for row in range(1 << run_.table_log2 - run_.row_log2):
        image[first + (row << run_.row_log2) * 8] ^= 0x10
    session = session_of(network, program, mode, flash=FlashSetup(content=bytes(image)))
    assert list(session.run([1, 2])) == []
    assert "step 0, op embed, neuron" in session.difference
    assert f"table {origin.tables[0]} of hidden.0, group {origin.group}" in session.difference
    assert "is damaged in memory: byte" in session.difference
    session.close()


def test_a_core_with_flash_needs_its_board():
    network, program = spread(1, "byte")
    with pytest.raises(ValueError, match="board must be given"):
        CoreSession(network, program, params=core_params(WITH_FLASH))
