"""Eq. 10: gradients through the residual layers, training, and the integer network."""

import numpy as np
import pytest

from golden.integer.deep import deep_forward
from golden.integer.forward import earliest
from golden.model.adam import Adam, adam_step, cosine
from golden.model.anchors import random_anchors
from golden.model.arrays import deep_from_arrays
from golden.model.deep import Deep, deep_pass
from golden.model.layer import forward, look, uncertainty

from ..helpers import make_float_layer


def test_gradients_of_tables_are_the_losses_derivatives(rng):
    """In the rows used the loss is smooth, so they are checked by differences; with one layer no index depends on a table."""
    model = Deep(n=8, hidden=(), output=make_float_layer(rng, n=8, n_out=3, shapes=[(4, 2)]))
    x, labels = rng.normal(size=(5, 8)), rng.integers(0, 3, 5)
    _, gradients, _ = deep_pass(model, x, labels)
    tables = model.output.groups[0].tables
    for _ in range(10):
        where = tuple(int(rng.integers(size)) for size in tables.shape)
        before = tables[where]
        tables[where] = before + 0.01
        up = deep_pass(model, x, labels)[0]
        tables[where] = before - 0.01
        down = deep_pass(model, x, labels)[0]
        tables[where] = before
        assert (up - down) / 0.02 == pytest.approx(gradients[0][0][where], abs=1e-3)


def test_the_gradient_passes_a_residual_layer_as_the_surrogate_says(rng):
    """dL/dx of S then U against differences of both layers' surrogates (Eq. 4), at fixed indices."""
    model = Deep(
        n=8, hidden=(make_float_layer(rng, n=8, n_out=8, shapes=[(3, 2)]),), output=make_float_layer(rng, n=8, n_out=3, shapes=[(4, 2)])
    )
    x, labels = rng.normal(size=(1, 8)), np.array([1])
    _, _, dx = deep_pass(model, x, labels)

    def soft(layer, point):
        group = layer.groups[0]
        seen = look(group.anchors, point)
        rows = group.tables[np.arange(group.n_t), seen.row[0]].astype(float)
        others = group.tables[np.arange(group.n_t), seen.other[0]]
        return (uncertainty(seen.u[0])[:, None] * (others - rows)).sum(axis=0)

    step = 1e-6
    state = x + forward(model.hidden[0], x)[0]
    logits = forward(model.output, state)[0][0]
    p = np.exp(logits) / np.exp(logits).sum()
    p[1] -= 1
    moves = np.eye(8)[:, None] * step
    from_output = np.array([p @ (soft(model.output, state + e) - soft(model.output, state - e)) for e in moves]) / (2 * step)
    through = np.array([from_output @ (soft(model.hidden[0], x + e) - soft(model.hidden[0], x - e)) for e in moves]) / (2 * step)
    assert np.allclose(dx[0], from_output + through, atol=1e-4)
    assert abs(dx.sum()) < 1e-6


def train_deep(
    model: Deep, x: np.ndarray, labels: np.ndarray, *, steps: int, batch: int = 64, jitter: float = 0.3, adam: Adam, seed: int = 0
) -> list[float]:
    """Mini-batch Adam with a cosine schedule, in place; the loss of each step in nats. The same seed gives the same tables."""
    rng = np.random.default_rng(seed)
    moments = [[(np.zeros_like(g.tables), np.zeros_like(g.tables)) for g in layer.groups] for layer in model.layers]
    losses = []
    for step in range(1, steps + 1):
        chosen = rng.integers(0, len(x), batch)
        loss, gradients, _ = deep_pass(model, x[chosen], labels[chosen], jitter=jitter, rng=rng)
        rate = adam.rate * cosine(step / steps, step=step, warm=20)
        for layer, d_layer, m_layer in zip(model.layers, gradients, moments, strict=True):
            for group, grad, (first, second) in zip(layer.groups, d_layer, m_layer, strict=True):
                adam_step(group.tables, grad, first, second, step=step, rate=rate, adam=adam)
        losses.append(loss)
    return losses


def test_a_deep_network_learns_and_survives_rounding(rng):
    """Is the largest of three inputs before the reference neuron's latency? Three classes and 'none'."""
    x = np.concatenate([rng.integers(-40, 40, (3000, 6)), np.full((3000, 1), 10), rng.integers(-1, 1, (3000, 1)) * 0 - 20], axis=1)
    labels = np.where(x[:, :3].max(axis=1) > 10, x[:, :3].argmax(axis=1), 3)
    anchors = [random_anchors(n_t=16, n_c=4, n=8, rng=rng) for _ in range(2)]
    model = Deep.start(n=8, hidden=(anchors[0],), output=anchors[1], classes=4, n_ref=2)
    losses = train_deep(model, x / 8, labels, steps=250, adam=Adam(rate=0.02))
    assert losses[0] == pytest.approx(np.log(4), abs=1e-3)
    assert np.mean(losses[-20:]) < 0.35
    assert not model.hidden[0].groups[0].tables[..., 6:].any()
    constants = np.array([10, -20], np.int16)
    network = deep_from_arrays(n=8, hidden=model.hidden, output=model.output, unit=1 / 8, constants=constants)
    right = earliest(deep_forward(network, x[:, :6].astype(np.int16)).states[-1]) == labels
    assert right.mean() > 0.88
    again = Deep.start(n=8, hidden=(anchors[0],), output=anchors[1], classes=4, n_ref=2)
    assert train_deep(again, x / 8, labels, steps=20, adam=Adam(rate=0.02)) != losses[:20]
