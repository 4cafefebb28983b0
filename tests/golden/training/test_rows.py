"""Rows under training: rounding, and layers of which each table has its first pairs so far."""

import numpy as np
import pytest

from golden.compiled.adam import Update
from golden.compiled.layer import flatten
from golden.model.adam import Adam, adam_step
from golden.model.grow import cut
from golden.model.layer import FloatLayer, forward
from golden.training.rows import LayerRows, Rows, embedder
from golden.training.workers import direct

from ..helpers import make_float_layer, row_gradient

N = 12
UPDATE = Update(0.01, 0.9, 0.99, 1e-8, 1, False)


@pytest.fixture
def layer(rng: np.random.Generator) -> FloatLayer:
    return make_float_layer(rng, n=N, n_out=5, shapes=[(3, 4), (2, 2)])


def learnt(layer: FloatLayer, *, depth: int, rng: np.random.Generator) -> tuple[LayerRows, np.ndarray, np.ndarray]:
    """Rows after one step, the rows used and the gradient of it."""
    rows = LayerRows.of(layer, depth=depth)
    tables = zip(rows.flat.low, rows.flat.size, strict=True)
    used = np.stack([rng.integers(low, low + size, (4, 6)) for low, size in tables], axis=2).astype(np.int32)
    grad = rng.normal(size=(4, 6, 5)).astype(np.float32)
    rows.update(direct, used, grad, UPDATE)
    return rows, used, grad


def test_rounding_keeps_the_weights(rng):
    weights = rng.normal(size=(6, 5)).astype(np.float32)
    rows = Rows.of(weights)
    assert rows.used is rows.weights
    assert rows.weights is not weights
    rows.round(0.25, 3)
    assert np.array_equal(rows.used, np.clip(np.rint(weights * 4), -3, 3) / 4)
    assert np.array_equal(rows.weights, weights)
    assert (rows.compiled().unit, rows.compiled().limit) == (0.25, 3.0)


@pytest.mark.parametrize("unit", [0.0, 0.25])
def test_each_row_and_all_that_belongs_to_it_is_put_through(rng, unit):
    rows = Rows.of(rng.normal(size=(6, 5)).astype(np.float32))
    rows.first[:], rows.second[:] = rng.normal(size=(2, 6, 5))
    if unit:
        rows.round(unit, 7)
    twice = rows.each(lambda array: np.repeat(array, 2, axis=0))
    for name in ("weights", "used", "first", "second"):
        array = getattr(twice, name)
        assert np.array_equal(array[::2], getattr(rows, name))
        assert np.array_equal(array[1::2], getattr(rows, name))
        assert array.ctypes.data % 64 == 0
    assert (twice.used is twice.weights) == (unit == 0)
    assert (twice.unit, twice.limit) == (rows.unit, rows.limit)


def test_an_update_is_one_step_of_adam(layer, rng):
    rows, used, grad = learnt(layer, depth=4, rng=rng)
    wanted = flatten(layer)[0].astype(np.float64)
    moments = np.zeros(wanted.shape), np.zeros(wanted.shape)
    adam_step(wanted, row_gradient(layer, used, grad), *moments, step=1, rate=0.01, adam=Adam())
    assert np.allclose(rows.rows.weights, wanted, atol=1e-5)
    assert not np.allclose(rows.rows.weights, flatten(layer)[0], atol=1e-3)


@pytest.mark.parametrize("to", [3, 4])
def test_a_deeper_layer_says_the_same_when_it_is_written(layer, rng, to):
    rows, *_ = learnt(layer, depth=2, rng=rng)
    x = rng.normal(size=(50, N))
    assert rows.rows.weights.shape == (5 << 2, 5)
    shallow = LayerRows(layer=cut(layer, 2), depth=2, flat=rows.flat, rows=rows.rows)
    shallow.write()
    wanted, _ = forward(shallow.layer, x)
    rows.deepen(to)
    assert rows.rows.weights.shape == ((3 << to) + (2 << 2), 5)
    assert rows.flat.size.tolist() == [1 << to] * 3 + [4] * 2
    rows.write()  # all pairs, however many there are so far
    assert np.allclose(forward(layer, x)[0], wanted, atol=1e-5)
    layer.groups[0].tables[:, -4:] += 1  # negative control
    assert not np.allclose(forward(layer, x)[0], wanted, atol=1e-5)


def test_moments_and_rounding_are_copied_with_their_rows(layer, rng):
    rows, *_ = learnt(layer, depth=2, rng=rng)
    rows.rows.round(0.25, 7)
    before = rows.rows
    rows.deepen(3)
    for name in ("weights", "used", "first", "second"):
        old, new = getattr(before, name)[:12].reshape(3, 4, 5), getattr(rows.rows, name)[:24].reshape(3, 8, 5)
        assert np.array_equal(new, np.concatenate([old, old], axis=1))
    assert (rows.rows.unit, rows.rows.limit) == (0.25, 7.0)


def test_an_embedder_is_a_table_that_symbols_address(rng):
    embed = rng.normal(size=(7, 5)).astype(np.float32)
    rows = embedder(embed)
    tokens = np.array([[0, 3, 3], [6, 0, 3]], np.int32)
    rows.update(direct, tokens[:, :, None], np.ones((2, 3, 5), np.float32), UPDATE)
    found = rows.rows.first[:, 0] * 10
    assert found == pytest.approx([2, 0, 0, 3, 0, 0, 1], rel=1e-5)
    assert np.array_equal(rows.rows.weights[1], embed[1])
