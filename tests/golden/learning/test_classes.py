"""The margin rule: compiled and reference to the last bit, an example by hand, and what must always hold."""

from dataclasses import replace

import numpy as np
import pytest

from golden.integer.deep import DeepNetwork, deep_outputs
from golden.integer.file import file_bytes
from golden.integer.forward import earliest
from golden.integer.layer import Layer, NetworkError, TableGroup
from golden.learning.classes import ClassLearner
from golden.learning.compiled_classes import learn_classes_compiled
from golden.learning.grown import grow, original
from golden.learning.reference_classes import learn_classes_reference
from golden.model.anchors import random_anchors

from ..helpers import make_deep, make_layer
from .learners import difference, random_classes

ENGINES = (learn_classes_reference, learn_classes_compiled)


def make(rng, *, bits=8, shift=0, hidden=True):
    network = make_deep(rng)
    output = make_layer(rng, n=10, n_out=5, shapes=[(4, 2), (3, 3)], bits=bits, shift=shift)
    return replace(network, hidden=network.hidden if hidden else (), output=output).validate()


def samples(rng, count=80):
    return rng.integers(-200, 200, (count, 8)).astype(np.int16), rng.integers(0, 5, count).astype(np.int32)


@pytest.mark.parametrize(("bits", "below", "shift"), [(8, 0, 0), (8, 8, 1), (4, 0, 3), (4, 2, 0), (4, 12, 2)])
@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_and_reference_are_equal_to_the_bit(bits, below, shift, seed):
    found = []
    for engine in ENGINES:
        rng = np.random.default_rng(seed)
        learner = ClassLearner.start(make(rng, bits=bits, shift=shift, hidden=seed == 1), below=below)
        learner.learn(*samples(rng), learner.margin() + 5, engine=engine)
        assert learner.output.rows.counts[0] > 0
        found.append(learner)
    assert difference(*found) == ""
    right = found[0].output.rows.words[1, 2]
    found[1].output.rows.words[1, 2] ^= 1
    assert difference(*found) == f"output.words at (1, 2): {right} and {right ^ 1}"


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, 300))])
def test_random_networks_learn_the_same(seed):
    found = []
    for engine in ENGINES:
        learner, x, labels, margin = random_classes(seed)
        learner.learn(x, labels, margin, engine=engine)
        found.append(learner)
    assert difference(*found) == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_no_word_leaves_its_range(engine):
    rng = np.random.default_rng(5)
    learner = ClassLearner.start(make(rng, bits=4, hidden=False), below=1)
    x, labels = samples(rng, 500)
    learner.learn(x, labels, 500, engine=engine)
    words = learner.output.rows
    assert (int(words.words.min()), int(words.words.max())) == (-14, 15)
    assert words.counts[1] > 0
    learner.now()  # is a valid network


@pytest.mark.parametrize("engine", ENGINES)
def test_the_example_of_the_page(engine):
    tables = np.array([[[4, -3], [0, 7]]], np.int8)
    output = Layer(groups=(TableGroup(anchors=np.array([[[0, 1]]], np.int16), tables=tables),), bits=4)
    learner = ClassLearner.start(DeepNetwork(n=2, output=output).validate(), below=2)
    assert learner.output.rows.words.tolist() == [[18, -10], [2, 30]]
    x = np.array([[5, 9]], np.int16)
    learner.learn(x, np.zeros(1, np.int32), 1, engine=engine)
    assert learner.output.rows.words.tolist() == [[17, -9], [2, 30]]
    learner.learn(x[:, ::-1], np.zeros(1, np.int32), 8, engine=engine)
    assert learner.output.rows.words.tolist() == [[17, -9], [1, 31]]
    learner.learn(x[:, ::-1], np.zeros(1, np.int32), 8, engine=engine)
    assert learner.output.rows.words.tolist() == [[17, -9], [0, 31]]
    assert learner.output.rows.counts.tolist() == [6, 1]
    learner.learn(x[:, ::-1], np.zeros(1, np.int32), 7, engine=engine)  # 0 is not later than 7 - 7
    assert learner.output.rows.counts.tolist() == [6, 1]
    assert learner.now().output.groups[0].tables.tolist() == [[[4, -3], [0, 7]]]


def test_classes_are_learnt_and_resumed_from_arrays():
    rng = np.random.default_rng(3)
    network = make(rng, bits=4, hidden=False)
    x, labels = samples(rng, 300)
    labels = (x[:, 0] > x[:, 1]).astype(np.int32) + 2 * (x[:, 2] > x[:, 3]).astype(np.int32)
    whole, part = (ClassLearner.start(network, below=2) for _ in range(2))
    before = (earliest(deep_outputs(network, x)) == labels).mean()
    whole.learn(x, labels, 10, engine=learn_classes_compiled)
    part.learn(x[:111], labels[:111], 10, engine=learn_classes_compiled)
    again = ClassLearner.resumed(part.now(), part.arrays())
    again.learn(x[111:], labels[111:], 10, engine=learn_classes_compiled)
    assert np.array_equal(whole.output.rows.words, again.output.rows.words)
    assert (earliest(deep_outputs(whole.now(), x)) == labels).mean() > before + 0.2


def test_what_cannot_learn_is_refused():
    rng = np.random.default_rng(1)
    wide = make_layer(rng, n=10, n_out=5, shapes=[(70, 1)], bits=4, shift=3)
    small = tuple(replace(group, tables=np.zeros_like(group.tables)) for group in wide.groups)
    with pytest.raises(NetworkError, match="output can't learn: its 70 tables could sum to 71120, the limit is 32767"):
        ClassLearner.start(replace(make(rng), output=replace(wide, groups=small, bits=8)), below=0)
    with pytest.raises(NetworkError, match="at most 16 in all, not int8\\+9"):
        ClassLearner.start(make(rng), below=9)
    learner = ClassLearner.start(make(rng), below=2)
    with pytest.raises(NetworkError, match=r"a class must be 0\.\.4"):
        learner.learn(samples(rng)[0], np.full(80, 5, np.int32), 1, engine=learn_classes_reference)
    rest = learner.arrays()
    rest["output"][0, 0] = 4
    with pytest.raises(NetworkError, match=r"learn\.output must be uint16 below 4"):
        ClassLearner.resumed(learner.now(), rest)
    with pytest.raises(NetworkError, match=r"learn\.passes must be one number of 0 or more, int64"):
        ClassLearner.resumed(learner.now(), learner.arrays() | {"passes": np.array([-1], np.int64)})


def test_new_output_tables_learn_alone():
    found = []
    for engine in ENGINES:
        rng = np.random.default_rng(4)
        network = make(rng)
        larger = grow(network, layer="output", tables=random_anchors(n_t=3, n_c=3, n=10, rng=rng), pairs=None, name="old")
        learner = ClassLearner.start(larger, below=2, first=network.output.n_t)
        assert learner.margin() == 2
        learner.learn(*samples(rng), 60, engine=engine)
        assert learner.output.rows.counts[0] > 0
        assert learner.now().output.groups[-1].tables.any()
        assert file_bytes(original(learner.now())) == file_bytes(network)
        found.append(learner)
    assert difference(*found) == ""
    found[0].output.rows.words[0, 0] ^= 1 << 2
    with pytest.raises(NetworkError, match="more than its new tables was changed"):
        original(found[0].now())
