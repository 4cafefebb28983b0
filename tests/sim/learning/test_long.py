"""A million steps that learn, on the compiled core: tables, state and generator stay those of the compiled rule to the end."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from firmware.compiler import compile_network
from firmware.learning import Learning
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.sampling import draw
from golden.learning.classes import ClassLearner
from golden.learning.compiled import learn_compiled
from golden.learning.compiled_classes import learn_classes_compiled
from golden.learning.rule import Rates
from golden.learning.text import TextLearner
from golden.learning.words import Words
from hdl.board.parts import core_params
from sim.compare.expected import Golden
from sim.machines.core import CoreSimulation
from sim.machines.machine import CORE

from ...firmware.networks import random_network
from .cores import board_of, counts_differ, tables_differ

BOARD = board_of(8, (1, 1))
LIMIT = 1 << 14  # clocks of a step
GENERATOR = CORE + "sorter.generator.state"  # one step ahead of the draws


def core_of(program: Program, learning: Learning) -> CoreSimulation:
    core = CoreSimulation(program, params=core_params(BOARD), board=BOARD)
    core.learn(learning)
    return core


def steps(core: CoreSimulation, targets: Iterable[int], *, before: Callable[[int], None] = lambda number: None) -> None:
    """A step for each target, asked of a core at rest; ``before`` is called with the number of each that follows."""
    for number, target in enumerate(targets):
        before(number)
        core.sim["step__payload"] = 1 | target << 1
        core.sim["step__valid"] = 1
        core.sim.clock()
        core.sim["step__valid"] = 0
        core.sim.run_until("symbol__valid", limit=LIMIT)


def moved(rows: Words) -> bool:
    """Whether many words were written, and some were held by a limit."""
    writes, held = rows.counts.tolist()
    return writes > 100 and held > 0


def text_differs(*, count: int, every: int, told: int | None = None) -> str | None:
    """``count`` symbols on the core and by the rule, compared after every ``every``: the first difference. ``told``: another step than
    the rule's."""
    network, rng = random_network(55, kind="rnn", max_n=12, max_out=12), np.random.default_rng(1)
    learner = TextLearner.start(network, below=0, seed=1)
    turn = learner.turn(Rates(output=network.out_frac - network.output.shift), steps=1, draws=1, everything=False)
    program = compile_network(network, BOARD, seed=1, temperature=1.0)
    core, place = core_of(program, Learning(step=1 if told is None else told)), program.meta.placement
    try:
        for done in range(every, count + 1, every):
            symbols = np.minimum(rng.geometric(0.3, size=every) - 1, network.n_out - 1)  # the first ones are frequent
            steps(core, symbols.tolist())
            learner.learn(symbols[None], turn, engine=learn_compiled)
            if found := tables_differ(core, compile_network(learner.now(), BOARD)) or counts_differ(core, learner.output.rows):
                return f"after {done} steps: {found}"
            stored = core.latencies()
            if any((stored[list(at)] != learner.latencies[0, neuron]).any() for neuron, at in enumerate(place.neurons)):
                return f"after {done} steps: the state differs"
            if core.sim[GENERATOR] != draw(int(learner.generator[0])):
                return f"after {done} steps: the generator differs"
        return None if moved(learner.output.rows) else "hardly anything was learned"
    finally:
        core.close()


def classes_differ(*, count: int, every: int, told: int | None = None) -> str | None:
    """``count`` samples on the core and by the rule, compared after every ``every``: the first difference. ``told``: another margin than
    the rule's."""
    network, rng = random_network(6, kind="deep", max_n=40, max_out=12), np.random.default_rng(1)
    learner = ClassLearner.start(network, below=0)
    margin, program = learner.margin(), compile_network(network, BOARD)
    core, golden = core_of(program, Learning(margin=told or margin)), Golden(network, program)
    try:
        for done in range(every, count + 1, every):
            x = rng.integers(-300, 300, (every, network.n_in)).astype(np.int16)
            labels = (x[:, 0] > x[:, -1]) + rng.integers(2, size=every)  # half of them can be told from the inputs

            def give(number: int, x: Int16 = x) -> None:
                core.write(*golden.inputs(x[number]))

            steps(core, labels.tolist(), before=give)
            learner.learn(x, labels, margin, engine=learn_classes_compiled)
            if found := tables_differ(core, compile_network(learner.now(), BOARD)) or counts_differ(core, learner.output.rows):
                return f"after {done} samples: {found}"
        return None if moved(learner.output.rows) else "hardly anything was learned"
    finally:
        core.close()


@pytest.mark.parametrize(("count", "every"), [(4_000, 1_000), pytest.param(1_000_000, 50_000, marks=pytest.mark.slow)])
def test_a_text(count: int, every: int) -> None:
    assert text_differs(count=count, every=every) is None


@pytest.mark.parametrize(("count", "every"), [(2_000, 1_000), pytest.param(60_000, 5_000, marks=pytest.mark.slow)])
def test_samples(count: int, every: int) -> None:
    assert classes_differ(count=count, every=every) is None


def test_another_step_is_found() -> None:
    assert str(text_differs(count=1_000, every=1_000, told=2)).startswith("after 1000 steps: beat ")


def test_another_margin_is_found() -> None:
    assert str(classes_differ(count=1_000, every=1_000, told=65535)).startswith("after 1000 samples: beat ")
