"""Intervals of figures of held-out samples, or of held-out steps that follow one another."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .fitting.quantiles import Numbers

RESAMPLES = 1000
ENDS = (2.5, 97.5)
"""Percentiles."""

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


def block_of(steps: int, *, ahead: int) -> int:
    """The length of the blocks that so many steps are drawn in: 2 steps^(1/3), which grows as the best length does (Hall, Horowitz and
    Jing, Biometrika 82, 1995), but at least ``ahead``, for what is told so many samples ahead errs in as many steps together, and at most
    half of the steps."""
    return min(-(-steps // 2), max(ahead, math.ceil(2 * steps ** (1 / 3))))


def interval_of_steps(figure: Callable[..., Numbers], *steps: Numbers, ahead: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """As :func:`interval`, of (steps,) numbers that follow one another: blocks of steps are drawn, the same of all, and the first step
    follows the last one (Politis and Romano, 1992, the circular block bootstrap)."""
    count = len(steps[0])
    block = block_of(count, ahead=ahead)
    starts = np.random.default_rng(0).integers(count, size=(RESAMPLES, -(-count // block)))
    values = []
    for some in np.array_split(starts, -(-RESAMPLES * count // AT_ONCE)):
        places = (some[:, :, None] + np.arange(block)).reshape(len(some), -1)[:, :count] % count
        values.append(figure(*(one[places] for one in steps), axis=-1))
    low, high = np.percentile(np.concatenate(values, axis=-1), ENDS, axis=-1)
    return low, high
