"""What is on the frontier, what is picked of it, and the errors it goes by."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from polychron.tuning.costs import Cost
from polychron.tuning.errors import Error, unexplained, wrong
from polychron.tuning.shapes import Shape
from polychron.tuning.tried import Found, Tried, frontier, picked, trained


def found(tables: int, error: float, size: int, clocks: int, *, high: float = 1.0) -> Found:
    return Found(shape=Shape(tables, 1, 1), errors=(Error(error, 0.0, high),), cost=Cost(size, clocks))


def check(every: Sequence[Found], kept: Sequence[Found]) -> None:
    """That ``kept`` is the frontier, by its definition."""
    measures = [one.measures for one in every]
    for one in every:
        beaten = any(other != one.measures and all(np.array(other) <= one.measures) for other in measures)
        assert (one.measures in [other.measures for other in kept]) != beaten
    assert [one.measures for one in kept] == sorted({one.measures for one in kept})
    for one in kept:  # of equal ones the first
        assert one.shape.tables == 1 + measures.index(one.measures)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=30))
def test_the_frontier_is_what_no_other_beats(measures):
    every = [found(number, *one) for number, one in enumerate(measures, start=1)]
    kept = frontier(every)
    check(every, kept)
    beaten = [one for one in every if one not in kept]
    for wrong_one in [kept[1:], kept[:-1], *(sorted([*kept, one], key=lambda one: one.measures) for one in beaten)] if kept else []:
        with pytest.raises(AssertionError):
            check(every, wrong_one)


def test_what_is_picked_is_not_clearly_worse_than_the_best():
    best = found(1, 0.10, 900, 90, high=0.15)
    small, quick = found(2, 0.15, 100, 80), found(3, 0.14, 200, 70)
    worse = found(4, 0.16, 10, 10)
    some = frontier([worse, quick, small, best])
    assert [picked(some, pick) for pick in ("best", "smallest", "fastest")] == [best, small, quick]
    assert [picked([best], pick) for pick in ("best", "smallest", "fastest")] == [best] * 3


def test_only_what_was_trained_to_the_end_counts():
    shape, cost, errors = Shape(1, 1, 1), Cost(1, 1), (Error(0.1, 0, 1),)
    given_up = Tried(shape=shape, cost=cost, errors=errors, reason="given up")
    refused = Tried(shape=shape, cost=None, reason="full")
    whole = Tried(shape=shape, cost=cost, errors=errors)
    assert trained([given_up, refused, whole]) == [Found(shape=shape, errors=errors, cost=cost)]


def test_the_share_of_wrong_labels():
    due, told = np.array(["a", "bb", "a", "bb"]), np.array(["a", "a", "a", "a"])
    assert wrong(due, told).value == 0.5
    assert wrong(due, due)[:2] == (0.0, 0.0)
    low, high = wrong(np.zeros(263), np.arange(263) < 81)[1:]  # Newcombe, Statistics in Medicine 17, 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize("targets", [1, 3])
def test_the_share_of_the_variance_that_is_not_explained(targets):
    rng = np.random.default_rng(1)
    due = rng.normal(size=(200, targets)) * 10.0 ** np.arange(targets)
    told = due + rng.normal(size=due.shape) * 0.5 * 10.0 ** np.arange(targets)
    error = unexplained(due, told)
    assert error.value == pytest.approx(1 - r2_score(due, told), rel=1e-9)
    assert error.low < error.value < error.high < 2 * error.value
    assert unexplained(due, due) == (0.0, 0.0, 0.0)
    assert str(Error(0.1234, 0.1, 0.2)) == "12.34 % (10.00 to 20.00 %)"
