"""From the numbers of a signal to the latencies that a network is given at each of its steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ...integer.layer import Int16, NetworkError
from ..fitting.outputs.values import LARGEST
from ..fitting.quantiles import Numbers, Quantiles, bounds_of_card
from ..inputs import Inputs, X

MOST_LAGS = 64

RECENT = 32
"""Samples whose mean is subtracted from a number of a channel that wanders, its own among them."""

WANDERING = 0.5
"""Of the variance of a channel that wanders: that within as many samples is less than this share of it."""


@dataclass(frozen=True, kw_only=True)
class Steps(Inputs):
    """``edges``: of each channel, of how far each of the channels ``changes`` has moved since the sample before, and, if ``timed``, of the
    number of the step, from 0. Of the channels ``wandering`` the mean of the last :data:`RECENT` samples is subtracted. A step is given the
    latencies of the last ``lags`` samples and changes, the newest first, then its number's; before a signal begins its first sample
    stands."""

    lags: int
    timed: bool
    changes: tuple[int, ...] = ()
    wandering: tuple[int, ...] = ()

    @classmethod
    def fit(cls, signals: Sequence[Numbers] | X, *, lags: int, timed: bool) -> Self:
        """Of (steps, channels) numbers, finite or NaN."""
        return cls(edges=(), lags=lags, timed=timed)._fitted(signals)

    @classmethod
    def moving(cls, signals: Sequence[Numbers] | X, *, lags: int) -> Self:
        """Of the same, of signals that go on. Changes are given of channels that stay near where they were: the squares of their changes
        are, in the mean, below their variance. Of these, some wander (:data:`WANDERING`)."""
        changes = _channels(signals, _stays)
        wandering = tuple(channel for channel in _channels(signals, _wanders) if channel in changes)
        return cls(edges=(), lags=lags, timed=False, changes=changes, wandering=wandering)._fitted(signals)

    def _fitted(self, signals: Sequence[Numbers] | X) -> Self:
        numbers = np.concatenate([self._numbers(signal) for signal in signals])
        return replace(self, edges=Quantiles.fit(numbers).edges)

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
        made = self.quantiles.latencies(self._numbers(signal))
        timeless = len(self.edges) - self.timed
        return np.concatenate([lagged(made[:, :timeless], self.lags), made[:, timeless:]], axis=1)

    def _numbers(self, signal: Numbers) -> Numbers:
        """The columns of a signal: its channels, their changes, 0 at its first step, and the numbers of the steps."""
        some = signal[:, list(self.changes)]
        with np.errstate(over="ignore"):
            moved = np.diff(some, axis=0, prepend=some[:1])
            levels = signal - self.recent(signal)
        numbers = np.arange(len(signal), dtype=np.float64)[:, None]
        return np.concatenate([levels, moved, numbers] if self.timed else [levels, moved], axis=1)

    def recent(self, signal: Numbers) -> Numbers:
        """(steps, channels): what is subtracted from the channels of a signal; 0 of those that don't wander."""
        found = np.zeros(signal.shape)
        for channel in self.wandering:
            found[:, channel] = _recent_means(signal[:, channel])
        return found

    def fields(self) -> dict[str, Any]:
        moving: dict[str, Any] = {"changes": list(self.changes)} if self.changes else {}
        if self.wandering:
            moving |= {"wandering": list(self.wandering), "recent": RECENT}
        return {**self.quantiles.fields(), "lags": self.lags, "timed": self.timed, **moving}

    @classmethod
    def of_card(cls, about: Mapping[str, Any], *, inputs: int) -> Self:
        lags, timed, edges = about.get("lags"), about.get("timed"), about.get("edges")
        changes, wandering = about.get("changes", []), about.get("wandering", [])
        if isinstance(lags, bool) or not isinstance(lags, int) or not 1 <= lags <= MOST_LAGS:
            raise NetworkError(f"card field inputs.lags must be 1..{MOST_LAGS}, not {lags!r:.60}")
        if not isinstance(timed, bool) or not isinstance(edges, list):
            raise NetworkError("card fields inputs.timed and inputs.edges must be a truth value and a list")
        channels = len(edges) - timed - (len(changes) if isinstance(changes, list) else 0)
        for name, found in (("changes", changes), ("wandering", wandering)):
            if not are_channels(found, channels):
                raise NetworkError(f"card field inputs.{name} must have numbers of {channels} channels, each at most once")
        if wandering and about.get("recent") != RECENT:
            raise NetworkError(f"card field inputs.recent must be {RECENT}, not {about.get('recent')!r:.60}")
        edges = bounds_of_card(edges).edges
        made = cls(edges=edges, lags=lags, timed=timed, changes=tuple(changes), wandering=tuple(wandering))
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


Series = list[Numbers]
"""Of one channel, a list of signals (steps,), in units of its largest number."""


def _channels(signals: Sequence[Numbers] | X, is_such: Callable[[Series], bool]) -> tuple[int, ...]:
    """The numbers of the channels that ``is_such``; none that is constant at 0, or too large for squares."""
    found = []
    for channel in range(signals[0].shape[1]):
        series = [signal[:, channel] for signal in signals]
        most = max(np.nanmax(np.abs(one), initial=0.0) for one in series)
        if 0 < most <= LARGEST and is_such([one / most for one in series]):
            found.append(channel)
    return tuple(found)


def _stays(series: Series) -> bool:
    now, before = (np.concatenate([one[part] for one in series]) for part in (slice(1, None), slice(None, -1)))
    there = ~np.isnan(now) & ~np.isnan(before)
    return bool(there.any() and ((now - before)[there] ** 2).mean() < now[there].var())


def _wanders(series: Series) -> bool:
    parts = [one[low : low + RECENT] for one in series for low in range(0, len(one), RECENT)]
    there = [part[~np.isnan(part)] for part in parts]
    within = np.concatenate([part - part.mean() for part in there if len(part)])
    return bool((within**2).mean() < WANDERING * np.concatenate(there).var())


def _recent_means(numbers: Numbers) -> Numbers:
    """(steps,): of (steps,) the means of the last :data:`RECENT`, as far as they are there; NaN where none is."""
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([np.full(RECENT - 1, np.nan), numbers]), RECENT)
    there = ~np.isnan(windows)
    count = there.sum(axis=1)
    with np.errstate(over="ignore"):
        sums = np.where(there, windows, 0.0).sum(axis=1)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
