"""What networks for signals are trained for: losses against sums, gradients against finite differences."""

import numpy as np
import pytest

from golden.tasks.signals.goals import EachStep, Goal, WholeSignal

LENGTHS = np.array([5, 2, 4])
CHOSEN = np.array([2, 0, 1])


def scores_of(count: int) -> np.ndarray:
    scores = np.random.default_rng(0).normal(size=(3, 5, count)).astype(np.float32)
    for found, length in zip(scores, LENGTHS, strict=True):
        found[length:] = 0
    return scores


def each_step() -> EachStep:
    rng = np.random.default_rng(1)
    targets = [rng.normal(size=(length, 2)).astype(np.float32) for length in (2, 4, 5)]
    targets[2][1] = np.nan
    targets[1][3, 0] = np.nan
    return EachStep(targets=targets)


GOALS = {
    "whole signal": WholeSignal(targets=np.eye(3, dtype=np.float32)),
    "each step": each_step(),
}


@pytest.mark.parametrize("goal", GOALS.values(), ids=GOALS)
def test_gradients_are_finite_differences(goal: Goal) -> None:
    scores = scores_of(goal.count)
    _, change = goal.loss(scores, LENGTHS, CHOSEN)
    for place in np.ndindex(scores.shape):
        if place[1] >= LENGTHS[place[0]]:
            assert change[place] == 0
            continue
        losses = []
        for move in (0.01, -0.01):
            moved = scores.copy()
            moved[place] += move
            losses.append(goal.loss(moved, LENGTHS, CHOSEN)[0])
        assert change[place] == pytest.approx((losses[0] - losses[1]) / 0.02, abs=2e-4)


def test_steps_without_a_target_cost_nothing() -> None:
    goal, scores = each_step(), scores_of(2)
    due = [goal.targets[number] for number in CHOSEN]
    errors = [found[:length] - target for found, length, target in zip(scores, LENGTHS, due, strict=True)]
    steps = sum(int((~np.isnan(error)).any(axis=1).sum()) for error in errors)
    assert steps == 10  # of 11, one has no target at all
    assert goal.loss(scores, LENGTHS, CHOSEN)[0] == pytest.approx(sum(0.5 * np.nansum(error**2) for error in errors) / steps)
    scores[0, 1] += 5  # where nothing is due
    assert goal.loss(scores, LENGTHS, CHOSEN)[0] == pytest.approx(sum(0.5 * np.nansum(error**2) for error in errors) / steps)
