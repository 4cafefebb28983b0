"""The compiled core beside golden, on every latency: random networks with random stalls, and the negative controls."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.sampling import Sampling
from golden.integer.sampling import Sampler, jitter_table
from hdl.board.parts import core_params
from sim.machines.preload import ANCHORS, TABLES
from sim.machines.session import CoreSession

from ...firmware.networks import random_network

BOARD = boards.get("icebreaker")
PARAMS = replace(core_params(BOARD), far_bytes=0)  # with one: test_flash_networks.py
STEPS = 4


def run(session, seed, steps=STEPS):
    """Random inputs or symbols, half of them forced; returns the number of steps done."""
    rng = np.random.default_rng(seed)
    network = session.golden.network
    if network.kind == "rnn":
        forced = [int(rng.integers(network.n_out)) if rng.random() < 0.5 else None for _ in range(steps)]
        return len(list(session.run(forced)))
    for step in range(steps):
        if network.kind == "signal" and rng.random() < 0.2:
            session.restart()
        spread = int(rng.choice([3, 300, 32768]))
        session.classify(rng.integers(-spread, spread, network.n_in).astype(np.int16))
        if session.difference:
            return step
    return steps


def session_of(number, *, stall=0.0, kind=None, **program):
    network = random_network(number, kind=kind)
    made = replace(compile_network(network, BOARD), **program)
    return CoreSession(network, made, params=PARAMS, stall=stall, stall_seed=number + 1)


def latencies_a_step(session):
    place = session.golden.program.meta.placement
    network = session.golden.network
    state = sum(len(addresses) for addresses in place.neurons[: network.n_written])
    return len(network.hidden) * state + network.n_out


@pytest.mark.parametrize("sweep", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_random_networks_equal_golden(sweep):
    @settings(max_examples=sweep, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 1 << 20), stall=st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.9]), kind=st.sampled_from([None, "signal"]))
    def check(seed, stall, kind):
        session = session_of(seed, stall=stall, kind=kind)
        try:
            assert run(session, seed) == STEPS, session.difference
            assert session.comparison.compared == STEPS * latencies_a_step(session)
            assert session.core.counter(isa.Counter.STEPS) == STEPS
        finally:
            session.close()

    check()


@pytest.mark.parametrize(("temperature", "k"), [(0.5, 0), (1.0, 0), (1.0, 1), (1.0, 3), (2.0, 8)])
def test_sampled_symbols_equal_golden(temperature, k):
    jitter = jitter_table(temperature=temperature, out_frac=4)
    sampling = Sampling(jitter=jitter.table, mask=jitter.mask, jittered=True, k=k, seed=77)
    session = session_of(11, kind="rnn", sampling=sampling)
    symbols = list(session.run([None] * 60))
    assert session.difference is None
    assert len(set(symbols)) > 1
    session.close()


def test_stalls_cost_clocks_only():
    clocks = []
    for stall in (0.0, 0.9):
        session = session_of(4, stall=stall)
        assert run(session, 3) == STEPS, session.difference
        clocks.append((session.core.counter(isa.Counter.CLOCKS), session.core.counter(isa.Counter.BEATS)))
        session.close()
    assert clocks[1][0] > 1.5 * clocks[0][0]
    assert clocks[1][1] == clocks[0][1]


def flipped(session, stage, *, position=0, bit=4):
    """Flips one bit of the first byte of every row of one table, in the simulator's memory only. Returns the table's number."""
    program = session.golden.program
    number, origin = next((i, o) for i, o in enumerate(program.meta.placement.runs) if str(o.stage) == stage)
    run_ = program.runs[number]
    memory = session.core.sim.memory(session.core.prefix + TABLES)
    first = run_.table_base + (position << run_.table_log2)
    memory[first : first + (1 << run_.table_log2) : 1 << run_.row_log2, 0] ^= 1 << bit
    return origin.tables[position]


@pytest.mark.parametrize(
    ("seed", "kind", "stage"),
    [
        (0, "rnn", "output"),
        (4, "rnn", "hidden.0"),
        (6, "deep", "output"),
        (9, "deep", "hidden.0"),
        (4, "signal", "hidden.0"),
        (2, "signal", "output"),
    ],
)
def test_a_flipped_table_bit_is_named(seed, kind, stage):
    """The negative control of the whole comparison."""
    while stage == "hidden.0" and not random_network(seed, kind=kind).hidden:
        seed += 1
    session = session_of(seed, kind=kind)
    table = flipped(session, stage)
    assert run(session, seed) < STEPS
    op = {"output": "output", "hidden.0": "embed" if kind == "rnn" else "hidden.0"}[stage]
    assert f"step 0, op {op}, neuron" in session.difference
    assert f"table {table} of {stage}, group" in session.difference
    assert "is damaged in memory: byte" in session.difference
    session.close()


def test_a_flipped_embedding_bit_is_named():
    session = session_of(4, kind="rnn")
    program = session.golden.program
    token = next(run_ for run_ in program.runs if run_.token)
    session.core.sim.memory(session.core.prefix + TABLES)[token.table_base + (2 << token.row_log2), 0] ^= 1
    symbols = list(session.run([1, 1, 2, 1]))
    assert len(symbols) == 2
    assert session.difference.startswith("step 2, op embed, neuron")
    assert "embedding row 2 is damaged in memory" in session.difference
    session.close()


def test_a_wrong_anchor_is_named():
    """The core takes another row than golden: the tables are whole, so the contribution has to tell."""
    session = session_of(4, kind="rnn")
    anchors = session.core.sim.memory(session.core.prefix + ANCHORS)
    anchors[0, 0] ^= 1  # lane 0 shifts no bit in: its first table takes another row
    found = 0
    for seed in range(3):
        run(session, seed, steps=8)
        if session.difference:
            found += 1
            assert "the core added row" in session.difference
            break
    assert found
    session.close()


def test_a_wrong_symbol_is_told(monkeypatch):
    monkeypatch.setattr(Sampler, "choose", lambda self, outputs: 1 + int(outputs.argmin()))
    session = session_of(4, kind="rnn")
    assert not list(session.run([0, 0]))
    assert "the core chose symbol" in session.difference
    session.close()
