"""From numbers of any scale to latencies: the rank of a number among those of the training part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...integer.layer import Int16, NetworkError
from ..inputs import Inputs

LEVELS = 240
"""The latest latency of a number; the earliest is 0. In sixteenths (``frac`` 4), so that jitter blurs what lies close together."""

MISSING = 256
"""Latency of a number that is missing: later than all others."""

REFERENCES = tuple(range(2, LEVELS + 5, 4))
"""Latencies of the reference neurons: a number beside one of them asks "is it above this quantile?"; beside the last, "is it missing?"."""

MOST_BOUNDS = 3_500_000
"""Bounds that a network's file has room for: its header takes 100 MB."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Quantiles(Inputs):
    """A map for each of the inputs. ``edges``: its bounds, rising, at most :data:`LEVELS` of them.

    A number above k of e bounds spikes at k * LEVELS // e; where there is no bound, all do at 0.
    """

    @classmethod
    def fit(cls, x: Numbers) -> "Quantiles":
        """Of (samples, inputs) numbers, finite or NaN: bounds halfway between neighbours, at as many samples from bound to bound."""
        return cls(edges=tuple(map(_edges, x.T)))

    @classmethod
    def reaching(cls, x: Numbers) -> "Quantiles":
        """Of the same: half of the bounds as :meth:`fit` sets them, half at equal distances, and the least and the largest number as the
        first and the last one, so that what lies beyond them has latencies of its own: 0, and :data:`LEVELS`."""
        return cls(edges=tuple(map(_reaching, x.T)))

    @property
    def count(self) -> int:
        return len(self.edges)

    @property
    def columns(self) -> int:
        return len(self.edges)

    def fields(self) -> dict[str, Any]:
        return {"levels": LEVELS, "missing": MISSING, "edges": [edges.tolist() for edges in self.edges]}

    @classmethod
    def of_card(cls, about: Mapping[str, Any], *, inputs: int) -> "Quantiles":
        edges = about.get("edges")
        if not isinstance(edges, list) or len(edges) != inputs:
            raise NetworkError(f"card field inputs.edges must have the bounds of {inputs} inputs")
        return bounds_of_card(edges)

    @classmethod
    def read(cls, edges: Sequence[Sequence[float]]) -> "Quantiles":
        """From lists, such as a network's card has; what is no such map is a ``ValueError``."""
        found = []
        for number, row in enumerate(edges):
            if not isinstance(row, list) or not all(isinstance(value, int | float) and not isinstance(value, bool) for value in row):
                raise ValueError(f"the bounds of input {number} must be a list of numbers")
            try:
                bounds = np.array(row, np.float64)
            except OverflowError:
                bounds = np.array([np.inf])
            if len(bounds) > LEVELS or not np.isfinite(bounds).all() or not (bounds[1:] > bounds[:-1]).all():
                raise ValueError(f"the bounds of input {number} must be at most {LEVELS} finite numbers that rise")
            found.append(bounds)
        return cls(edges=tuple(found))

    def latencies(self, x: Numbers) -> Int16:
        """(samples, inputs) numbers, NaN where one is missing, as latencies."""
        out = np.zeros(x.shape, np.int16)
        for column, edges in enumerate(self.edges):
            values = x[:, column]
            if len(edges):
                out[:, column] = np.searchsorted(edges, values) * LEVELS // len(edges)
            out[np.isnan(values), column] = MISSING
        return out


def bounds_of_card(edges: Sequence[Any]) -> Quantiles:
    """From the field ``inputs.edges`` of a card; ``NetworkError`` where it is no such map."""
    try:
        return Quantiles.read(edges)
    except ValueError as error:
        raise NetworkError(f"card field inputs.edges: {error}") from None


def _edges(values: Numbers) -> Numbers:
    there = np.sort(values[~np.isnan(values)])
    if len(there) == 0:
        return there
    distinct, first = np.unique(there, return_index=True)
    if len(distinct) > LEVELS + 1:  # else every gap is a bound
        ranks = np.arange(1, LEVELS + 1) * len(there) // (LEVELS + 1)
        upper = np.unique(np.searchsorted(first, ranks, side="right") - 1)
        upper = upper[upper > 0]
    else:
        upper = np.arange(1, len(distinct))
    bounds = distinct[upper - 1] / 2 + distinct[upper] / 2
    return np.unique(np.where(bounds >= distinct[upper], distinct[upper - 1], bounds))  # rounded up to the upper of two neighbours


def _reaching(values: Numbers) -> Numbers:
    there = values[~np.isnan(values)]
    if len(there) == 0:
        return there
    low, high = there.min(), there.max()
    half = LEVELS // 2 - 1
    ranks = _edges(there)
    if len(ranks) > half:
        ranks = ranks[np.linspace(0, len(ranks) - 1, half).round().astype(int)]
    apart = np.linspace(low / 4, high / 4, half + 2)[1:-1] * 4  # of a quarter, for the whole may be more than a float holds
    below = np.nextafter(low, np.finfo(np.float64).min)
    return np.unique(np.concatenate([ranks, apart.clip(low, high), [below, high]]))
