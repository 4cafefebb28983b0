"""The card of a classifier of numbers, read from a file that somebody may have changed."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.integer.layer import NetworkError
from golden.tasks.classes.card import card_of, read_card
from golden.tasks.classes.quantiles import Quantiles

QUANTILES = Quantiles.fit(np.random.default_rng(0).normal(size=(50, 3)))
CARD = json.loads(
    json.dumps(card_of(QUANTILES, np.array(["a", "b"]), names=np.array(["x", "y", "z"]), parameters={"tables": 4, "pairs": 2}))
)


def test_what_is_written_is_read():
    fitted = read_card(CARD, inputs=3, outputs=2)
    assert all(np.array_equal(a, b) for a, b in zip(fitted.quantiles.edges, QUANTILES.edges, strict=True))
    assert (fitted.labels.tolist(), fitted.names, fitted.parameters) == (["a", "b"], ["x", "y", "z"], {"tables": 4, "pairs": 2})


WRONG = [
    ("task", "digits", "card field task must be classify, not 'digits'"),
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


def changed(where, value):
    card = copy.deepcopy(CARD)
    *path, last = where.split(".")
    place = card
    for name in path:
        place = place[name]
    place[last] = value
    return card


@pytest.mark.parametrize(("where", "value", "sentence"), WRONG)
def test_a_changed_field_is_named(where, value, sentence):
    with pytest.raises(NetworkError) as caught:
        read_card(changed(where, value), inputs=3, outputs=2)
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
    assert fitted.quantiles.latencies(np.zeros((1, 3))).shape == (1, 3)
    assert len(fitted.labels) == 2
