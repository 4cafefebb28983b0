"""Recurrent networks that learn their output tables on the compiled core: every latency, choice and entry equals the rule's."""

import numpy as np
import pytest

from boards import Board
from firmware.compiler import compile_network
from firmware.isa import Counter
from firmware.learning import Learning
from golden.integer.layer import NetworkError
from golden.integer.sampling import Sampler
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from golden.learning.text import TextLearner
from hdl.board.parts import core_params
from hdl.learn.learner import learn_clocks
from sim.cycles import predict
from sim.machines.core import CoreSimulation

from ...firmware.networks import random_network
from .cores import WIDTHS, board_of, tables_differ

STEPS = 24


def learners(count: int) -> list[TextLearner]:
    """The first random networks that can learn."""
    found: list[TextLearner] = []
    seed = 0
    while len(found) < count:
        seed += 1
        network = random_network(seed, kind="rnn", max_n=60)
        try:
            made = TextLearner.start(network, below=0, seed=seed)
        except NetworkError:
            continue
        if network.n_out > 1:
            found.append(made)
    return found


def learn(learner: TextLearner, board: Board, *, power: int, seed: int) -> tuple[int, str | None]:
    """Random symbols on the core and in the reference; the number of those that changed entries, and the first difference."""
    rng, network = np.random.default_rng(seed), learner.network
    turn = learner.turn(Rates(output=network.out_frac - network.output.shift - power), steps=1, draws=1, everything=False)
    assert turn.output == power
    program = compile_network(network, board, seed=int(learner.generator[0]), temperature=1.0)
    core = CoreSimulation(program, params=core_params(board), board=board)
    try:
        core.learn(Learning(step=1 << power))
        quiet, written = predict(program, board).clocks_per_step, 0
        place = program.meta.placement
        for number in range(STEPS):
            target = int(rng.integers(network.n_out))
            before, count = core.counter(Counter.CLOCKS), int(learner.output.rows.counts[0])
            state = learner.now().start()
            state.latencies[:] = learner.latencies[0]
            outputs = state.outputs()
            due_symbol = Sampler(seed=int(learner.generator[0]), jitter=learner.jitter).choose(outputs)
            [symbol] = core.steps([target])
            learner.learn(np.array([[target]], np.int32), turn, engine=learn_reference)
            changed = int(learner.output.rows.counts[0]) - count
            clocks, due = core.counter(Counter.CLOCKS) - before, quiet + learn_clocks(changed // 2, table_clocks=board.table_clocks)
            if symbol != due_symbol:
                return written, f"step {number}: symbol {symbol} instead of {due_symbol}"
            if not np.array_equal((stored := core.latencies())[place.output : place.output + network.n_out], outputs):
                return written, f"step {number}: outputs differ"
            if any((stored[list(at)] != learner.latencies[0, neuron]).any() for neuron, at in enumerate(place.neurons)):
                return written, f"step {number}: the state differs"
            if clocks != due:
                return written, f"step {number}: {clocks} clocks instead of {due}"
            written += changed > 0
            if found := tables_differ(core, compile_network(learner.now(), board)):
                return written, f"step {number}: {found}"
        return written, None
    finally:
        core.close()


@pytest.mark.parametrize(("lanes", "clocks"), WIDTHS)
def test_random_networks(lanes: int, clocks: tuple[int, int]) -> None:
    total = 0
    for number, learner in enumerate(learners(6)):
        written, difference = learn(learner, board_of(lanes, clocks), power=number % 3, seed=number)
        assert difference is None, (number, difference)
        total += written
    assert 6 < total < 6 * STEPS
