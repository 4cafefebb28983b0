"""From the numbers of a signal to the latencies that a network is given at each of its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ...integer.layer import Int16, NetworkError
from ..fitting.quantiles import LEVELS, MISSING, Numbers, Quantiles

MOST_LAGS = 64


@dataclass(frozen=True, kw_only=True)
class Steps:
    """``quantiles``: the map of each channel and, if ``timed``, of the number of the step, from 0. A step is given the latencies of the
    last ``lags`` samples, the newest first, then its number's; before a signal begins its first sample stands."""

    quantiles: Quantiles
    lags: int
    timed: bool

    @classmethod
    def fit(cls, signals: Sequence[Numbers], *, lags: int, timed: bool) -> Self:
        """Of (steps, channels) numbers, finite or NaN."""
        numbers = np.concatenate([_with_time(signal) if timed else signal for signal in signals])
        return cls(quantiles=Quantiles.fit(numbers), lags=lags, timed=timed)

    @property
    def channels(self) -> int:
        return len(self.quantiles.edges) - self.timed

    @property
    def inputs(self) -> int:
        """Of a step."""
        return self.channels * self.lags + self.timed

    def latencies(self, signal: Numbers) -> Int16:
        """(steps, channels) numbers, NaN where one is missing, to (steps, inputs) latencies."""
        made = self.quantiles.latencies(_with_time(signal) if self.timed else signal)
        samples = made[:, : self.channels]
        lagged = [samples[np.maximum(np.arange(len(samples)) - lag, 0)] for lag in range(self.lags)]
        return np.concatenate([*lagged, made[:, self.channels :]], axis=1)

    def fields(self) -> dict[str, Any]:
        """Their part of a card, JSON alone."""
        edges = [edges.tolist() for edges in self.quantiles.edges]
        return {"levels": LEVELS, "missing": MISSING, "edges": edges, "lags": self.lags, "timed": self.timed}

    @classmethod
    def read(cls, card: Mapping[str, Any], *, inputs: int) -> Self:
        """From the card of a network with so many inputs; ``NetworkError`` where it doesn't fit."""
        about = card.get("inputs")
        if not isinstance(about, dict) or (about.get("levels"), about.get("missing")) != (LEVELS, MISSING):
            raise NetworkError(f"card field inputs must be an object with {LEVELS} levels, and {MISSING} where a number is missing")
        lags, timed, edges = about.get("lags"), about.get("timed"), about.get("edges")
        if isinstance(lags, bool) or not isinstance(lags, int) or not 1 <= lags <= MOST_LAGS:
            raise NetworkError(f"card field inputs.lags must be 1..{MOST_LAGS}, not {lags!r:.60}")
        if not isinstance(timed, bool) or not isinstance(edges, list):
            raise NetworkError("card fields inputs.timed and inputs.edges must be a truth value and a list")
        try:
            made = cls(quantiles=Quantiles.read(edges), lags=lags, timed=timed)
        except ValueError as error:
            raise NetworkError(f"card field inputs.edges: {error}") from None
        if made.inputs != inputs or not made.channels:
            raise NetworkError(f"card fields inputs.edges, lags and timed must make {inputs} inputs, not {made.inputs}")
        return made


def _with_time(signal: Numbers) -> Numbers:
    return np.concatenate([signal, np.arange(len(signal), dtype=np.float64)[:, None]], axis=1)
