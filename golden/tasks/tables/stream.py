"""A classifier of signals, step by step: the figures are those of a classifier of samples, others are shown signals of one length."""

import numpy as np

from ..fitting.card import Fitted
from ..fitting.outputs.base import Answers
from ..fitting.quantiles import Numbers
from ..fitting.training import Training
from ..inputs import X
from ..signals.classes import SignalClasses
from ..signals.learning import SignalLearning
from ..signals.recipe import SignalRecipe
from .classify import OfClasses
from .options import StreamOptions
from .read import Samples

MOST_STEPS = 512
"""Of a signal as others are shown it."""


def stretched(signals: X, steps: int) -> Numbers:
    """Signals, each (its steps, channels), as (signals, steps * channels): each channel at so many moments between its ends, a straight
    line between samples."""
    rows = []
    for signal in signals:
        moments = np.linspace(0, len(signal) - 1, steps)
        channels = [np.interp(moments, np.arange(len(signal)), channel) for channel in signal.T]
        rows.append(np.stack(channels, axis=1).ravel())
    return np.stack(rows)


def as_tables(train: X, test: X) -> tuple[Numbers, Numbers]:
    """Both :func:`stretched` to the longest of those that are trained on."""
    steps = min(MOST_STEPS, max(map(len, train)))
    return stretched(train, steps), stretched(test, steps)


class Stream(OfClasses[SignalClasses, StreamOptions]):
    outputs = SignalClasses
    signals = True

    def training(self, train: Samples, options: StreamOptions) -> Training:
        return SignalLearning(
            answers=train.answers,
            outputs=SignalClasses.of(train.answers),
            recipe=SignalRecipe.of(tables=options.tables, pairs=options.pairs, epochs=options.epochs),
            lags=options.lags,
            timed=not options.untimed,
        )

    def lesson(self, fitted: Fitted, train: Samples, test: Samples) -> tuple[Numbers, Answers, Numbers]:
        _, answers, _ = super().lesson(fitted, train, test)
        x, held = as_tables(train.x, test.x)
        return x, answers, held
