"""Transformers on the compiled core, with and without a flash, beside golden on every latency, past the end of the ring."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import boards
import sim.run
from firmware import isa
from firmware.compiler import compile_network
from firmware.isa import Mode
from firmware.sampling import Sampling
from golden.integer.file import load, save_network
from golden.integer.sampling import jitter_table
from golden.integer.shipped import find_network
from hdl.board.parts import core_params
from sim.compare.compare import Comparison
from sim.compare.expected import Golden
from sim.machines.preload import TABLES
from sim.machines.session import BoardSession, CoreSession

from ...firmware.flashed import WITH_FLASH
from ...firmware.transformers import lean_anchors, paper_shaped, random_transformer, spread, with_symbols

BOARD = boards.get("icebreaker")
PARAMS = replace(core_params(BOARD), far_bytes=0)
FLASH = {mode: boards.flash_mode(WITH_FLASH, mode) for mode in boards.FLASH_MODES}
STEPS = 40  # a ring has 32 entries


def forced(network, seed, steps=STEPS):
    """Symbols, half of them the core's own."""
    rng = np.random.default_rng(seed)
    return [int(rng.integers(network.n_out)) if rng.random() < 0.5 else None for _ in range(steps)]


def latencies_a_step(session):
    """Compared in a step: all write-backs."""
    program = session.golden.program
    writes = sum(run.last for run in program.runs)
    return (writes - 1) * sum(map(len, program.meta.placement.neurons)) + session.golden.network.n_out


@pytest.mark.parametrize(
    ("comparators", "sweep"), [(2, 24), (4, 24), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((2, 400), (4, 200)))]
)
def test_random_transformers_equal_golden(comparators, sweep):
    copied, params = set(), replace(PARAMS, width=isa.Width(comparators=comparators))

    @settings(max_examples=sweep, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 1 << 20), stall=st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.9]))
    def check(seed, stall):
        network, board = spread(seed, share=0, comparators=comparators)
        program = compile_network(network, board)
        assume(all(run.tier == 0 for run in program.runs))  # this core has no flash
        session = CoreSession(network, program, params=params, stall=stall, stall_seed=seed + 1)
        try:
            assert len(list(session.run(forced(network, seed)))) == STEPS, session.difference
            assert session.comparison.compared == STEPS * latencies_a_step(session)
            assert session.core.counter(isa.Counter.STEPS) == STEPS
            copied.add(any(run.mode == Mode.ANCHORS for run in program.runs))
        finally:
            session.close()

    check()
    assert copied == {False, True}


@pytest.mark.parametrize("mode", FLASH)
@pytest.mark.parametrize("sweep", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_tables_in_flash_equal_golden(mode, sweep):
    tiers = set()

    @settings(max_examples=sweep, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 1 << 20))
    def check(seed):
        network, board = spread(seed, share=1, base=0x140000 + 8 * (seed % 1000), offset=WITH_FLASH.image_offset)
        program = compile_network(network, boards.flash_mode(board, mode))
        session = CoreSession(network, program, params=core_params(FLASH[mode]), board=FLASH[mode])
        try:
            assert len(list(session.run(forced(network, seed)))) == STEPS, session.difference
            assert not session.core.chip.violations
            tiers.update((run.mode, run.tier) for run in program.runs)
        finally:
            session.close()

    check()
    assert {(Mode.ATTEND, 0), (Mode.ATTEND, 1)} <= tiers


def session_of(network, **options):
    program = compile_network(network, replace(BOARD, **options))
    return CoreSession(network, program, params=replace(PARAMS, width=program.width))


def run_of(session, mode):
    program = session.golden.program
    runs = zip(program.runs, program.meta.placement.runs, strict=True)
    return next((run, origin) for run, origin in runs if run.mode == mode)


def flip(session, beat, *, word=0, bit=0):
    """One bit of a 16-bit word of tier 0, in the simulator's memory only."""
    session.core.sim.memory(session.core.prefix + TABLES)[beat, word // 2] ^= 1 << bit + 16 * (word % 2)


def difference(session, seed=1):
    list(session.run(forced(session.golden.network, seed)))
    session.close()
    return session.difference


NETWORK = random_transformer(23, context=32)


def test_flipped_position_bits_are_named():
    session = session_of(NETWORK)
    attend, origin = run_of(session, Mode.ATTEND)
    session.close()
    place_bits = NETWORK.blocks[0].heads[0].p
    assert place_bits
    top = len(origin.pairs[0]) - 1
    for distance in (1, 31):
        session = session_of(NETWORK)
        flip(session, isa.SIDE_BEATS * attend.side + isa.CONTEXT - 1 + distance, bit=top)
        found = difference(session)
        step = int(found.split(",")[0].removeprefix("step "))
        assert step >= distance
        assert f"op {origin.stage}, neuron" in found
        assert f"position bits of table {origin.tables[0]} of {origin.stage}, distance {distance} is damaged in memory: byte" in found


def test_a_flipped_table_bit_is_named():
    session = session_of(NETWORK)
    attend, origin = run_of(session, Mode.ATTEND)
    memory = session.core.sim.memory(session.core.prefix + TABLES)
    memory[attend.table_base : attend.table_base + (1 << attend.table_log2) : 1 << attend.row_log2, 0] ^= 16
    found = difference(session)
    assert found.startswith(f"step 1, op {origin.stage}, neuron ")
    assert f"table {origin.tables[0]} of {origin.stage}, group 0, row " in found
    assert ", distance 1 is damaged in memory: byte" in found


@pytest.mark.parametrize("comparators", [2, 4])
def test_a_flipped_anchor_that_is_copied_is_named(comparators):
    words = lean_anchors(compile_network(NETWORK, replace(BOARD, comparators=comparators)))
    session = session_of(NETWORK, anchor_words=words, comparators=comparators)
    copy, origin = run_of(session, Mode.ANCHORS)
    for beat in range(0, copy.count, comparators // 2):  # the lowest bit of what slot 0 reads, in every word
        flip(session, copy.table_base + beat)
    found = difference(session)
    block = str(origin.stage).removesuffix(".anchors")
    assert f"op {block}." in found
    assert f"anchor word 0 of {block} is damaged in memory: byte {copy.table_base * 8} " in found


def test_a_lost_key_is_found():
    """A ring entry overwritten between two steps: another row than golden's, of a memory that is whole."""
    session = session_of(NETWORK)
    key, _ = run_of(session, Mode.KEY)
    steps = session.run(forced(NETWORK, 2))
    for _ in range(4):
        next(steps)
    memory = session.core.sim.memory(session.core.prefix + TABLES)
    memory[isa.SIDE_BEATS * key.side : isa.SIDE_BEATS * key.side + isa.CONTEXT] ^= (1 << key.row_log2) * 0x00010001
    assert len(list(steps)) < STEPS
    assert session.difference is not None
    session.close()


@pytest.mark.parametrize(("temperature", "k", "count"), [(1.0, 0, 500), (0.7, 4, 50)])
def test_characters_of_the_shipped_one(temperature, k, count):
    network = load(find_network("transformer"))
    jitter = jitter_table(temperature=temperature, out_frac=network.out_frac)
    program = replace(compile_network(network, BOARD), sampling=Sampling(jitter=jitter.table, mask=jitter.mask, jittered=True, k=k, seed=5))
    session = CoreSession(network, program, params=PARAMS)
    symbols = list(session.run([None] * count))
    assert session.difference is None
    assert len(symbols) == count
    assert len(set(symbols)) > 10
    assert session.comparison.compared == count * latencies_a_step(session)
    session.close()


@pytest.mark.slow
@pytest.mark.parametrize(("shipped", "mode"), [(False, "byte"), (True, "byte"), (True, "nibble")])
def test_100_characters_of_the_paper_s_size_from_flash(shipped, mode):
    network = load(find_network("paper-transformer")) if shipped else replace(paper_shaped(), out_frac=4)
    board = FLASH[mode]
    jitter = jitter_table(temperature=1.0, out_frac=network.out_frac)
    program = replace(compile_network(network, board), sampling=Sampling(jitter=jitter.table, mask=jitter.mask, jittered=True, seed=5))
    session = CoreSession(network, program, params=core_params(board), board=board)
    symbols = list(session.run([None] * 100))
    assert session.difference is None
    assert len(set(symbols)) > 10
    assert session.comparison.compared == 100 * latencies_a_step(session)
    assert not session.core.chip.violations
    session.close()


def test_run_command(capsys, tmp_path):
    """From a file: text generated on the core, equal to golden; told apart from a network that the core does not run."""
    file = tmp_path / "small.safetensors"
    save_network(with_symbols(NETWORK), file)
    assert sim.run.main(["--network", str(file), "--prompt", "abab", "--length", "50", "--temperature", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("abab")
    assert "equal to the golden model: " in out
    assert "54 characters: " in out
    save_network(with_symbols(random_transformer(23, context=33)), file)
    assert sim.run.main(["--network", str(file), "--length", "5"]) == 2
    assert capsys.readouterr().err == "error: the context is 33 positions, the core's index cache has room for 32\n"


def test_the_board_by_its_uart_and_from_the_start_again():
    """Writing the state empties the cache: the same text again gives the same symbols and latencies."""
    network = with_symbols(NETWORK)
    program = compile_network(network, BOARD)
    session = BoardSession(network, program, board=BOARD)
    symbols = [i % 2 for i in range(12)]
    first = list(session.run(symbols))
    assert session.difference is None
    session.device.reset()
    session.golden = Golden(network, program)
    session.comparison = Comparison(session.golden, latencies=session.board.latencies, tables=session.board.tables)
    assert list(session.run(symbols)) == first
    assert session.difference is None
    assert session.comparison.compared == 12 * latencies_a_step(session)
    session.close()
