"""What comes next in signals: R2, MAE and RMSE of each channel and step ahead, with intervals, and those of others beside them.

The end of each signal is held out, never steps drawn from its middle. Held-out samples are told as they would be on a board: by a network
that has read those before them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import Int16, NetworkError
from ...model.layer import Floats
from ..fitting.card import Fitted
from ..fitting.outputs.base import Answers
from ..fitting.outputs.values import LARGEST
from ..fitting.quantiles import Numbers
from ..fitting.recipe import MAX_OUTPUTS
from ..fitting.training import Training
from ..inputs import Latencies, listed
from ..interval import interval_of_steps
from ..signals.forecasting import Forecasting
from ..signals.recipe import SignalRecipe
from ..signals.steps import MOST_LAGS, Steps, lagged
from ..signals.values import NextValues, known_ahead, newest_of
from .kind import Kind, Peer
from .options import ForecastOptions
from .read import Samples
from .regress import NumberJudge, errors, with_intervals
from .signals import Continued, Signals
from .target import Channels, Target

LEAD = MOST_LAGS
"""Samples before those that are held out, which are read first where there are as many."""

SEEN = 16
"""Samples that peers see of each channel, the newest and those before it; more, if a step of the network is given more."""


@dataclass(frozen=True, kw_only=True)
class ForecastJudge(NumberJudge):
    """Of steps, those of all signals in a row. ``due`` and ``newest`` (steps, outputs): what comes next, and the newest number of an
    output's channel. ``outputs`` of the network."""

    how: ClassVar[str] = "the bootstrap over blocks of steps"

    outputs: NextValues
    newest: Numbers

    def joined(self, outputs: Sequence[Int16]) -> Int16:
        """(steps, outputs)."""
        return np.concatenate(outputs)

    def found(self, outputs: Int16 | Floats) -> Numbers:
        base = np.where(self.outputs.follows, self.newest[: len(outputs)], 0.0)
        return self.outputs.answers(outputs, unit=self.unit) + base

    def about(self, place: int) -> dict[str, Any]:
        ahead, channel = divmod(place, len(self.outputs.channels))
        return {"target": self.names[channel], "ahead": ahead + 1}

    def _which(self, one: dict[str, Any]) -> str:
        if self.outputs.count == 1:
            return ""
        return f"{printable(one['target'], limit=24)}, {one['ahead']} ahead: "

    def figures(self, found: Answers) -> dict[str, Any]:
        ends = partial(interval_of_steps, ahead=self.outputs.horizon)
        return self._each(found, partial(with_intervals, ends=ends))

    def of_network(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """Besides ``newest_r2``, of the newest samples as they are."""
        return super().of_network(outputs) | {"newest_r2": self._each(self.newest, _r2)["r2"]}

    def plainest(self) -> Peer:
        return Peer("the newest sample", self.newest)


def _r2(due: Numbers, found: Numbers) -> dict[str, float]:
    return {"r2": float(errors(due, found)[0])}


@dataclass(frozen=True, kw_only=True)
class _Ahead:
    """``due`` and ``newest`` (steps, outputs), as of :class:`ForecastJudge`."""

    due: Numbers
    newest: Numbers

    @classmethod
    def of(cls, samples: Samples, channels: Sequence[int], *, horizon: int) -> "_Ahead":
        """Nothing is due that isn't there, that is only read, or of whose channel nothing has been there yet."""
        due, newest = [], []
        for signal, first in zip(samples.x, samples.answers, strict=True):
            told = signal[:, list(channels)]
            now = newest_of(told, horizon)
            told = np.where(np.arange(len(told))[:, None] < first, np.nan, told)
            due.append(np.where(np.isnan(now), np.nan, known_ahead(told, horizon)))
            newest.append(now)
        return cls(due=np.concatenate(due), newest=np.concatenate(newest))

    def check(self, channels: Sequence[str], *, least: int, what: str) -> None:
        """``NetworkError`` unless ``least`` numbers of each output are due."""
        for place, count in enumerate((~np.isnan(self.due)).sum(axis=0)):
            if count < least:
                ahead, channel = divmod(place, len(channels))
                needed = f"at least {least} number{'s' * (least != 1)} must be there to be told {ahead + 1} ahead, not {count}"
                raise NetworkError(f"channel {printable(channels[channel])!r}: of what is {what}, {needed}")


class _FromBase:
    """A model of scikit-learn that tells how far answers are from a base, as the network does. The base of each answer is in the last
    columns of what it is given."""

    def __init__(self, model: Any) -> None:
        self.model, self.columns = model, 0

    def fit(self, x: Numbers, answers: Numbers) -> "_FromBase":
        self.columns = answers.shape[1]
        self.model.fit(x[:, : -self.columns], answers - x[:, -self.columns :])
        return self

    def predict(self, x: Numbers) -> Numbers:
        base = x[:, -self.columns :]
        return np.asarray(base + self.model.predict(x[:, : -self.columns]).reshape(base.shape), np.float64)


class Forecast(Kind[NextValues, ForecastOptions]):
    outputs = NextValues
    signals = True
    ordered = True

    def read_as(self, *, series: str | None, time: str | None) -> Signals:
        return Continued(series=series, time=time)

    def target(self, known: NextValues | None) -> Target:
        return Channels()

    def again(self, train: Samples) -> Target:
        return Channels()

    def training(self, train: Samples, options: ForecastOptions) -> Training:
        return Forecasting(
            outputs=NextValues.ahead(train.x, horizon=options.horizon, channels=_told(train)),
            recipe=SignalRecipe.of(tables=options.tables, pairs=options.pairs, epochs=options.epochs),
            lags=options.lags,
        )

    def check(self, samples: Samples) -> None:
        """Any signals will do, as long as :meth:`check_parts` has nothing against them."""

    def check_parts(self, train: Samples, test: Samples, options: ForecastOptions) -> None:
        channels, horizon = _told(train), options.horizon
        if (count := horizon * len(channels)) > MAX_OUTPUTS:
            raise NetworkError(f"--horizon times the channels that are told must be at most {MAX_OUTPUTS}, not {count}")
        names = [train.names[channel] for channel in channels]
        for part, least, what in ((train, 1, "trained on"), (test, 2, "held out")):
            _Ahead.of(part, channels, horizon=horizon).check(names, least=least, what=what)
        for channel, name in zip(channels, names, strict=True):
            if (large := max(np.nanmax(np.abs(signal[:, channel]), initial=0.0) for signal in train.x)) > LARGEST:
                raise NetworkError(f"channel {printable(name)!r}: numbers that are told must be at most {LARGEST:g}, not {large:g}")

    def ends(self, samples: Samples) -> tuple[Samples, Samples] | None:
        """The last quarter of each signal is held out, unless whole signals are, by their groups."""
        if samples.groups is not None:
            return None
        cuts = [len(signal) - len(signal) // 4 for signal in samples.x]
        first = [max(0, cut - LEAD) for cut in cuts]
        train = listed([signal[:cut] for signal, cut in zip(samples.x, cuts, strict=True)])
        test = listed([signal[low:] for signal, low in zip(samples.x, first, strict=True)])
        return replace(samples, x=train), replace(samples, x=test, answers=np.array(cuts) - np.array(first))

    def slices(self, samples: Samples, count: int) -> Iterator[tuple[Samples, Samples]]:
        """The last half of each signal in ``count`` slices: all that is before one, and the slice, behind samples that are only read."""
        signals = [signal for signal in samples.x if len(signal) > 1]
        cuts = [len(signal) // 2 + -(-len(signal) // 2) * np.arange(count + 1) // count for signal in signals]
        for number in range(count):
            parts = [(signal, one[number], one[number + 1]) for signal, one in zip(signals, cuts, strict=True)]
            read = np.array([min(cut, LEAD) for _, cut, _ in parts], np.int64)
            before = listed([signal[:cut] for signal, cut, _ in parts])
            told = listed([signal[cut - lead : end] for (signal, cut, end), lead in zip(parts, read, strict=True)])
            yield replace(samples, x=before, answers=np.zeros_like(read)), replace(samples, x=told, answers=read)

    def counted(self, samples: Samples) -> int:
        """Samples of all signals, without those that are only read."""
        return sum(map(len, samples.x)) - int(samples.answers.sum())

    def divided(self, train: Samples, test: Samples) -> str:
        trained, held = sum(map(len, train.x)), self.counted(test)
        signals = len(train.x) if test.answers.any() else len(train.x) + len(test.x)
        return f"{signals} signal{'s' * (signals != 1)}: {trained} samples trained on, {held} held out"

    def strata(self, answers: Answers) -> Answers | None:
        return None

    def judge(self, x: Latencies, samples: Samples, *, outputs: NextValues, unit: float) -> ForecastJudge:
        found = _Ahead.of(samples, outputs.channels, horizon=outputs.horizon)
        names = [samples.names[channel] for channel in outputs.channels]
        found.check(names, least=2, what="held out")
        return ForecastJudge(x=x, what=self.what, due=found.due, newest=found.newest, outputs=outputs, unit=unit, names=names)

    def described(self, outputs: NextValues) -> str:
        count, ahead = len(outputs.channels), outputs.horizon
        return f"{count} told, {ahead} sample{'s' * (ahead != 1)} ahead"

    def peers(self) -> list[tuple[str, Any]]:
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import Ridge
        from sklearn.multioutput import MultiOutputRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return [
            ("ridge regression", _FromBase(make_pipeline(SimpleImputer(), StandardScaler(), Ridge()))),
            ("gradient boosting", _FromBase(MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0)))),
        ]

    def lesson(self, fitted: Fitted, train: Samples, test: Samples) -> tuple[Numbers, Answers, Numbers]:
        """The last samples of each channel, less what the network's inputs lack at that step, too; of the steps after which all is known
        that is told."""
        outputs, inputs = fitted.outputs, fitted.inputs
        assert isinstance(outputs, NextValues)
        assert isinstance(inputs, Steps)
        lags = max(SEEN, inputs.lags)
        seen, held = (np.concatenate([_seen(signal, inputs, outputs, lags=lags) for signal in part.x]) for part in (train, test))
        due = _Ahead.of(train, outputs.channels, horizon=outputs.horizon).due
        there = ~np.isnan(due).any(axis=1)
        return seen[there], due[there], held


def _seen(signal: Numbers, inputs: Steps, outputs: NextValues, *, lags: int) -> Numbers:
    """(steps, features): what peers see of a signal, and last the base of each output."""
    return np.concatenate([lagged(signal, lags) - np.tile(inputs.recent(signal), lags), outputs.base(signal)], axis=1)


def _told(samples: Samples) -> list[int]:
    """The numbers of the channels that are told: those that are named, or all."""
    return [samples.names.index(name) for name in samples.targets or samples.names]
