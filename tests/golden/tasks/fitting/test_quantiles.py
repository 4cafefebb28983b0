import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golden.integer.layer import NetworkError
from golden.tasks.fitting.quantiles import LEVELS, MISSING, REFERENCES, Quantiles, bounds_of_card

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float), min_size=1, max_size=60)


@given(NUMBERS, NUMBERS)
def test_order_is_kept_and_values_of_the_training_part_differ(seen, new):
    quantiles = Quantiles.fit(np.array([seen]).T)
    values = np.array([sorted(seen + new)]).T
    latencies = quantiles.latencies(values)[:, 0]
    assert (np.diff(latencies) >= 0).all()
    assert 0 <= latencies[0] <= latencies[-1] <= LEVELS
    own = quantiles.latencies(np.array([sorted(set(seen))]).T)[:, 0]
    assert (np.diff(own) > 0).all()
    assert own[0] == 0
    assert own[-1] == (LEVELS if len(own) > 1 else 0)


def test_many_values_are_spread_evenly():
    values = np.random.default_rng(0).lognormal(size=(100_000, 1))
    latencies = Quantiles.fit(values).latencies(values)[:, 0]
    counts = np.bincount(latencies, minlength=LEVELS + 1)
    assert counts.min() > 350
    assert counts.max() < 480


def test_a_value_that_is_common_has_a_latency_of_its_own():
    values = np.concatenate([np.zeros(9000), np.random.default_rng(0).normal(size=1000)])[:, None]
    quantiles = Quantiles.fit(values)
    latency = quantiles.latencies(np.array([[-1e-3], [0.0], [1e-3]]))[:, 0]
    assert latency[0] <= latency[1] <= latency[2]
    assert quantiles.latencies(np.array([[-0.5]])) < latency[1] < quantiles.latencies(np.array([[0.5]]))


def test_what_is_missing_comes_after_all_references_that_numbers_reach():
    quantiles = Quantiles.fit(np.array([[1.0, np.nan], [2.0, np.nan]]))
    np.testing.assert_array_equal(quantiles.latencies(np.array([[np.nan, 5.0], [9.0, np.nan]])), [[MISSING, 0], [LEVELS, MISSING]])
    assert LEVELS < REFERENCES[-1] < MISSING


def test_a_map_goes_through_lists():
    quantiles = Quantiles.fit(np.random.default_rng(1).normal(size=(30, 2)))
    again = Quantiles.read([edges.tolist() for edges in quantiles.edges])
    x = np.random.default_rng(2).normal(size=(100, 2))
    np.testing.assert_array_equal(quantiles.latencies(x), again.latencies(x))
    with pytest.raises(ValueError, match="the bounds of input 1 must be"):
        Quantiles.read([[1.0], [2.0, 2.0]])


@given(NUMBERS, NUMBERS)
@example([sys.float_info.max, -sys.float_info.max], [0.0])
@example([-sys.float_info.max], [0.0])
def test_what_lies_beyond_has_latencies_of_its_own(seen, new):
    quantiles = Quantiles.reaching(np.array([seen]).T)
    (edges,) = quantiles.edges
    assert np.isfinite(edges).all()
    assert (edges[1:] > edges[:-1]).all()
    assert 1 <= len(edges) <= LEVELS
    latencies = quantiles.latencies(np.array([sorted(seen + new)]).T)[:, 0]
    assert (np.diff(latencies) >= 0).all()
    inside = quantiles.latencies(np.array([sorted(set(seen))]).T)[:, 0]
    assert (np.diff(inside) > 0).all()
    assert inside[-1] < LEVELS
    assert (quantiles.latencies(np.array([[value] for value in new if value > max(seen)]).reshape(-1, 1)) == LEVELS).all()
    assert (quantiles.latencies(np.array([[value] for value in new if value < min(seen)]).reshape(-1, 1)) == 0).all()
    if min(seen) > -np.finfo(float).max:
        assert inside[0] > 0


def test_half_of_the_bounds_are_as_far_apart():
    values = np.random.default_rng(0).lognormal(size=(50_000, 1))
    (edges,) = Quantiles.reaching(values).edges
    assert len(edges) == LEVELS
    above = (edges > np.median(values)).mean()
    assert above > 0.7  # by ranks alone it were half
    (ranks,) = Quantiles.fit(values).edges
    assert (ranks > np.median(values)).mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([[1.0], "two"], "the bounds of input 1 must be a list of numbers"),
        ([[True]], "the bounds of input 0 must be a list of numbers"),
        ([[2.0, 1.0]], f"the bounds of input 0 must be at most {LEVELS} finite numbers that rise"),
        ([[10**400]], f"the bounds of input 0 must be at most {LEVELS} finite numbers that rise"),
        ([[0.0] * (LEVELS + 1)], f"the bounds of input 0 must be at most {LEVELS} finite numbers that rise"),
    ],
)
def test_bounds_of_a_hostile_card(edges, message):
    with pytest.raises(NetworkError, match=f"^card field inputs.edges: {message}$"):
        bounds_of_card(edges)
    assert bounds_of_card([[1.0, 2.0], []]).latencies(np.array([[1.5, 3.0]])).shape == (1, 2)
