"""Probabilities that can be believed: the error by hand, the temperature of draws whose temperature is known, and folds."""

import numpy as np
import pytest

from golden.integer.layer import NetworkError
from golden.tasks.fitting.aims import softmax
from golden.tasks.fitting.cross_validation import FOLDS, folds, unseen
from golden.tasks.fitting.outputs.calibration import best_temperature, calibration_error
from golden.tasks.fitting.outputs.classes import Classes


def test_the_error_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [1.0, 0.0]])
    labels = np.array([0, 1, 1, 0])
    # Bins of 0.9 (13), of 0.6 (9) and of 1 (14): 2 samples, half of them right; one right; one right.
    assert calibration_error(probabilities, labels) == pytest.approx((abs(1 - 1.8) + abs(1 - 0.6) + 0) / 4)
    assert calibration_error(probabilities, np.array([0, 1, 1, -1])) == pytest.approx((0.8 + 0.4 + 1) / 4)


def draws(temperature, count=20_000):
    """Labels that softmax(nats / temperature) gives their due."""
    rng = np.random.default_rng(0)
    nats = rng.normal(0, 4, (count, 5))
    uniform = rng.random((count, 1))
    return nats, (softmax(nats / temperature).cumsum(axis=1) > uniform).argmax(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1, 4, 10])
def test_the_temperature_of_draws_is_found(temperature):
    nats, labels = draws(temperature)
    found = best_temperature(nats, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert calibration_error(softmax(nats / found), labels) < 0.02
    if temperature > 2:  # as they stand they promise too much
        assert calibration_error(softmax(nats), labels) > 0.1


@pytest.mark.parametrize(
    ("nats", "labels", "expected"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), 1.0),
        (np.zeros((4, 1)), np.zeros(4, int), 1.0),
        (np.eye(3) * 0.2, np.arange(3), 0.05),
        (np.eye(3) * 1e6, np.arange(3)[::-1], 20.0),
    ],
)
def test_odd_samples_have_a_temperature_within_its_limits(nats, labels, expected):
    assert best_temperature(nats, labels) == pytest.approx(expected, rel=0.01)


def test_a_card_has_a_temperature_or_none():
    classes = Classes(labels=np.array(["a", "b"]))
    assert Classes.read(classes.fields(), count=2).temperature is None
    outputs = np.array([[0, -8]], np.int16)
    np.testing.assert_array_equal(classes.probabilities(outputs, unit=0.25), softmax(np.array([[0.0, 2.0]])))
    warm = Classes.read(classes.fields() | {"temperature": 2}, count=2)
    assert warm.fields()["temperature"] == 2
    np.testing.assert_array_equal(warm.probabilities(outputs, unit=0.25), softmax(np.array([[0.0, 1.0]])))
    for value in (0, -1, True, "2", None, [], float("nan"), float("inf"), 1 << 70):
        with pytest.raises(NetworkError, match=r"card field temperature must be 0\.05\.\.20\.0, not "):
            Classes.read(classes.fields() | {"temperature": value}, count=2)


def test_folds_hold_each_sample_out_once_and_groups_whole():
    labels = np.arange(40) % 2
    found = list(folds(labels, None, seed=0))
    assert len(found) == FOLDS
    assert sorted(np.concatenate([rest for _, rest in found])) == list(range(40))
    assert all(set(some).isdisjoint(rest) and labels[rest].sum() == 5 for some, rest in found)
    groups = np.array(["a", "b", "c"])[np.arange(40) % 3]
    for some, rest in folds(labels, groups, seed=0):
        assert set(groups[some]).isdisjoint(groups[rest])
    assert len(list(folds(labels, groups, seed=0))) == 3
    assert len(list(folds(np.arange(9), None, seed=0))) == FOLDS  # each class once
    assert list(folds(np.zeros(3, int), None, seed=0)) == list(folds(labels, np.zeros(40), seed=0)) == []


def test_too_few_samples_say_nothing():
    def train(x, answers):
        pytest.fail("trained")

    assert unseen(np.zeros((3, 1)), np.zeros(3, int), None, train, seed=0) is None
