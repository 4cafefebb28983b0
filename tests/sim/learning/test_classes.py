"""Classifiers that learn on the compiled core: every latency and every entry equals the rule's, every step has the clocks it should."""

from itertools import count

import numpy as np
import pytest

from boards import Board
from firmware.compiler import compile_network
from firmware.isa import Counter
from firmware.learning import Learning
from golden.integer.layer import Int16
from golden.integer.network import Network
from golden.learning.classes import ClassLearner
from golden.learning.reference_classes import learn_classes_reference
from hdl.board.parts import core_params
from sim.compare.compare import Comparison
from sim.compare.expected import Golden
from sim.cycles import predict
from sim.machines.core import CoreSimulation
from sim.machines.preload import TABLES

from ...firmware.networks import random_network
from .cores import WIDTHS, LearningCore, board_of, counts_differ, tables_differ

SAMPLES = 24


def learner_of(seed: int) -> ClassLearner:
    """A random classifier of two outputs or more."""
    network = random_network(seed, kind="deep", max_n=60)
    while network.n_out < 2:
        seed += 1000
        network = random_network(seed, kind="deep", max_n=60)
    return ClassLearner.start(network, below=0)


def learn(
    learner: ClassLearner, board: Board, *, margin: int, seed: int, stall: float = 0, told: int | None = None
) -> tuple[int, str | None]:
    """Random samples on the core and in the reference; the number of those that changed entries, and the first difference. ``told``: a
    margin that the core has instead."""
    rng, network = np.random.default_rng(seed), learner.network
    program = compile_network(learner.now(), board)
    beside = LearningCore(program, board, learner.output.rows, Learning(margin=told or margin), stall=stall)
    core = beside.core
    try:
        for number in range(SAMPLES):
            x, target = rng.integers(-300, 300, network.n_in).astype(np.int16), int(rng.integers(network.n_out))

            def run(x: Int16 = x, target: int = target) -> str | None:
                golden = Golden(learner.now(), program)
                check = Comparison(golden, latencies=core.latencies, tables=core.tables)
                core.write(*golden.inputs(x))
                list(core.steps([target], begun=lambda _: check.begin(x), written=check.written))
                return None if check.difference is None else str(check.difference)

            def rule(x: Int16 = x, target: int = target) -> Network:
                learner.learn(x[None], np.array([target]), margin, engine=learn_classes_reference)
                return learner.now()

            if found := beside.step(run, rule):
                return beside.written, f"sample {number}: {found}"
        return beside.written, None
    finally:
        core.close()


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize(("lanes", "clocks"), WIDTHS)
def test_random_classifiers(lanes: int, clocks: tuple[int, int], stall: float) -> None:
    total = 0
    for seed in range(8):
        learner = learner_of(seed)
        written, difference = learn(learner, board_of(lanes, clocks), margin=(seed % 3 + 1) * 64, seed=seed, stall=stall)
        assert difference is None, (seed, difference)
        total += written
    assert 8 < total < 8 * SAMPLES


def test_a_step_that_takes_fewer_clocks_from_rest() -> None:
    """A classifier without hidden layers, so short that a step is a clock longer where the one before has just ended."""
    learner, board = learner_of(254), board_of(8, (1, 1))
    program = compile_network(learner.now(), board)
    rest, back_to_back = (predict(program, board, back_to_back=again).clocks_per_step for again in (False, True))
    assert back_to_back == rest + 1
    _, difference = learn(learner, board, margin=96, seed=254)
    assert difference is None


@pytest.mark.slow
@pytest.mark.parametrize(("lanes", "clocks"), WIDTHS)
def test_hundreds_of_random_classifiers(lanes: int, clocks: tuple[int, int]) -> None:
    for seed in range(300):
        _, difference = learn(learner_of(seed), board_of(lanes, clocks), margin=(seed % 7 + 1) * 32, seed=seed)
        assert difference is None, (seed, difference)


def test_another_margin_is_found() -> None:
    learner = next(learner for learner in map(learner_of, count()) if learner.network.n_out == 2)  # right half of the time
    written, difference = learn(learner, board_of(8, (1, 1)), margin=1, seed=1, told=65535)
    assert written < SAMPLES
    assert str(difference).startswith("sample ")
    assert " clocks instead of " in str(difference)


def test_a_flipped_entry_is_named() -> None:
    """One bit of an entry, flipped in the core's memory."""
    learner, board = learner_of(1), board_of(8, (1, 1))
    program = compile_network(learner.now(), board)
    core = CoreSimulation(program, params=core_params(board), board=board)
    beat = program.tables[-1].beat
    assert tables_differ(core, program) is None
    core.sim.memory(f"core.{TABLES}")[beat, 0] ^= 1
    assert str(tables_differ(core, program)).startswith(f"beat {beat}: ")
    core.close()


def test_a_count_that_differs_is_named() -> None:
    """One bit of each count of the rule, and tables that are said to have changed."""
    learner, board = learner_of(1), board_of(8, (1, 1))
    core = CoreSimulation(compile_network(learner.now(), board), params=core_params(board), board=board)
    rows = learner.output.rows
    assert counts_differ(core, rows) is None
    rows.counts[1] ^= 1
    assert counts_differ(core, rows) == "HELD is 0 instead of 1"
    rows.counts[:] = 1 << 24, 0
    assert counts_differ(core, rows) == f"changed is False after {1 << 24} writes"
    core.learn(Learning(margin=0xFFFF))
    list(core.steps([0]))
    rows.counts[0] = 2 * len(rows.words)
    assert str(counts_differ(core, rows)).startswith("WRITES is ")
    core.close()


def test_nothing_is_learned_unless_it_is_asked() -> None:
    """Neither while learning is off, nor in steps without a target; they take no clock more than on a core that can't learn."""
    learner, board = learner_of(2), board_of(8, (1, 1))
    program = compile_network(learner.now(), board)
    core = CoreSimulation(program, params=core_params(board), board=board)
    quiet = predict(program, board, back_to_back=False).clocks_per_step
    for learning, target in ((None, 0), (None, 1), (Learning(margin=0xFFFF), None)):
        core.learn(learning)
        before = core.counter(Counter.CLOCKS)
        list(core.steps([target]))
        assert core.counter(Counter.CLOCKS) - before == quiet
        assert tables_differ(core, program) is None
    list(core.steps([0]))  # such a margin is never kept
    assert tables_differ(core, program) is not None
    core.close()
