"""The NumPy layer against loops over the paper's equations, and the property that keeps latencies from exploding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.model.layer import backward, forward, look, slope, uncertainty
from golden.model.rnn import Rnn, window_pass

from ..helpers import make_float_layer


def loop_forward(layer, x):
    """Eq. 1-3, one bit at a time."""
    y = np.zeros((len(x), layer.n_out), np.float64)
    for b in range(len(x)):
        for group in layer.groups:
            for i in range(group.n_t):
                j = 0
                for r in range(group.n_c):
                    a, c = group.anchors[i, r]
                    if x[b, a] - x[b, c] > 0:
                        j += 2**r
                y[b] += group.tables[i, j]
    return y


def loop_backward(layer, x, grad):
    """Eq. 5-8, one table at a time."""
    dx = np.zeros(x.shape, np.float64)
    d_tables = [np.zeros(group.tables.shape, np.float64) for group in layer.groups]
    for b in range(len(x)):
        for g, group in enumerate(layer.groups):
            for i in range(group.n_t):
                differences = [float(x[b, a]) - float(x[b, c]) for a, c in group.anchors[i]]
                j = sum(2**r for r, u in enumerate(differences) if u > 0)
                r = min(range(group.n_c), key=lambda k: abs(differences[k]))
                u = differences[r]
                jbar = j ^ (1 << r)
                gain = float(np.dot(grad[b], group.tables[i, jbar].astype(np.float64) - group.tables[i, j]))
                sign = 1 if u > 0 else -1
                change = -0.5 * sign / (1 + abs(u)) ** 2 * gain
                a, c = group.anchors[i, r]
                dx[b, a] += change
                dx[b, c] -= change
                d_tables[g][i, j] += grad[b]
    return dx, d_tables


def test_forward_and_backward_equal_the_loops(rng):
    layer = make_float_layer(rng, n=9, n_out=6, shapes=[(4, 3), (2, 5)])
    x = rng.normal(size=(20, 9)).astype(np.float32)
    grad = rng.normal(size=(20, 6)).astype(np.float32)
    y, looks = forward(layer, x)
    assert np.allclose(y, loop_forward(layer, x), atol=1e-5)
    dx, d_tables = backward(layer, looks, grad, n=9)
    wanted_dx, wanted_tables = loop_backward(layer, x, grad)
    assert np.allclose(dx, wanted_dx, atol=1e-5)
    for found, wanted in zip(d_tables, wanted_tables, strict=True):
        assert np.allclose(found, wanted, atol=1e-5)
    layer.groups[0].tables[0] += 0.01  # negative control
    assert not np.allclose(forward(layer, x)[0], y, atol=1e-5)


def test_a_tie_gives_bit_0_and_the_slope_of_a_negative_difference():
    anchors = np.array([[[0, 1], [2, 3]]], np.int16)
    x = np.array([[1.0, 1.0, 5.0, 2.0]], np.float32)
    seen = look(anchors, x)
    assert seen.row[0, 0] == 0b10
    assert seen.other[0, 0] == 0b11
    assert seen.nearest[0, 0] == 0
    assert slope(np.zeros(1))[0] == 0.5
    assert uncertainty(np.zeros(1))[0] == 0.5
    assert slope(np.array([1.0]))[0] == -0.125


def test_slope_is_the_derivative_of_uncertainty():
    u = np.array([-3.0, -0.5, 0.25, 2.0])
    step = 1e-6
    assert np.allclose((uncertainty(u + step) - uncertainty(u - step)) / (2 * step), slope(u), atol=1e-6)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 20), n_out=st.integers(1, 9), n_t=st.integers(1, 6), n_c=st.integers(1, 6))
def test_the_gradient_of_a_latency_vector_has_zero_mean(seed, n, n_out, n_t, n_c):
    rng = np.random.default_rng(seed)
    layer = make_float_layer(rng, n=n, n_out=n_out, shapes=[(n_t, n_c)])
    x = rng.normal(size=(4, n))
    _, looks = forward(layer, x)
    dx, _ = backward(layer, looks, rng.normal(size=(4, n_out)), n=n)
    assert np.abs(dx.sum(axis=1)).max() < 1e-9


def test_the_gradient_follows_the_surrogate(rng):
    """Eq. 4 differentiated numerically, where no index changes."""
    layer = make_float_layer(rng, n=8, n_out=4, shapes=[(5, 3)])
    x = rng.normal(size=(1, 8))
    grad = rng.normal(size=(1, 4))

    def surrogate(point):
        total = 0.0
        for group in layer.groups:
            seen = look(group.anchors, point)
            for i in range(group.n_t):
                used, other = group.tables[i, seen.row[0, i]].astype(np.float64), group.tables[i, seen.other[0, i]].astype(np.float64)
                total += grad[0] @ (used + uncertainty(seen.u[:, i])[0] * (other - used))
        return total

    _, looks = forward(layer, x)
    dx, _ = backward(layer, looks, grad, n=8)
    step = 1e-7
    for k in range(8):
        up, down = x.copy(), x.copy()
        up[0, k] += step
        down[0, k] -= step
        assert (surrogate(up) - surrogate(down)) / (2 * step) == pytest.approx(dx[0, k], abs=1e-5)


def test_jitter_flips_the_nearest_bit_as_often_as_it_should(rng):
    anchors = np.array([[[0, 1], [2, 3]]], np.int16)
    x = np.tile(np.array([[0.5, 0.0, 9.0, 0.0]], np.float32), (20000, 1))
    seen = look(anchors, x, jitter=0.6, rng=rng)
    flipped = seen.used != seen.row
    assert set(np.unique(seen.used)) == {0b11, 0b10}
    assert flipped.mean() == pytest.approx(0.6 * 0.5 / 1.5, abs=0.01)
    assert np.array_equal(look(anchors, x).used, look(anchors, x).row)
    with pytest.raises(ValueError, match="jitter needs a generator"):
        look(anchors, x, jitter=0.6)


def test_the_gradient_through_time_is_the_chain_of_surrogates(rng):
    """dL/dh_0 over two steps of the rnn against Jacobians of the surrogate (Eq. 4) taken by differences, at fixed indices."""
    n = 8
    hidden, output = make_float_layer(rng, n=n, n_out=n, shapes=[(3, 2)]), make_float_layer(rng, n=n, n_out=4, shapes=[(4, 2)])
    model = Rnn(embed=rng.normal(size=(4, n)).astype(np.float32), hidden=hidden, output=output)
    h, tokens = rng.normal(size=(1, n)), np.array([[2, 0, 3]])

    def jacobian(layer, point):
        group = layer.groups[0]
        seen, step, tables = look(group.anchors, point), 1e-6, np.arange(layer.groups[0].n_t)
        change = group.tables[tables, seen.other[0]].astype(float) - group.tables[tables, seen.row[0]]
        weights = [[uncertainty(look(group.anchors, point + side * e).u[0]) for side in (1, -1)] for e in np.eye(n)[:, None] * step]
        return np.array([(up - down) @ change for up, down in weights]) / (2 * step)  # (n, n_out)

    states, to_logits = [h], []
    for t in (0, 1):
        states.append(forward(hidden, states[-1])[0] + model.embed[tokens[0, t]])
        logits = forward(output, states[-1])[0][0]
        to_logits.append((np.exp(logits) / np.exp(logits).sum() - np.eye(4)[tokens[0, t + 1]]) / 2)
    wanted = np.zeros(n)
    for t in (1, 0):
        at_state = jacobian(output, states[t + 1]) @ to_logits[t] + wanted
        wanted = jacobian(hidden, states[t]) @ at_state
    _, gradients, _ = window_pass(model, h, tokens)
    assert np.allclose(gradients.h[0], wanted, atol=1e-5)
    assert np.abs(wanted).max() > 1e-3
