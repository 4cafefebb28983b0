"""Data sets as small integers, split into what models are trained and chosen on and what is held out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from golden.tasks.images.digits import holdout

Integers = npt.NDArray[np.int64]

BITS = 8
"""Of a column of a table; digits have 5."""


class Part(NamedTuple):
    """(samples, inputs) numbers ``x``, the same as integers of the set's bits ``codes``, and (samples,) classes 0.. ``y``."""

    x: npt.NDArray[np.float64]
    codes: Integers
    y: Integers


class Set(NamedTuple):
    """What models are trained on and what is held out. An input's codes are 0..``2**bits - 1``."""

    train: Part
    test: Part
    bits: int

    @property
    def inputs(self) -> int:
        return self.train.codes.shape[1]

    @property
    def classes(self) -> int:
        return int(self.train.y.max()) + 1


def codes_of(x: npt.NDArray[np.float64], like: npt.NDArray[np.float64]) -> Integers:
    """Each column in ``2**BITS`` even steps between the 1st and the 99th percentile of the same column of ``like``, cut off there."""
    low, high = np.percentile(like, [1, 99], axis=0)
    steps = (x - low) / np.where(high > low, high - low, 1) * (2**BITS - 1)
    return np.clip(np.round(steps), 0, 2**BITS - 1).astype(np.int64)


def digits() -> Set:
    """scikit-learn's, the hold-out of seed 0 of the project's own task; a pixel is 0..16 as it comes."""
    split = holdout(0)
    parts = [(split.train_x, split.train_y), (split.test_x, split.test_y)]
    train, test = (Part(x.astype(np.float64), x.astype(np.int64), y.astype(np.int64)) for x, y in parts)
    return Set(train, test, bits=5)


def magic() -> Set:
    """KEEL's table of gamma rays seen by a telescope: the first of the five folds of ``benchmarks.tabular``."""
    from benchmarks.tabular.keel import folds

    fold = next(folds("magic"))
    names = np.unique(fold.y)
    train, test = (
        Part(x, codes_of(x, fold.X), np.searchsorted(names, y).astype(np.int64)) for x, y in ((fold.X, fold.y), (fold.X_test, fold.y_test))
    )
    return Set(train, test, bits=BITS)


SETS: dict[str, Callable[[], Set]] = {"digits": digits, "magic": magic}
