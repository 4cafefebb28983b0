"""The compiled window of the recurrent network against the NumPy equations."""

from itertools import pairwise

import numpy as np
import pytest

from golden.compiled.layer import flatten
from golden.compiled.recurrent import LayerWindow
from golden.compiled.recurrent import window_pass as compiled_pass
from golden.model.layer import FloatGroup, FloatLayer
from golden.model.rnn import Rnn, window_pass

from ..helpers import make_float_rnn, row_gradient, rows_of

N, SYMBOLS = 12, 7


def room(layer: FloatLayer, batch: int, steps: int, rng: np.random.Generator) -> LayerWindow:
    rows, flat = flatten(layer)
    state = rng.integers(1, 1 << 32, (batch, layer.n_t), dtype=np.uint32)
    used, grad = np.empty((batch, steps, layer.n_t), np.int32), np.empty((batch, steps, layer.n_out), np.float32)
    return LayerWindow(rows, flat, state, used, grad)


def compiled_window(
    model: Rnn, h: np.ndarray, tokens: np.ndarray, *, jitter: float = 0.0, pieces: tuple[int, ...] = ()
) -> tuple[LayerWindow, LayerWindow, np.ndarray, np.ndarray]:
    """What is filled for the hidden and the output layer, the state after, the losses; streams computed in ``pieces``."""
    batch, steps = tokens.shape[0], tokens.shape[1] - 1
    rng = np.random.default_rng(5)
    hidden, output = (room(layer, batch, steps, rng) for layer in (model.hidden, model.output))
    state, losses = h.copy(), np.empty(batch)
    for low, high in pairwise((0, *pieces, batch)):
        compiled_pass(low, high, model.embed, hidden, output, state, tokens, np.float32(jitter), losses)
    return hidden, output, state, losses


def test_the_compiled_window_equals_the_numpy_one(rng):
    model = make_float_rnn(rng, n=N, n_sym=SYMBOLS)
    h = rng.normal(size=(4, N)).astype(np.float32)
    tokens = rng.integers(0, SYMBOLS, (4, 9)).astype(np.int32)
    hidden, output, after, losses = compiled_window(model, h, tokens)
    loss, gradients, state = window_pass(model, h, tokens)
    assert losses.sum() / (4 * 8) == pytest.approx(loss, rel=1e-4)
    assert np.allclose(after, state, atol=1e-5)
    assert np.allclose(row_gradient(model.hidden, hidden.used, hidden.grad), rows_of(gradients.hidden), atol=1e-5)
    assert np.allclose(row_gradient(model.output, output.used, output.grad), rows_of(gradients.output), atol=1e-5)
    d_embed = np.zeros((SYMBOLS, N))
    np.add.at(d_embed, tokens[:, :-1].reshape(-1), hidden.grad.reshape(-1, N))
    assert np.allclose(d_embed, gradients.embed, atol=1e-5)
    model.hidden.groups[0].tables[0] *= -1  # negative control
    changed, *_ = compiled_window(model, h, tokens)
    assert not np.allclose(changed.grad, hidden.grad, atol=1e-5)


def test_streams_do_not_depend_on_each_other(rng):
    model = make_float_rnn(rng, n=N, n_sym=SYMBOLS)
    h = rng.normal(size=(4, N)).astype(np.float32)
    tokens = rng.integers(0, SYMBOLS, (4, 9)).astype(np.int32)
    whole, pieces = (compiled_window(model, h, tokens, jitter=0.6, pieces=cuts) for cuts in ((), (1, 3)))
    for one, other in zip(whole[:2], pieces[:2], strict=True):
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("state", "used", "grad"))
    assert all(np.array_equal(one, other) for one, other in zip(whole[2:], pieces[2:], strict=True))
    assert not np.array_equal(whole[0].used, compiled_window(model, h, tokens)[0].used)


def test_compiled_jitter_flips_the_nearest_bit_as_often_as_it_should():
    anchors = np.array([[[0, 1], [2, 3]]], np.int16)
    zero = np.zeros((1, 4, 4), np.float32)
    model = Rnn(
        embed=np.array([[0.5, 0.0, 9.0, 0.0]], np.float32),
        hidden=FloatLayer(groups=(FloatGroup(anchors=anchors, tables=zero),)),
        output=FloatLayer(groups=(FloatGroup(anchors=anchors, tables=zero[:, :, :1]),)),
    )
    _, output, *_ = compiled_window(model, np.zeros((50, 4), np.float32), np.zeros((50, 401), np.int32), jitter=0.6)
    used = output.used.reshape(-1)
    assert set(used.tolist()) == {0b11, 0b10}
    assert np.mean(used == 0b10) == pytest.approx(0.6 * 0.5 / 1.5, abs=0.01)
