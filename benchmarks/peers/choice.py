"""Choosing a model by cross-validation of the part that is trained on."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from .data import Integers

FOLDS = 4

Candidate = TypeVar("Candidate")


class Tried(NamedTuple):
    """Of a candidate in each fold: accuracy, and what its circuit costs, in units of its kind."""

    accuracies: list[float]
    costs: list[float]

    @property
    def mean(self) -> float:
        return float(np.mean(self.accuracies))

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(np.std(self.accuracies, ddof=1) / np.sqrt(len(self.accuracies)))


def tried(
    x: Integers, y: Integers, judge: Callable[[Integers, Integers, Integers, Integers], Mapping[Candidate, tuple[float, float]]]
) -> dict[Candidate, Tried]:
    """``judge(x, y, x_rest, y_rest)`` gives accuracy and cost of each candidate, trained on three quarters, on the fourth."""
    from sklearn.model_selection import StratifiedKFold

    found: dict[Candidate, Tried] = {}
    for some, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(x, y):
        for candidate, (accuracy, cost) in judge(x[some], y[some], x[rest], y[rest]).items():
            one = found.setdefault(candidate, Tried([], []))
            one.accuracies.append(accuracy)
            one.costs.append(cost)
    return found


def best(found: Mapping[Candidate, Tried]) -> Candidate:
    """The one of the highest accuracy; of equal ones the cheapest."""
    return max(found, key=lambda one: (found[one].mean, -np.mean(found[one].costs)))


def fitting(found: Mapping[Candidate, Tried], *, limit: float) -> Candidate:
    """The best of those that cost no more than ``limit`` in the mean of the folds; ``ValueError`` where there is none."""
    small = {one: told for one, told in found.items() if np.mean(told.costs) <= limit}
    if not small:
        raise ValueError(f"no candidate costs {limit:g} or less")
    return best(small)


def accuracy(due: Integers, found: Integers) -> float:
    return float((due == found).mean())


def different(due: Sequence[Sequence[int]], found: Sequence[Sequence[int]]) -> str | None:
    """Where two lists of a sample's numbers part, in words; None where they don't."""
    for sample, (expected, told) in enumerate(zip(due, found, strict=False)):
        if list(expected) != list(told):
            at = next(place for place, pair in enumerate(zip(expected, told, strict=True)) if pair[0] != pair[1])
            return f"sample {sample}, number {at}: {told[at]} where {expected[at]} is due"
    if len(due) != len(found):
        return f"{len(found)} samples where {len(due)} are due"
    return None
