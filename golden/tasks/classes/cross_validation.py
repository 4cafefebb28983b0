"""What networks say of the samples that they were not trained on, for choices within the training part."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...integer.deep import deep_outputs
from ...model.layer import Floats
from .calibration import nats_of
from .classifier import Labels, Trained
from .quantiles import Numbers, Quantiles

FOLDS = 4

Indices = npt.NDArray[np.integer]
Train = Callable[[Numbers, Labels, Quantiles], Trained]


def folds(labels: Labels, groups: npt.NDArray[Any] | None, *, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """At most :data:`FOLDS` pairs: samples to train on, and those that are left. Groups (samples,) stay whole; else classes are
    stratified where all have samples enough. None where there are too few."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

    if groups is not None:
        count = min(FOLDS, len(np.unique(groups)))
        return iter(()) if count < 2 else GroupKFold(count).split(labels, groups=groups)
    if len(labels) < FOLDS:
        return iter(())
    kind = StratifiedKFold if np.unique(labels, return_counts=True)[1].min() >= FOLDS else KFold
    return kind(FOLDS, shuffle=True, random_state=seed).split(labels, labels)


def unseen(x: Numbers, labels: Labels, groups: npt.NDArray[Any] | None, train: Train, *, seed: int) -> tuple[Floats, Labels] | None:
    """(samples, classes) nats of each sample, by a network that ``train`` made without it, and the labels; None where a training was
    stopped or there are too few samples."""
    nats, due = [], []
    for some, rest in folds(labels, groups, seed=seed):
        quantiles = Quantiles.fit(x[some])
        trained = train(x[some], labels[some], quantiles)
        if trained.stopped:
            return None
        outputs = deep_outputs(trained.network, quantiles.latencies(x[rest]))
        nats.append(nats_of(trained.network, outputs))
        due.append(labels[rest])
    return (np.concatenate(nats), np.concatenate(due)) if nats else None
