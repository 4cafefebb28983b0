"""How wrong networks are on samples that they were not trained on, with an interval of 95 %."""

from typing import NamedTuple

import numpy as np

from golden.tasks.fitting.outputs.base import Answers
from golden.tasks.fitting.quantiles import Numbers
from golden.tasks.interval import interval
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


MEASURES = {"classify": wrong, "regress": unexplained}
