"""The learning rule of recurrent networks: compiled and reference to the last bit, and what must always hold."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from golden.integer.file import file_bytes, load
from golden.integer.layer import Layer, NetworkError, TableGroup
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.shipped import find_network
from golden.learning.compiled import learn_compiled
from golden.learning.grown import grow, original
from golden.learning.reference import learn_reference
from golden.learning.rule import Rates, Turn
from golden.learning.text import PARTS, TextLearner
from golden.model.anchors import random_anchors

from ..helpers import make_deep, make_layer
from .learners import SYMBOLS, difference, make_network, random_text

CASES = [
    # bits, below, streams, steps, draws, all layers, rates
    (8, 8, 1, 4, 4, True, (3, 4, 1)),
    (8, 0, 2, 3, 1, True, (2, 2, 0)),
    (4, 4, 3, 8, 2, True, (4, 5, 3)),
    (4, 12, 1, 1, 8, True, (5, 4, 2)),
    (4, 0, 1, 5, 1, True, (6, 6, 6)),
    (8, 4, 1, 2, 4, True, (-3, -4, -5)),
    (8, 2, 1, 2, 4, True, (24, 24, 24)),
    (4, 4, 1, 8, 1, False, (5, 0, 0)),
    (8, 8, 2, 8, 4, False, (2, 0, 0)),
    (4, 1, 2, 8, 8, False, (12, 0, 0)),
]


def learned(rng, engine, case, *, length=60, seed=7):
    bits, below, streams, steps, draws, all_layers, rates = case
    learner = TextLearner.start(make_network(rng, bits=bits, zero=bool(seed % 2)), below=below, streams=streams, seed=seed)
    symbols = rng.integers(0, len(SYMBOLS), (streams, length)).astype(np.int32)
    turn = learner.turn(Rates(output=rates[0], hidden=rates[1], embed=rates[2]), steps=steps, draws=draws, everything=all_layers)
    learner.learn(symbols, turn, engine=engine)
    return learner


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_compiled_and_reference_are_equal_to_the_bit(case, seed):
    one, two = (learned(np.random.default_rng(seed), engine, case, seed=seed) for engine in (learn_reference, learn_compiled))
    assert difference(one, two) == ""
    assert one.output.rows.counts[0] > 0 or case[-1][0] > 10


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, 300))])
def test_random_networks_learn_the_same(everything, seed):
    found = []
    for engine in (learn_reference, learn_compiled):
        learner, symbols, turn = random_text(seed, everything=everything)
        learner.learn(symbols, turn, engine=engine)
        found.append(learner)
    assert difference(*found) == ""


def test_one_flipped_bit_is_found():
    one, two = (learned(np.random.default_rng(1), engine, CASES[0]) for engine in (learn_reference, learn_compiled))
    assert difference(one, two) == ""
    for name in PARTS:
        other = copy.deepcopy(two)
        other.words()[name].words[1, 2] ^= 1
        right = one.words()[name].words[1, 2]
        assert difference(one, other) == f"{name}.words at (1, 2): {right} and {right ^ 1}"
    later = copy.deepcopy(one)
    later.generator[0] ^= 1
    turn = later.turn(Rates(output=3, hidden=4, embed=1), steps=4, draws=4, everything=True)
    more = np.zeros((1, 8), np.int32)
    for learner in (one, later):
        learner.learn(more, turn, engine=learn_compiled)
    assert " at (" in difference(one, later)


def example(*, rates: Rates, everything: bool) -> tuple[TextLearner, Turn]:
    """docs/reference/learning-rule.md, "Examples by hand"."""
    hidden, output = (
        Layer(groups=(TableGroup(anchors=np.array([[pair]], np.int16), tables=np.array([rows], np.int8)),))
        for pair, rows in (((0, 1), [[0, 4], [10, -6]]), ((1, 0), [[0, 32], [24, -8]]))
    )
    embed = np.array([[3, -5], [-2, 7]], np.int8)
    network = RecurrentNetwork(n=2, hidden=(hidden,), output=output, embed=embed, frac=3, out_frac=4, symbols=(97, 98))
    learner = TextLearner.start(network.validate(), below=4, seed=1)
    assert learner.embed.words.tolist() == [[56, -72], [-24, 120]]
    return learner, learner.turn(rates, steps=2, draws=1, everything=everything)


@pytest.mark.parametrize("engine", [learn_reference, learn_compiled])
def test_the_example_of_all_layers(engine):
    learner, turn = example(rates=Rates(output=2, hidden=1, embed=0), everything=True)
    assert (turn.output, turn.hidden, turn.embed, turn.output_gradient, turn.hidden_gradient) == (6, -8, -7, 10, -3)
    learner.learn(np.array([[0, 1, 1]], np.int32), turn, engine=engine)
    assert learner.output.rows.words.tolist() == [[136, 392], [392, -120]]
    assert learner.hidden.rows.words.tolist() == [[8, 200], [168, -88]]
    assert learner.embed.words.tolist() == [[56, 184], [-24, 120]]
    assert learner.latencies.tolist() == [[8, 1]]
    assert learner.pending.tolist() == [[1]]
    assert learner.generator[0] == 0x19F91CB2


@pytest.mark.parametrize("engine", [learn_reference, learn_compiled])
def test_the_example_of_output_tables_alone(engine):
    learner, turn = example(rates=Rates(output=7), everything=False)
    assert (turn.output, turn.steps) == (1, 1)
    for symbol, state, h, line in (
        (0, 0x4080601, [3, -1], [8, 520]),
        (1, 0x1255994F, [8, 1], [10, 518]),
        (1, 0x2C6F5BD0, [8, 1], [12, 516]),
    ):
        learner.learn(np.array([[symbol]], np.int32), turn, engine=engine)
        assert learner.generator[0] == state
        assert learner.latencies.tolist() == [h]
        assert learner.output.rows.words.tolist() == [line, [392, -120]]
    assert learner.hidden.rows.words.tolist() == [[8, 72], [168, -88]]


@pytest.mark.parametrize("case", CASES[:5], ids=str)
@pytest.mark.parametrize("engine", [learn_reference, learn_compiled])
def test_no_word_leaves_its_range(case, engine):
    learner = learned(np.random.default_rng(4), engine, (*case[:-1], (-8, -8, -8)), length=100)
    for name, words in learner.words().items():
        assert int(words.words.min()) >= learner.formats[name].low
        assert int(words.words.max()) <= learner.formats[name].high
        assert words.counts[1] > 0
    learner.now()  # is a valid network


@pytest.mark.parametrize("engine", [learn_reference, learn_compiled])
def test_rates_of_zero_change_nothing(engine):
    network = make_network(np.random.default_rng(5))
    learner = TextLearner.start(network, below=4)
    before = [words.words.copy() for words in learner.words().values()]
    turn = learner.turn(Rates(output=None), steps=4, draws=2, everything=True)
    learner.learn(np.random.default_rng(5).integers(0, 5, (1, 50)).astype(np.int32), turn, engine=engine)
    assert all(np.array_equal(one, words.words) for one, words in zip(before, learner.words().values(), strict=True))
    assert [int(words.counts[0]) for words in learner.words().values()] == [0, 0, 0]
    assert learner.latencies.any()
    now = learner.now()
    assert all(np.array_equal(array, now.arrays()[name]) for name, array in network.arrays().items())


@pytest.mark.parametrize("cut", [1, 3, 4, 17, 49])
@pytest.mark.parametrize("all_layers", [True, False])
def test_a_stream_is_the_sequence_of_its_parts(cut, all_layers):
    rng = np.random.default_rng(6)
    network = make_network(rng, bits=4)
    symbols = rng.integers(0, 5, (2, 50)).astype(np.int32)
    whole, part = (TextLearner.start(network, below=4, streams=2) for _ in range(2))
    turn = whole.turn(Rates(output=4, hidden=4, embed=2), steps=4, draws=2, everything=all_layers)
    whole.learn(symbols, turn, engine=learn_compiled)
    part.learn(symbols[:, :cut], turn, engine=learn_compiled)
    again = TextLearner.resumed(part.now(), part.arrays())
    again.learn(symbols[:, cut:], turn, engine=learn_compiled)
    for name in PARTS:
        assert np.array_equal(whole.words()[name].words, again.words()[name].words)
    assert whole.generator[0] == again.generator[0]
    assert np.array_equal(whole.latencies, again.latencies)
    assert np.array_equal(whole.pending, again.pending)


def test_the_forward_pass_is_that_of_the_network():
    """With nothing learned, h goes as a text state's does."""
    network = load(find_network("shakespeare"))
    symbols = np.random.default_rng(8).integers(0, 64, (1, 33)).astype(np.int32)
    learner = TextLearner.start(network, below=4)
    learner.learn(symbols, learner.turn(Rates(output=None), steps=8, draws=1, everything=True), engine=learn_compiled)
    state = network.start()
    for symbol in symbols[0, :-1].tolist():
        state.update(symbol)
    assert np.array_equal(state.latencies, learner.latencies[0])


def test_all_layers_learn_a_text():
    rng = np.random.default_rng(9)
    learner = TextLearner.start(replace(make_network(rng, n=24, zero=True), frac=5, out_frac=5), below=8)
    text = np.tile(np.array([0, 1, 2, 3, 0, 1, 4, 2], np.int32), 500)[None]
    for rates in (None, 5):
        turn = learner.turn(Rates(output=4, hidden=rates, embed=rates and 3), steps=4, draws=4, everything=True)
        learner.learn(text, turn, engine=learn_compiled)
    state = learner.now().start()
    right = 0
    for symbol in text[0, :160].tolist():
        right += int(state.outputs().argmin()) == symbol
        state.update(symbol)
    assert right > 120


def test_what_cannot_learn_is_refused():
    rng = np.random.default_rng(1)
    network = make_network(rng)
    with pytest.raises(NetworkError, match="only recurrent text networks learn from text, and this is of kind deep"):
        TextLearner.start(make_deep(rng), below=4)
    with pytest.raises(NetworkError, match=r"frac of 0\.\.15, not -1"):
        TextLearner.start(replace(network, frac=-1), below=4)
    with pytest.raises(NetworkError, match="at most 16 in all, not int8\\+9"):
        TextLearner.start(network, below=9)
    with pytest.raises(NetworkError, match="output can't learn: with its jitter it could reach"):
        TextLearner.start(replace(network, output=make_layer(rng, n=12, n_out=5, shapes=[(20, 1)], shift=3), out_frac=11), below=4)
    learner = TextLearner.start(network, below=2)
    for name, wrong in (
        ("below", np.array([2, 2, 3], np.int16)),
        ("hidden", learner.arrays()["output"]),
        ("embed", np.full((5, 12), 4, np.uint16)),
        ("latencies", np.zeros((0, 12), np.int16)),
        ("latencies", np.zeros((1, 11), np.int16)),
        ("pending", np.zeros((2, 1), np.int32)),
        ("pending", np.array([[5]], np.int32)),
        ("generator", np.zeros(1, np.uint32)),
        ("generator", np.zeros(1, np.int64)),
    ):
        with pytest.raises(NetworkError, match=rf"learn\.{name} must"):
            TextLearner.resumed(network, learner.arrays() | {name: wrong})


@pytest.mark.parametrize("word", ["5,4", "5,4,x", "5,4,25", "-9,1,1", "", "5,4,1,1"])
def test_rates_are_three_numbers(word):
    with pytest.raises(ValueError, match="must be"):
        Rates.named(word)
    assert str(Rates.named("-2,-,3")) == "-2,-,3"


def grown_learner(seed: int, *, streams: int = 2) -> TextLearner:
    """A random network with new output tables, which learn alone."""
    rng = np.random.default_rng(seed)
    network = make_network(rng, bits=int(rng.choice([4, 8])))
    anchors = random_anchors(n_t=int(rng.integers(1, 5)), n_c=int(rng.integers(1, 5)), n=network.n, rng=rng)
    larger = grow(network, layer="output", tables=anchors, pairs=None, name="old")
    return TextLearner.start(larger, below=4, streams=streams, seed=seed + 1, first=network.output.n_t)


@pytest.mark.parametrize("rate", [3, 6, 14])
@pytest.mark.parametrize("seed", range(4))
def test_new_output_tables_learn_alone(seed, rate):
    found = []
    for engine in (learn_reference, learn_compiled):
        learner = grown_learner(seed)
        before = learner.output.rows.words.copy()
        symbols = np.random.default_rng(seed).integers(0, 5, (2, 40)).astype(np.int32)
        learner.learn(symbols, learner.turn(Rates(output=rate), steps=1, draws=2, everything=False), engine=engine)
        changed = np.flatnonzero((learner.output.rows.words != before).any(axis=1))
        low = learner.output.flat.low[learner.output.first]
        assert len(changed) > 0 or rate > 10
        assert (changed >= low).all()
        assert learner.output.learns().words.shape[0] == len(before) - low
        assert file_bytes(original(learner.now())) == file_bytes(original(grown_learner(seed).now()))
        found.append(learner)
    assert difference(*found) == ""
    found[1].output.rows.words[0, 0] ^= 1 << 4
    assert difference(*found) != ""
    with pytest.raises(NetworkError, match="more than its new tables was changed"):
        original(found[1].now())


def test_learning_of_new_tables_goes_on_from_its_arrays():
    whole, part = grown_learner(3), grown_learner(3)
    symbols = np.random.default_rng(3).integers(0, 5, (2, 40)).astype(np.int32)
    turn = whole.turn(Rates(output=4), steps=1, draws=1, everything=False)
    whole.learn(symbols, turn, engine=learn_compiled)
    part.learn(symbols[:, :17], turn, engine=learn_compiled)
    again = TextLearner.resumed(part.now(), part.arrays(), first=part.output.first)
    again.learn(symbols[:, 17:], turn, engine=learn_compiled)
    assert np.array_equal(whole.output.rows.words, again.output.rows.words)


def test_tables_that_do_not_learn_need_no_room_to():
    """Of 300 tables of small entries not all could learn."""
    network = make_network(np.random.default_rng(2))
    tables = np.ones((300, 2, 5), np.int8)
    group = TableGroup(anchors=np.tile(np.array([[[0, 1]]], np.int16), (300, 1, 1)), tables=tables)
    many = replace(network, output=Layer(groups=(group,)))
    larger = grow(many, layer="output", tables=np.array([[[0, 1]]], np.int16), pairs=None, name="old")
    with pytest.raises(NetworkError, match="output can't learn: its 301 tables could sum to 38227"):
        TextLearner.start(larger, below=4)
    assert TextLearner.start(larger, below=4, first=300).output.first == 300
