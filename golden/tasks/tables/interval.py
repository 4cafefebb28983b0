"""Intervals of figures of held-out samples."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from ..fitting.quantiles import Numbers

RESAMPLES = 1000
AT_ONCE = 1 << 22
"""Samples of resamples that are looked at together, which bounds the memory."""


def interval(figure: Callable[..., Numbers], *samples: Numbers, paired: bool = False) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The ends of the interval (95 %) of ``figure(*samples, axis)`` by the bootstrap, percentiles of 1,000 resamples. ``paired``: the same
    samples are drawn of all."""
    from scipy.stats import bootstrap

    ends = bootstrap(
        samples,
        figure,
        paired=paired,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, AT_ONCE // sum(map(len, samples))),
        method="percentile",
        random_state=0,
    ).confidence_interval
    return ends.low, ends.high
