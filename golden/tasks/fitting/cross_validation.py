"""What networks say of the samples that they were not trained on, for choices within the training part."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from ...model.layer import Floats
from ..asking import ask
from ..inputs import X
from .outputs.base import Answers, scores_of
from .training import Fit

FOLDS = 4

Indices = npt.NDArray[np.integer]
Train = Callable[[X, Answers], Fit]


def folds(answers: Answers, groups: Answers | None, *, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """At most :data:`FOLDS` pairs: samples to train on, and those that are left. Groups (samples,) stay whole; else labels (samples,) are
    stratified where all have samples enough. None where there are too few."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

    if groups is not None:
        count = min(FOLDS, len(np.unique(groups)))
        return iter(()) if count < 2 else GroupKFold(count).split(answers, groups=groups)
    if len(answers) < FOLDS:
        return iter(())
    kind = StratifiedKFold if np.unique(answers, return_counts=True)[1].min() >= FOLDS else KFold
    return kind(FOLDS, shuffle=True, random_state=seed).split(answers, answers)


def unseen(x: X, answers: Answers, groups: Answers | None, train: Train, *, seed: int) -> tuple[Floats, Answers] | None:
    """(samples, outputs) scores of each sample, by a network that ``train`` made without it, and its answer; None where a training was
    stopped or there are too few samples."""
    scores, due = [], []
    for some, rest in folds(answers, groups, seed=seed):
        fit = train(x[some], answers[some])
        if fit.stopped:
            return None
        outputs = ask(fit.network, fit.fitted.latencies(x[rest]))
        scores.append(scores_of(outputs, unit=2.0**-fit.network.out_frac))
        due.append(answers[rest])
    return (np.concatenate(scores), np.concatenate(due)) if scores else None
