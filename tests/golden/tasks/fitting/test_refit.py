from dataclasses import replace

import numpy as np
import pytest

from golden.model.adam import Adam
from golden.model.layer import FloatGroup, FloatLayer, backward, forward
from golden.tasks.fitting.aims import SOFTMAX, SQUARES, softmax
from golden.tasks.fitting.refit import Refit, _padded, _pass, refit


def problem(seed, n_t=6, n_c=3, classes=4, batch=60):
    rng = np.random.default_rng(seed)
    anchors = np.stack([rng.permutation(10)[: 2 * n_c].reshape(n_c, 2) for _ in range(n_t)]).astype(np.int16)
    tables = rng.normal(size=(n_t, 1 << n_c, classes)).astype(np.float32)
    x = rng.integers(-5, 6, (batch, 10)).astype(np.int16)
    target = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, batch)]
    return FloatGroup(anchors=anchors, tables=tables), x, target


def reference(group, x, target, aim=SOFTMAX):
    """By the plain NumPy equations of golden/model/layer.py."""
    layer = FloatLayer(groups=(group,))
    scores, looks = forward(layer, x.astype(np.float32))
    found = scores if aim is SQUARES else softmax(scores)
    loss = 0.5 * ((scores - target) ** 2).sum(axis=1).mean() if aim is SQUARES else -(target * np.log(found)).sum(axis=1).mean()
    _, (gradient,) = backward(layer, looks, (found - target) / len(x), n=x.shape[1])
    return loss, gradient


def loss_and_gradient(group, x, target, aim=SOFTMAX):
    """Mean loss, and its gradient by the tables; no jitter."""
    gradient = _padded(np.zeros_like(group.tables))
    state, used = np.ones(1, np.uint32), np.empty(group.n_t, np.int64)
    samples = np.arange(len(x))
    anchors = group.anchors.astype(np.uint32)
    loss = _pass(_padded(group.tables), anchors, x, target, samples, aim.squares, 1.0, 0.0, 0.0, state, used, gradient)
    return float(loss), gradient[..., : group.tables.shape[2]]


@pytest.mark.parametrize("aim", [SOFTMAX, SQUARES], ids=["softmax", "squares"])
@pytest.mark.parametrize("outputs", [4, 15, 16, 40])
def test_compiled_gradient_is_that_of_the_equations(outputs, aim):
    group, x, target = problem(0, classes=outputs)
    loss, gradient = loss_and_gradient(group, x, target, aim)
    expected_loss, expected = reference(group, x, target, aim)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-5)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)
    group.tables[2, 5, 1] += 0.5
    assert np.abs(reference(group, x, target, aim)[1] - gradient).max() > 1e-4  # it can tell
    other = SOFTMAX if aim is SQUARES else SQUARES
    assert np.abs(loss_and_gradient(group, x, target, other)[1] - gradient).max() > 1e-4


SETTINGS = Refit(epochs=20, adam=Adam(rate=0.05), batch=16, jitter=0.3, drop=0.1)


def trained(settings, seed=1):
    group, x, target = problem(3)
    refit(group, lambda epoch: (x, target), settings, latency_unit=1.0, rng=np.random.default_rng(seed))
    return group, loss_and_gradient(group, x, target)[0]


def test_fitting_lowers_the_loss_and_is_seeded():
    group, x, target = problem(3)
    before = loss_and_gradient(group, x, target)[0]
    first, after = trained(SETTINGS)
    assert after < 0.5 * before
    np.testing.assert_array_equal(first.tables, trained(SETTINGS)[0].tables)
    assert not np.array_equal(first.tables, trained(SETTINGS, seed=2)[0].tables)


def test_rounding_in_training_beats_rounding_after_it():
    plain = replace(SETTINGS, epochs=40, jitter=0.0, drop=0.0)
    unit = 1.0

    def rounded_loss(group):
        _, x, target = problem(3)
        tables = (np.clip(np.rint(group.tables / unit), -7, 7) * unit).astype(np.float32)
        return loss_and_gradient(FloatGroup(anchors=group.anchors, tables=tables), x, target)[0]

    aware = trained(replace(plain, unit=unit))[0]
    assert np.abs(aware.tables).max() <= 7 * unit
    assert rounded_loss(aware) < rounded_loss(trained(plain)[0])


def test_jitter_and_dropping_change_the_training():
    plain = trained(replace(SETTINGS, jitter=0.0, drop=0.0))[0].tables
    for settings in (replace(SETTINGS, drop=0.0), replace(SETTINGS, jitter=0.0)):
        assert not np.array_equal(plain, trained(settings)[0].tables)


def test_a_request_to_stop_keeps_the_tables_so_far():
    x, target = problem(3)[1:]

    def tables(epochs, stop):
        group, heard = problem(3)[0], []

        def tick(loss):
            heard.append(loss)
            return len(heard) == stop

        settings = replace(SETTINGS, epochs=epochs, adam=Adam(rate=0.05))
        stopped = refit(group, lambda epoch: (x, target), settings, latency_unit=1.0, rng=np.random.default_rng(0), tick=tick)
        assert stopped == (len(heard) == stop)
        assert len(heard) == min(epochs, stop)
        return group.tables

    assert not np.array_equal(tables(20, 3), problem(3)[0].tables)
    assert not np.array_equal(tables(20, 3), tables(20, 4))
    np.testing.assert_array_equal(tables(20, 3), tables(20, 3))
    np.testing.assert_array_equal(tables(20, 20), tables(20, 21))
