"""The compiled layer against the NumPy equations of golden/model/layer.py."""

import numpy as np
import pytest

from golden.compiled.layer import Seen, flatten, layer_back, layer_forward, softmax
from golden.model.layer import FloatLayer, backward, forward, uncertainty
from golden.model.rnn import cross_entropy

from ..helpers import make_float_layer

N, BATCH, STEPS = 9, 3, 7


@pytest.fixture
def layer(rng: np.random.Generator) -> FloatLayer:
    return make_float_layer(rng, n=N, n_out=6, shapes=[(5, 3), (2, 5), (1, 1)])


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(BATCH, STEPS, N)).astype(np.float32)


def seen_by(layer: FloatLayer, x: np.ndarray, *, jitter: float = 0.0) -> tuple[np.ndarray, Seen]:
    rows, flat = flatten(layer)
    y, seen = np.zeros((*x.shape[:2], layer.n_out), np.float32), Seen.room(*x.shape[:2], layer.n_t)
    state = np.random.default_rng(5).integers(1, 1 << 32, (len(x), layer.n_t), dtype=np.uint32)
    layer_forward(0, len(x), rows, flat, x, y, np.float32(jitter), state, seen)
    return y, seen


def test_forward_and_backward_equal_the_numpy_layer(layer, x, rng):
    rows, flat = flatten(layer)
    y, seen = seen_by(layer, x)
    wanted, looks = forward(layer, x.reshape(-1, N))
    assert np.allclose(y.reshape(wanted.shape), wanted, atol=1e-5)
    row = np.concatenate([look.row for look in looks], axis=1)
    assert np.array_equal(seen.row.reshape(row.shape), row)
    assert np.array_equal(seen.used, flat.low + seen.row)
    grad, dx = rng.normal(size=y.shape).astype(np.float32), rng.normal(size=x.shape).astype(np.float32)
    before = dx.copy()
    layer_back(0, BATCH, rows, flat, seen, grad, dx)
    wanted_dx, _ = backward(layer, looks, grad.reshape(wanted.shape), n=N)
    assert np.allclose((dx - before).reshape(wanted_dx.shape), wanted_dx, atol=1e-5)  # added to what was there
    assert not np.allclose(dx, before, atol=1e-3)


def test_outputs_are_added_to_what_is_there(layer, x):
    rows, flat = flatten(make_float_layer(np.random.default_rng(0), n=N, n_out=N, shapes=[(5, 3)]))
    y = x.copy()
    layer_forward(0, 2, rows, flat, y, y, np.float32(0), np.ones((BATCH, 5), np.uint32), Seen.room(BATCH, STEPS, 5))
    change, _ = forward(make_float_layer(np.random.default_rng(0), n=N, n_out=N, shapes=[(5, 3)]), x.reshape(-1, N))
    assert np.allclose((y - x)[:2], change.reshape(x.shape)[:2], atol=1e-5)
    assert np.array_equal(y[2:], x[2:])  # a stream that was not asked for


def test_jitter_flips_the_nearest_bit_as_often_as_it_should(layer, rng):
    x = rng.normal(size=(60, 80, N)).astype(np.float32)
    _, seen = seen_by(layer, x, jitter=0.6)
    low = flatten(layer)[1].low
    flipped = seen.used != low + seen.row
    assert np.array_equal(seen.used[flipped], (low + (seen.row ^ seen.flip))[flipped])
    assert flipped.mean() == pytest.approx(np.mean(0.6 * uncertainty(seen.diff)), abs=0.01)
    assert np.array_equal(seen_by(layer, x)[1].row, seen.row)


def test_softmax_equals_the_numpy_one(rng):
    logits = rng.normal(0, 3, (BATCH, STEPS, 6)).astype(np.float32)
    tokens = rng.integers(0, 6, (BATCH, STEPS + 1)).astype(np.int32)
    losses, grad = np.full(BATCH, 9.0), logits.copy()
    softmax(0, BATCH, grad, tokens, np.float32(0.5), losses)
    for k in range(BATCH):
        loss, wanted = cross_entropy(logits[k].astype(np.float64), tokens[k, 1:])
        assert losses[k] == pytest.approx(loss, rel=1e-4)
        assert np.allclose(grad[k], wanted / 2, atol=1e-4)
