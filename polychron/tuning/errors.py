"""How wrong networks are on samples that they were not trained on, with an interval of 95 %."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from golden.tasks.fitting.outputs.base import Answers
from golden.tasks.fitting.quantiles import Numbers
from golden.tasks.interval import interval, interval_of_steps
from golden.tasks.tables.regress import errors


class Error(NamedTuple):
    """A share, and the ends of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.value:.2f} % ({100 * self.low:.2f} to {100 * self.high:.2f} %)"


def wrong(due: Answers, found: Answers) -> Error:
    """The share of (samples,) labels that are others; the interval is Wilson's."""
    from scipy.stats import binomtest

    count = int((due != found).sum())
    low, high = binomtest(count, len(due)).proportion_ci(method="wilson")
    return Error(count / len(due), max(0.0, float(low)), float(high))


def unexplained(due: Numbers, found: Numbers) -> Error:
    """The share of the variance of (samples, targets) numbers that is not explained, 1 - R2, the mean over the targets; the interval is
    that of the bootstrap over samples."""

    def share(samples: Numbers, axis: int = -1) -> Numbers:
        chosen = samples.astype(np.int64)
        each = [1 - errors(one[chosen], told[chosen], axis)[0] for one, told in zip(due.T, found.T, strict=True)]
        return np.asarray(np.mean(each, axis=0))

    samples = np.arange(len(due), dtype=np.float64)
    low, high = interval(share, samples)
    return Error(float(share(samples)), float(low), float(high))


def untold(due: Numbers, found: Numbers, *, ahead: int) -> Error:
    """The share of the variance of (steps, outputs) numbers, NaN where none is due, that was not told: 1 - R2, the mean over the outputs.
    The interval is that of the bootstrap over blocks of steps, ``ahead`` of them at least."""
    columns = [_Sums.of(one, told) for one, told in zip(due.T, found.T, strict=True)]

    def share(steps: Numbers, axis: int = -1) -> Numbers:
        chosen = steps.astype(np.int64)
        return np.asarray(np.mean([one.share(chosen, axis) for one in columns], axis=0))

    steps = np.arange(len(due), dtype=np.float64)
    low, high = interval_of_steps(share, steps, ahead=ahead)
    return Error(float(share(steps)), float(low), float(high))


class _Sums(NamedTuple):
    """Of an output's steps: whether a number is ``due``, and if so the number less the mean of all, its square, and that of the error; 0
    elsewhere. In units of the largest there is, so that no square leaves what a float holds."""

    due: Numbers
    number: Numbers
    square: Numbers
    error: Numbers

    @classmethod
    def of(cls, due: Numbers, found: Numbers) -> "_Sums":
        there = ~np.isnan(due)
        mean = due[there].mean()
        most = max(float(np.abs(due[there] - mean).max()), float(np.abs(found[there] - mean).max())) or 1.0
        number, error = (np.where(there, part / most, 0.0) for part in (due - mean, found - due))
        return cls(there.astype(np.float64), number, number**2, error**2)

    def share(self, chosen: npt.NDArray[np.int64], axis: int) -> Numbers:
        """Of the steps ``chosen``; where all numbers are the same, 0 if there is no error and else 1."""
        count, total, squares, errors = (part[chosen].sum(axis=axis) for part in self)
        spread = squares - total**2 / np.maximum(count, 1)
        varied = spread > TINY * squares
        return np.where(varied, errors / np.where(varied, spread, 1.0), (errors > 0).astype(np.float64))


TINY = 1e-12
"""Of the squares: what is left of them by rounding where all numbers are the same."""
