"""The losses: their slopes beside differences, and what an error is."""

import numpy as np
import pytest

from golden.tasks.fitting.aims import SOFTMAX, SQUARES, softmax


def problem():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(6, 3)).astype(np.float32)
    return scores, {SOFTMAX: np.eye(3, dtype=np.float32)[rng.integers(0, 3, 6)], SQUARES: rng.normal(size=(6, 3)).astype(np.float32)}


@pytest.mark.parametrize("aim", [SOFTMAX, SQUARES], ids=["softmax", "squares"])
def test_the_slope_is_that_of_the_loss(aim):
    scores, targets = problem()
    target, step = targets[aim], 1e-2
    slope, curvature = aim.slope(scores, target)
    for sample, output in np.ndindex(*scores.shape):
        up, down = scores.copy(), scores.copy()
        up[sample, output] += step
        down[sample, output] -= step
        difference = (aim.loss(up, target) - aim.loss(down, target)) / (2 * step) * len(scores)
        assert -slope[sample, output] == pytest.approx(difference, abs=2e-3)
    assert np.abs(slope).max() > 0.1
    assert (curvature > 0).all()
    terms = aim.terms(scores, target)
    np.testing.assert_array_equal(terms[:, :3], slope)
    np.testing.assert_array_equal(terms[:, -1], curvature)
    assert terms.shape == (6, 16)
    assert not terms[:, 3:-1].any()


def test_errors_are_none_where_all_is_right():
    _, targets = problem()
    assert SOFTMAX.error(targets[SOFTMAX], targets[SOFTMAX]) == 0
    assert SOFTMAX.error(-targets[SOFTMAX], targets[SOFTMAX]) == 1
    assert SQUARES.error(targets[SQUARES], targets[SQUARES]) == 0
    assert SQUARES.error(targets[SQUARES] + 2, targets[SQUARES]) == pytest.approx(4)


def test_softmax_sums_to_one():
    p = softmax(np.array([[1000.0, 999.0, -1000.0]], np.float32))
    assert p.sum() == pytest.approx(1.0)
    assert p[0, 0] == pytest.approx(1 / (1 + np.exp(-1)))
