"""Outputs that stand for what a signal says next: each is an affine map of its output's latency, or of how far it moves from now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ...integer.layer import Int16, NetworkError
from ...model.layer import Float32
from ..fitting.outputs.values import LARGEST, Values
from ..fitting.quantiles import Numbers
from ..fitting.recipe import MAX_OUTPUTS
from ..inputs import Inputs, X
from .steps import Steps, are_channels


@dataclass(frozen=True, kw_only=True)
class NextValues(Values):
    """``horizon``: how many samples ahead are told, of the ``channels`` of these numbers; outputs are those of all of them one step ahead,
    then two, and so on. ``follows`` (outputs,): whether one stands for the change since the newest sample, not for the number itself."""

    task: ClassVar[str] = "forecast"
    inputs: ClassVar[type[Inputs]] = Steps

    horizon: int
    channels: tuple[int, ...]
    follows: npt.NDArray[np.bool_]

    @classmethod
    def ahead(cls, signals: Sequence[Numbers] | X, *, horizon: int, channels: Sequence[int] | None = None) -> Self:
        """Mean and deviation of what comes next in ``channels`` of signals, each (steps, channels), NaN where a number is missing; None:
        in all. An output follows the newest sample if that is a better guess than the mean, over these signals."""
        told = list(range(signals[0].shape[1])) if channels is None else list(channels)
        if (count := horizon * len(told)) > MAX_OUTPUTS:
            raise ValueError(f"horizon times channels must be at most {MAX_OUTPUTS}, not {count}")
        due = np.concatenate([known_ahead(signal[:, told], horizon) for signal in signals])
        newest = np.concatenate([newest_of(signal[:, told], horizon) for signal in signals])
        there = ~np.isnan(due) & ~np.isnan(newest)
        if not there.any(axis=0).all():
            raise ValueError(f"X must have {horizon + 1} samples in a row of each channel in a signal, for a horizon of {horizon}")
        if not (np.abs(due[there]) <= LARGEST).all():
            raise ValueError(f"X must be numbers of at most {LARGEST:g}")
        columns = [(ahead[known], now[known]) for ahead, now, known in zip(due.T, newest.T, there.T, strict=True)]
        follows = np.array([((ahead - now) ** 2).mean() < ahead.var() for ahead, now in columns])
        meant = [ahead - now * follow for (ahead, now), follow in zip(columns, follows, strict=True)]
        constant = np.array([np.ptp(one) == 0 for one in meant])
        offset = np.array([one[0] if same else one.mean() for one, same in zip(meant, constant, strict=True)])
        scale = np.where(constant, 0.0, [one.std() for one in meant])
        return cls(offset=offset, scale=scale, horizon=horizon, channels=tuple(told), follows=follows)

    def known(self, signal: Numbers) -> Numbers:
        """(steps, outputs): what comes next after each step of a signal (steps, channels); NaN where it isn't known."""
        return known_ahead(signal[:, self.channels], self.horizon)

    def newest(self, signal: Numbers) -> Numbers:
        """(steps, outputs): the newest number of each output's channel, NaN before there is one."""
        return newest_of(signal[:, self.channels], self.horizon)

    def due(self, signal: Numbers) -> Float32:
        """(steps, outputs): the scores that are due after each step; NaN where what comes next isn't known."""
        return self.targets(self.known(signal) - self.base(signal))

    def numbers(self, outputs: Int16, signal: Numbers, *, unit: float) -> Numbers:
        """(steps, horizon, told channels) that the (steps, outputs) output latencies of a signal say; NaN where an output follows a
        channel of which nothing has been there."""
        found: Numbers = self.answers(outputs, unit=unit) + self.base(signal)
        return found.reshape(len(signal), self.horizon, -1)

    def base(self, signal: Numbers) -> Numbers:
        """(steps, outputs): what an output's meaning is added to."""
        return np.where(self.follows, self.newest(signal), 0.0)

    def fields(self) -> dict[str, Any]:
        targets = super().fields()["targets"]
        return {"targets": targets | {"horizon": self.horizon, "channels": list(self.channels), "follows": self.follows.tolist()}}

    @classmethod
    def read(cls, card: Mapping[str, Any], *, count: int) -> Self:
        plain, about = Values.read(card, count=count), card["targets"]
        horizon, channels, follows = (about.get(name) for name in ("horizon", "channels", "follows"))
        if isinstance(horizon, bool) or not isinstance(horizon, int) or not 1 <= horizon <= count or count % horizon:
            raise NetworkError(f"card field targets.horizon must be a part of {count} outputs, not {horizon!r:.60}")
        if not are_channels(channels, 1 << 16) or len(channels) != count // horizon:
            raise NetworkError(f"card field targets.channels must have the numbers of {count // horizon} channels, each once")
        if not isinstance(follows, list) or len(follows) != count or not all(isinstance(one, bool) for one in follows):
            raise NetworkError(f"card field targets.follows must have {count} truth values, one for each output")
        return cls(offset=plain.offset, scale=plain.scale, horizon=horizon, channels=tuple(channels), follows=np.array(follows))

    def check(self, inputs: Inputs) -> None:
        if (last := max(self.channels)) >= inputs.columns:
            raise NetworkError(f"card field targets.channels must be numbers below {inputs.columns}, the channels, not {last}")


def known_ahead(signal: Numbers, horizon: int) -> Numbers:
    """(steps, horizon * channels): the samples after each step of (steps, channels); NaN behind the end."""
    after = np.concatenate([signal, np.full((horizon, signal.shape[1]), np.nan)])
    return np.concatenate([after[ahead : ahead + len(signal)] for ahead in range(1, horizon + 1)], axis=1)


def newest_of(signal: Numbers, horizon: int) -> Numbers:
    """(steps, horizon * channels): of each channel the newest number that is there, NaN before the first one."""
    places = np.where(np.isnan(signal), -1, np.arange(len(signal))[:, None])
    last = np.maximum.accumulate(places, axis=0)
    found = np.where(last >= 0, np.take_along_axis(signal, np.maximum(last, 0), axis=0), np.nan)
    return np.tile(found, horizon)
