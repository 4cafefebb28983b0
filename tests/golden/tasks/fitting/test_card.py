"""The card of a network fitted to numbers, read from a file that somebody may have changed."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.integer.layer import NetworkError
from golden.tasks.fitting.card import Fitted, read_card
from golden.tasks.fitting.outputs.classes import Classes
from golden.tasks.fitting.outputs.rarity import Rarity
from golden.tasks.fitting.outputs.values import Values
from golden.tasks.fitting.quantiles import Quantiles
from golden.tasks.signals.classes import SignalClasses
from golden.tasks.signals.steps import Steps

QUANTILES = Quantiles.fit(np.random.default_rng(0).normal(size=(50, 3)))
OUTPUTS = {
    "classify": Classes(labels=np.array(["a", "b"])),
    "regress": Values(offset=np.array([0.5, -3e7]), scale=np.array([0.1, 0.0]), names=("u", "v")),
    "anomaly": Rarity(offset=-12.5),
}


def card_of(task, **changes):
    fitted = Fitted(inputs=QUANTILES, outputs=OUTPUTS[task], names=("x", "y", "z"), parameters={"tables": 4, "pairs": 2})
    return json.loads(json.dumps(replace(fitted, **changes).card()))


CARD, NUMBERS, RARITY = card_of("classify"), card_of("regress"), card_of("anomaly")
STEPS = Steps(edges=QUANTILES.edges, lags=2, timed=True)
SIGNALS = card_of("classify", inputs=STEPS, outputs=SignalClasses(labels=np.array(["a", "b"])), names=("x", "y"))


def test_what_is_written_is_read():
    fitted = read_card(CARD, inputs=3, outputs=2)
    assert all(np.array_equal(a, b) for a, b in zip(fitted.inputs.edges, QUANTILES.edges, strict=True))
    assert (fitted.names, fitted.parameters) == (("x", "y", "z"), {"tables": 4, "pairs": 2})
    assert fitted.outputs.labels.tolist() == ["a", "b"]
    found = read_card(NUMBERS, inputs=3, outputs=2).outputs
    assert (found.offset.tolist(), found.scale.tolist(), found.names) == ([0.5, -3e7], [0.1, 0.0], ("u", "v"))
    assert read_card(RARITY, inputs=3, outputs=1).outputs.offset == -12.5
    steps = read_card(SIGNALS, inputs=5, outputs=2).inputs
    assert (steps.lags, steps.timed, steps.columns, [len(edges) for edges in steps.edges]) == (2, True, 2, [49, 49, 49])
    nameless = card_of("regress", names=None, outputs=replace(OUTPUTS["regress"], names=None))
    assert (read_card(nameless, inputs=3, outputs=2).names, read_card(nameless, inputs=3, outputs=2).outputs.names) == (None, None)


def test_the_card_of_another_kind_is_refused_where_one_is_wanted():
    assert read_card(CARD, inputs=3, outputs=2, kinds=(Classes,)).names == ("x", "y", "z")
    with pytest.raises(NetworkError, match="card field task must be regress, not 'classify'"):
        read_card(CARD, inputs=3, outputs=2, kinds=(Values,))


WRONG = [
    ("task", "digits", "card field task must be classify or regress or anomaly or stream or forecast, not 'digits'"),
    ("inputs", None, "card fields inputs and parameters must be objects"),
    ("parameters", [], "card fields inputs and parameters must be objects"),
    ("inputs.levels", 255, "card field inputs must have 240 levels, and 256 where one is missing"),
    ("inputs.edges", [[1.0]], "card field inputs.edges must have the bounds of 3 inputs"),
    ("inputs.edges", [[1.0], [], [2, 1]], "the bounds of input 2 must be at most 240 finite numbers that rise"),
    ("inputs.edges", [[1.0], [], [float("nan")]], "the bounds of input 2 must be at most 240 finite numbers that rise"),
    ("inputs.edges", [[1.0], ["1"], []], "the bounds of input 1 must be a list of numbers"),
    ("inputs.edges", [[], [], list(range(241))], "the bounds of input 2 must be at most 240 finite numbers that rise"),
    ("inputs.edges", [[10**400], [], []], "the bounds of input 0 must be at most 240 finite numbers that rise"),
    ("inputs.names", ["x"], "card field inputs.names must have the names of 3 inputs"),
    ("labels", ["a"], "card field labels must have 2 texts or numbers, one for each output"),
    ("labels", ["a", None], "card field labels must have 2 texts or numbers, one for each output"),
    ("labels", ["a", "a"], "card field labels must name each label once"),
    ("label_type", "<i8", "card field label_type must be a type of NumPy that its labels have"),
    ("label_type", "M8[s]", "card field label_type must be a type of NumPy that its labels have"),
    ("label_type", "V9", "card field label_type must be a type of NumPy that its labels have"),
    ("label_type", 5, "card field label_type must be a type of NumPy that its labels have"),
]
WRONG_NUMBERS = [
    ("targets", [1], "card field targets must be an object"),
    ("targets.names", ["u"], "card field targets.names must have the names of 2 outputs"),
    ("targets.names", ["u", 1], "card field targets.names must have the names of 2 outputs"),
    ("targets.offset", [1.0], "card field targets.offset must have 2 numbers of at most 1e+100, one for each output"),
    ("targets.offset", [1.0, float("nan")], "card field targets.offset must have 2 numbers of at most 1e+100"),
    ("targets.offset", [1.0, True], "card field targets.offset must have 2 numbers of at most 1e+100"),
    ("targets.scale", [1.0, 10**400], "card field targets.scale must have 2 numbers of at most 1e+100"),
    ("targets.scale", [1.0, -1.0], "card field targets.scale must be 0 or more"),
    ("targets.scale", "12", "card field targets.scale must have 2 numbers of at most 1e+100"),
]
WRONG_STEPS = [
    ("inputs.lags", 0, "card field inputs.lags must be 1..64, not 0"),
    ("inputs.lags", True, "card field inputs.lags must be 1..64, not True"),
    ("inputs.timed", 1, "card fields inputs.timed and inputs.edges must be a truth value and a list"),
    ("inputs.lags", 3, "card fields inputs.edges, lags and timed must make 5 inputs, not 7"),
    ("inputs.edges", [[1.0]], "card fields inputs.edges, lags and timed must make 5 inputs, not 1"),
    ("inputs.edges", [[1.0], [], [2, 1]], "the bounds of input 2 must be at most 240 finite numbers that rise"),
    ("inputs.names", ["x", "y", "z"], "card field inputs.names must have the names of 2 inputs"),
    ("temperature", 0, "card field temperature must be 0.05..20.0, not 0"),
]
WRONG_RARITY = [
    ("anomaly.normal", ["a"], "card field anomaly.normal must be a text or a number"),
    ("anomaly", [1], "card field anomaly.offset must be a number of -32767..32767"),
    ("anomaly.offset", None, "card field anomaly.offset must be a number of -32767..32767"),
    ("anomaly.offset", float("nan"), "card field anomaly.offset must be a number of -32767..32767"),
    ("anomaly.offset", 10**400, "card field anomaly.offset must be a number of -32767..32767"),
    ("anomaly.offset", True, "card field anomaly.offset must be a number of -32767..32767"),
]


def changed(where, value, card=CARD):
    card = copy.deepcopy(card)
    *path, last = where.split(".")
    place = card
    for name in path:
        place = place[name]
    place[last] = value
    return card


@pytest.mark.parametrize(
    ("card", "where", "value", "sentence"), [(CARD, *wrong) for wrong in WRONG] + [(NUMBERS, *wrong) for wrong in WRONG_NUMBERS]
)
def test_a_changed_field_is_named(card, where, value, sentence):
    with pytest.raises(NetworkError) as caught:
        read_card(changed(where, value, card), inputs=3, outputs=2)
    assert sentence in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=5), some, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["task", "inputs", "inputs.levels", "inputs.edges", "inputs.names", "parameters", "labels", "label_type"]), JSON)
def test_whatever_stands_there_it_is_read_or_refused(where, value):
    try:
        fitted = read_card(changed(where, value), inputs=3, outputs=2)
    except NetworkError:
        return
    assert fitted.inputs.latencies(np.zeros((1, 3))).shape == (1, 3)
    assert len(fitted.outputs.labels) == 2


@pytest.mark.parametrize(("where", "value", "sentence"), WRONG_STEPS)
def test_a_changed_field_of_signals_is_named(where, value, sentence):
    with pytest.raises(NetworkError) as caught:
        read_card(changed(where, value, SIGNALS), inputs=5, outputs=2)
    assert sentence in str(caught.value)


@given(st.sampled_from(["inputs", "inputs.edges", "inputs.lags", "inputs.timed", "inputs.names", "labels"]), JSON)
def test_whatever_stands_in_a_card_of_signals_it_is_read_or_refused(where, value):
    try:
        fitted = read_card(changed(where, value, SIGNALS), inputs=5, outputs=2)
    except NetworkError:
        return
    assert fitted.latencies([np.zeros((4, 2))])[0].shape == (4, 5)


@pytest.mark.parametrize(("where", "value", "sentence"), WRONG_RARITY)
def test_a_changed_threshold_is_named(where, value, sentence):
    with pytest.raises(NetworkError) as caught:
        read_card(changed(where, value, RARITY), inputs=3, outputs=1)
    assert sentence in str(caught.value)


def test_how_rare_a_sample_is_takes_one_output():
    with pytest.raises(NetworkError, match="a network of task anomaly must have 1 output, not 2"):
        read_card(RARITY, inputs=3, outputs=2)


@given(st.sampled_from(["task", "anomaly", "anomaly.offset", "anomaly.normal"]), JSON)
def test_whatever_stands_there_of_a_threshold_it_is_read_or_refused(where, value):
    try:
        fitted = read_card(changed(where, value, RARITY), inputs=3, outputs=1)
    except NetworkError:
        return
    assert set(fitted.outputs.answers(np.array([[-32768], [32767]], np.int16), unit=1.0)) <= {1, -1}


@given(st.sampled_from(["task", "targets", "targets.offset", "targets.scale", "targets.names"]), JSON)
def test_whatever_stands_there_of_numbers_it_is_read_or_refused(where, value):
    try:
        fitted = read_card(changed(where, value, NUMBERS), inputs=3, outputs=2)
    except NetworkError:
        return
    assert np.isfinite(fitted.outputs.answers(np.full((1, 2), -32768, np.int16), unit=256.0)).all()
