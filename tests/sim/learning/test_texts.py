"""Recurrent networks that learn their output tables on the compiled core: every latency, choice and entry equals the rule's."""

import numpy as np
import pytest

from boards import Board
from firmware.compiler import compile_network
from firmware.learning import Learning
from golden.integer.layer import NetworkError
from golden.integer.network import Network
from golden.integer.sampling import Sampler
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates
from golden.learning.text import TextLearner

from ...firmware.networks import random_network
from .cores import WIDTHS, LearningCore, board_of

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


def learn(
    learner: TextLearner, board: Board, *, power: int, seed: int, stall: float = 0, told: int | None = None
) -> tuple[int, str | None]:
    """Random symbols on the core and in the reference; the number of those that changed entries, and the first difference. ``told``: the
    power of two of a step that the core has instead."""
    rng, network = np.random.default_rng(seed), learner.network
    turn = learner.turn(Rates(output=network.out_frac - network.output.shift - power), steps=1, draws=1, everything=False)
    assert turn.output == power
    program = compile_network(network, board, seed=int(learner.generator[0]), temperature=1.0)
    step = 1 << (power if told is None else told)
    beside = LearningCore(program, board, learner.output.rows, Learning(step=step), stall=stall)
    core, place = beside.core, program.meta.placement
    try:
        for number in range(STEPS):
            target = int(rng.integers(network.n_out))

            def run(target: int = target) -> str | None:
                state = learner.now().start()
                state.latencies[:] = learner.latencies[0]
                outputs = state.outputs()
                due = Sampler(seed=int(learner.generator[0]), jitter=learner.jitter).choose(outputs)
                [symbol] = core.steps([target])
                there = core.latencies()[place.output : place.output + network.n_out]
                if symbol != due or not np.array_equal(there, outputs):
                    return f"symbol {symbol} instead of {due}, outputs {there} instead of {outputs}"
                return None

            def rule(target: int = target) -> Network:
                learner.learn(np.array([[target]], np.int32), turn, engine=learn_reference)
                return learner.now()

            found = beside.step(run, rule)
            stored = core.latencies()
            wrong = [neuron for neuron, at in enumerate(place.neurons) if (stored[list(at)] != learner.latencies[0, neuron]).any()]
            if found or wrong:
                return beside.written, f"step {number}: {found or f'neurons {wrong} differ'}"
        return beside.written, None
    finally:
        core.close()


@pytest.mark.parametrize("stall", [0, 0.3])
@pytest.mark.parametrize(("lanes", "clocks"), WIDTHS)
def test_random_networks(lanes: int, clocks: tuple[int, int], stall: float) -> None:
    total = 0
    for number, learner in enumerate(learners(6)):
        written, difference = learn(learner, board_of(lanes, clocks), power=number % 3, seed=number, stall=stall)
        assert difference is None, (number, difference)
        total += written
    assert 6 < total < 6 * STEPS


@pytest.mark.slow
@pytest.mark.parametrize(("lanes", "clocks"), WIDTHS)
def test_hundreds_of_random_networks(lanes: int, clocks: tuple[int, int]) -> None:
    for number, learner in enumerate(learners(300)):
        _, difference = learn(learner, board_of(lanes, clocks), power=number % 6, seed=number)
        assert difference is None, (number, difference)


def test_another_step_is_found() -> None:
    [learner] = learners(1)
    _, difference = learn(learner, board_of(8, (1, 1)), power=1, seed=0, told=0)
    assert str(difference).startswith("step ")
    assert ": beat " in str(difference)
