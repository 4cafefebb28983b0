"""From the numbers of a signal to the latencies that a network is given at each of its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...integer.layer import Int16, NetworkError
from ..fitting.outputs.values import LARGEST
from ..fitting.quantiles import Numbers, Quantiles, bounds_of_card
from ..inputs import Inputs, X

MOST_LAGS = 64


@dataclass(frozen=True, kw_only=True)
class Steps(Inputs):
    """``edges``: of each channel, of how far each of the channels ``changes`` has moved since the sample before, and, if ``timed``, of the
    number of the step, from 0. A step is given the latencies of the last ``lags`` samples and changes, the newest first, then its number's;
    before a signal begins its first sample stands."""

    lags: int
    timed: bool
    changes: tuple[int, ...] = ()

    @classmethod
    def fit(cls, signals: Sequence[Numbers] | X, *, lags: int, timed: bool, changes: Sequence[int] = ()) -> Self:
        """Of (steps, channels) numbers, finite or NaN."""
        numbers = np.concatenate([_numbers(signal, changes, timed=timed) for signal in signals])
        return cls(edges=Quantiles.fit(numbers).edges, lags=lags, timed=timed, changes=tuple(changes))

    @property
    def quantiles(self) -> Quantiles:
        """The map of a step's numbers."""
        return Quantiles(edges=self.edges)

    @property
    def count(self) -> int:
        return (len(self.edges) - self.timed) * self.lags + self.timed

    @property
    def columns(self) -> int:
        return len(self.edges) - self.timed - len(self.changes)

    def latencies(self, x: Sequence[Numbers] | X) -> list[Int16]:
        """Of signals, each (steps, channels) numbers, NaN where one is missing, the (steps, inputs) latencies."""
        return [self._of_one(signal) for signal in x]

    def _of_one(self, signal: Numbers) -> Int16:
        made = self.quantiles.latencies(_numbers(signal, self.changes, timed=self.timed))
        timeless = len(self.edges) - self.timed
        return np.concatenate([lagged(made[:, :timeless], self.lags), made[:, timeless:]], axis=1)

    def fields(self) -> dict[str, Any]:
        changes = {"changes": list(self.changes)} if self.changes else {}
        return {**self.quantiles.fields(), "lags": self.lags, "timed": self.timed, **changes}

    @classmethod
    def of_card(cls, about: Mapping[str, Any], *, inputs: int) -> Self:
        lags, timed, edges, changes = (about.get(name) for name in ("lags", "timed", "edges", "changes"))
        if isinstance(lags, bool) or not isinstance(lags, int) or not 1 <= lags <= MOST_LAGS:
            raise NetworkError(f"card field inputs.lags must be 1..{MOST_LAGS}, not {lags!r:.60}")
        if not isinstance(timed, bool) or not isinstance(edges, list):
            raise NetworkError("card fields inputs.timed and inputs.edges must be a truth value and a list")
        changes = [] if changes is None else changes
        channels = len(edges) - timed - (len(changes) if isinstance(changes, list) else 0)
        if not are_channels(changes, channels):
            raise NetworkError(f"card field inputs.changes must have numbers of {channels} channels, each at most once")
        made = cls(edges=bounds_of_card(edges).edges, lags=lags, timed=timed, changes=tuple(changes))
        if made.count != inputs or made.columns < 1:
            raise NetworkError(f"card fields inputs.edges, lags and timed must make {inputs} inputs, not {made.count}")
        return made


def lagged(samples: npt.NDArray[Any], lags: int) -> npt.NDArray[Any]:
    """(steps, lags * channels) of (steps, channels): at each step the last ``lags`` samples, the newest first."""
    places = np.arange(len(samples))
    return np.concatenate([samples[np.maximum(places - lag, 0)] for lag in range(lags)], axis=1)


def are_channels(found: Any, channels: int) -> bool:
    """Whether it is a list of numbers of so many channels, each at most once."""
    if not isinstance(found, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in found):
        return False
    return len(set(found)) == len(found) and all(0 <= one < channels for one in found)


def staying(signals: Sequence[Numbers] | X) -> tuple[int, ...]:
    """The numbers of the channels that stay near where they were: the squares of their changes are, in the mean, below their variance."""
    numbers = np.concatenate(list(signals))
    before = np.concatenate([np.concatenate([np.full((1, signal.shape[1]), np.nan), signal[:-1]]) for signal in signals])
    return tuple(channel for channel, pair in enumerate(zip(numbers.T, before.T, strict=True)) if _stays(*pair))


def _stays(numbers: Numbers, before: Numbers) -> bool:
    most = np.nanmax(np.abs(numbers), initial=0.0)
    there = ~np.isnan(numbers) & ~np.isnan(before)
    if not there.any() or not 0 < most <= LARGEST:
        return False
    now, last = numbers[there] / most, before[there] / most
    return bool(((now - last) ** 2).mean() < now.var())


def _numbers(signal: Numbers, changes: Sequence[int], *, timed: bool) -> Numbers:
    """The columns of a signal: its channels, their changes, 0 at its first step, and the numbers of the steps."""
    some = signal[:, list(changes)]
    with np.errstate(over="ignore"):
        moved = np.diff(some, axis=0, prepend=some[:1])
    numbers = np.arange(len(signal), dtype=np.float64)[:, None]
    return np.concatenate([signal, moved, numbers] if timed else [signal, moved], axis=1)
