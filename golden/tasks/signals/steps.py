"""From the numbers of a signal to the latencies that a network is given at each of its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ...integer.layer import Int16, NetworkError
from ..fitting.quantiles import Numbers, Quantiles, bounds_of_card
from ..inputs import Inputs, X

MOST_LAGS = 64


@dataclass(frozen=True, kw_only=True)
class Steps(Inputs):
    """``edges``: of each channel and, if ``timed``, of the number of the step, from 0. A step is given the latencies of the last ``lags``
    samples, the newest first, then its number's; before a signal begins its first sample stands."""

    lags: int
    timed: bool

    @classmethod
    def fit(cls, signals: Sequence[Numbers] | X, *, lags: int, timed: bool) -> Self:
        """Of (steps, channels) numbers, finite or NaN."""
        numbers = np.concatenate([_with_time(signal) if timed else signal for signal in signals])
        return cls(edges=Quantiles.fit(numbers).edges, lags=lags, timed=timed)

    @property
    def quantiles(self) -> Quantiles:
        """The map of a step's numbers."""
        return Quantiles(edges=self.edges)

    @property
    def count(self) -> int:
        return self.columns * self.lags + self.timed

    @property
    def columns(self) -> int:
        return len(self.edges) - self.timed

    def latencies(self, x: Sequence[Numbers] | X) -> list[Int16]:
        """Of signals, each (steps, channels) numbers, NaN where one is missing, the (steps, inputs) latencies."""
        return [self._of_one(signal) for signal in x]

    def _of_one(self, signal: Numbers) -> Int16:
        made = self.quantiles.latencies(_with_time(signal) if self.timed else signal)
        samples = made[:, : self.columns]
        lagged = [samples[np.maximum(np.arange(len(samples)) - lag, 0)] for lag in range(self.lags)]
        return np.concatenate([*lagged, made[:, self.columns :]], axis=1)

    def fields(self) -> dict[str, Any]:
        return {**self.quantiles.fields(), "lags": self.lags, "timed": self.timed}

    @classmethod
    def of_card(cls, about: Mapping[str, Any], *, inputs: int) -> Self:
        lags, timed, edges = about.get("lags"), about.get("timed"), about.get("edges")
        if isinstance(lags, bool) or not isinstance(lags, int) or not 1 <= lags <= MOST_LAGS:
            raise NetworkError(f"card field inputs.lags must be 1..{MOST_LAGS}, not {lags!r:.60}")
        if not isinstance(timed, bool) or not isinstance(edges, list):
            raise NetworkError("card fields inputs.timed and inputs.edges must be a truth value and a list")
        made = cls(edges=bounds_of_card(edges).edges, lags=lags, timed=timed)
        if made.count != inputs or made.columns < 1:
            raise NetworkError(f"card fields inputs.edges, lags and timed must make {inputs} inputs, not {made.count}")
        return made


def _with_time(signal: Numbers) -> Numbers:
    return np.concatenate([signal, np.arange(len(signal), dtype=np.float64)[:, None]], axis=1)
