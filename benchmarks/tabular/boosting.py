"""Gradient boosting that may take so many bytes and no more."""

from itertools import accumulate, product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .keel import Labels, Numbers

LEAVES = (4, 8, 16, 31)
RATES = (0.05, 0.15)
ROUNDS = range(20, 201, 20)
"""Of boosting, as long as there is room: each adds a tree, or one for each of more than two classes."""


def tree_bytes(leaves: int) -> int:
    """Of a binary tree, as small as bytes make it: of a split the number of the input, the bound (one of 255) and the distance of the right
    child, the left one being next; a byte for a leaf's value."""
    return 3 * (leaves - 1) + leaves


def sizes(model: Any) -> list[int]:
    """Bytes of a fitted ``HistGradientBoostingClassifier`` after each of its rounds. How many leaves a tree has, scikit-learn keeps in
    an attribute that is not public."""
    return list(accumulate(sum(tree_bytes(tree.get_n_leaf_nodes()) for tree in trees) for trees in model._predictors))


class Choice(NamedTuple):
    """What is chosen on a slice of the training part."""

    leaves: int
    rate: float
    rounds: int


def boosted(X: Numbers, y: Labels, choice: Choice) -> Any:
    return _begun(choice.leaves, choice.rate).set_params(max_iter=choice.rounds).fit(X, y)


def within(model: Any, budget: int) -> int:
    """Rounds that take no more than ``budget`` bytes, one at the least."""
    return max(1, int(np.searchsorted(sizes(model), budget, side="right")))


def chosen(X: Numbers, y: Labels, budget: int) -> Choice:
    """Leaves, rate and rounds of the least log loss on a quarter of the samples, by a model of the others that takes no more than
    ``budget`` bytes."""
    from sklearn.model_selection import train_test_split

    some, rest, known, due = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    found = []
    for leaves, rate in product(LEAVES, RATES):
        model = _begun(leaves, rate).set_params(warm_start=True)
        for rounds in ROUNDS:
            model.set_params(max_iter=rounds).fit(some, known)
            if sizes(model)[-1] > budget:
                break
        told = losses(model, rest, due)[: within(model, budget)]
        found.append((told.min(), Choice(leaves, rate, 1 + int(told.argmin()))))
    return min(found)[1]


def losses(model: Any, X: Numbers, y: Labels) -> npt.NDArray[np.float64]:
    """Nats a sample after each round."""
    at = np.searchsorted(model.classes_, y)
    return np.array([-np.log(np.maximum(told[np.arange(len(y)), at], 1e-15)).mean() for told in model.staged_predict_proba(X)])


def fitted(X: Numbers, y: Labels, budget: int) -> tuple[Any, int]:
    """A model of all samples, as :func:`chosen`, and its bytes."""
    choice = chosen(X, y, budget)
    model = boosted(X, y, choice)
    if (rounds := within(model, budget)) < choice.rounds:
        model = boosted(X, y, choice._replace(rounds=rounds))
    return model, sizes(model)[-1]


def _begun(leaves: int, rate: float) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_leaf_nodes=leaves, learning_rate=rate, early_stopping=False, random_state=0)
