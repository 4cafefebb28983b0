"""The compiled Adam against the plain one; rounding; rows that a mini-batch does not use."""

import numpy as np
import pytest

from golden.compiled.adam import Update, Weights, adam_tables
from golden.compiled.layer import Flat, flatten
from golden.model.adam import Adam, adam_step

from ..helpers import make_float_layer, row_gradient

N = 12


def weights_of(rows: np.ndarray, *, used: np.ndarray | None = None, unit: float = 0.0, limit: float = 0.0) -> Weights:
    return Weights(rows, rows if used is None else used, np.zeros_like(rows), np.zeros_like(rows), unit, limit)


def update(rate: float, step: int, *, touched: bool = False) -> Update:
    adam = Adam()
    return Update(rate, adam.beta1, adam.beta2, adam.epsilon, step, touched)


def drawn(rng: np.random.Generator, flat: Flat) -> np.ndarray:
    """(4, 6, n_t) rows used."""
    tables = zip(flat.low, flat.size, strict=True)
    return np.stack([rng.integers(low, low + size, (4, 6)) for low, size in tables], axis=2).astype(np.int32)


def test_compiled_adam_equals_the_numpy_one(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 2), (2, 3)])
    rows, flat = flatten(layer)
    weights, wanted = weights_of(rows), rows.astype(np.float64)
    moments = [np.zeros(rows.shape), np.zeros(rows.shape)]
    for step in (1, 2, 3):
        used, grad = drawn(rng, flat), rng.normal(size=(4, 6, 5)).astype(np.float32)
        adam_tables(0, 5, weights, flat.low, flat.size, used, grad, update(0.01, step))
        adam_step(wanted, row_gradient(layer, used, grad), *moments, step=step, rate=0.01, adam=Adam())
    assert np.allclose(rows, wanted, atol=1e-5)
    assert not np.allclose(rows, flatten(layer)[0], atol=1e-3)


def test_tables_outside_the_piece_stand_still(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 2), (2, 3)])
    rows, flat = flatten(layer)
    before = rows.copy()
    adam_tables(1, 4, weights_of(rows), flat.low, flat.size, drawn(rng, flat), np.ones((4, 6, 5), np.float32), update(0.01, 1))
    same = (rows == before).all(axis=1)
    low, high = flat.low[1], flat.low[4]
    assert same[:low].all()
    assert same[high:].all()
    assert not same[low:high].all()


def test_rounded_rows_are_multiples_within_the_width(rng):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(3, 2)])
    rows, flat = flatten(layer)
    used_rows = np.zeros_like(rows)
    used = np.broadcast_to(flat.low, (1, 1, 3)).astype(np.int32)
    weights = weights_of(rows, used=used_rows, unit=0.0625, limit=7.0)
    adam_tables(0, 3, weights, flat.low, flat.size, used, np.zeros((1, 1, 5), np.float32), update(0.0, 1))
    assert np.array_equal(used_rows, np.clip(np.rint(flatten(layer)[0] / 0.0625), -7, 7) * 0.0625)
    assert np.abs(rows).max() <= 7 * 0.0625


@pytest.mark.parametrize("touched", [False, True])
def test_adam_on_touched_rows_leaves_the_others(rng, touched):
    layer = make_float_layer(rng, n=N, n_out=5, shapes=[(2, 3)])
    rows, flat = flatten(layer)
    before = rows.copy()
    weights = Weights(rows, rows, np.full_like(rows, 0.1), np.ones_like(rows), 0.0, 0.0)
    used = np.broadcast_to(flat.low + 1, (3, 4, 2)).astype(np.int32)
    grad = rng.normal(size=(3, 4, 5)).astype(np.float32)
    adam_tables(0, 2, weights, flat.low, flat.size, used, grad, update(0.01, 5, touched=touched))
    changed = (rows != before).any(axis=1)
    assert changed[flat.low + 1].all()
    assert changed.all() != touched
    assert changed.sum() == (2 if touched else len(rows))
