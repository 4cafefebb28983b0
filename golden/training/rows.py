"""Rows under training, and plain layers of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..compiled.adam import Update, Weights, adam_tables
from ..compiled.aligned import aligned, aligned_copy, aligned_zeros
from ..compiled.layer import Flat, flatten
from ..model.grow import cut, deepen
from ..model.layer import Float32, FloatLayer
from .workers import Share

Int32 = npt.NDArray[np.int32]


@dataclass(kw_only=True)
class Rows:
    """(R, n_out) rows, aligned: ``weights``; ``used``, what the forward pass reads: the weights, or their rounding; Adam's moments."""

    weights: Float32
    used: Float32
    first: Float32
    second: Float32
    unit: float = 0.0
    limit: float = 0.0

    @classmethod
    def of(cls, weights: Float32) -> "Rows":
        own = aligned_copy(weights)
        return cls(weights=own, used=own, first=aligned_zeros(own.shape), second=aligned_zeros(own.shape))

    def round(self, unit: float, limit: float) -> None:
        """From now on the forward pass reads multiples of ``unit`` within +-``limit`` of them."""
        self.unit, self.limit = unit, float(limit)
        self.used = aligned((np.clip(np.rint(self.weights / unit), -limit, limit) * unit).astype(np.float32))

    def each(self, function: Callable[[Float32], Float32]) -> "Rows":
        """Weights, rounding and moments, each put through ``function``."""
        weights, first, second = (aligned(function(array)) for array in (self.weights, self.first, self.second))
        used = weights if self.used is self.weights else aligned(function(self.used))
        return replace(self, weights=weights, used=used, first=first, second=second)

    def compiled(self) -> Weights:
        return Weights(self.weights, self.used, self.first, self.second, self.unit, self.limit)


@dataclass(kw_only=True)
class LayerRows:
    """The flattened tables of a plain layer of which each has its first ``depth`` pairs so far."""

    layer: FloatLayer
    depth: int
    flat: Flat
    rows: Rows

    @classmethod
    def of(cls, layer: FloatLayer, *, depth: int | None = None) -> "LayerRows":
        """``layer`` cut to ``depth`` pairs a table, None: whole (golden/model/grow.py)."""
        depth = max(group.n_c for group in layer.groups) if depth is None else depth
        rows, flat = flatten(cut(layer, depth))
        return cls(layer=layer, depth=depth, flat=flat, rows=Rows.of(rows))

    def update(self, share: Share, used: Int32, grad: Float32, update: Update) -> None:
        """One Adam step from the rows ``used`` (B, T, n_t) and dL/d(the sum) ``grad`` (B, T, n_out)."""
        share(adam_tables, len(self.flat.low), self.rows.compiled(), self.flat.low, self.flat.size, used, grad, update)

    def deepen(self, depth: int) -> None:
        """Give every table its first ``depth`` pairs, its rows copied."""
        self.rows = self.rows.each(lambda rows: deepen(rows, self.layer, depth=self.depth, to=depth))
        self.flat = flatten(cut(self.layer, depth))[1]
        self.depth = depth

    def write(self) -> None:
        """The layer's tables become what the forward pass reads now."""
        whole = max(group.n_c for group in self.layer.groups)
        rows, low = deepen(self.rows.used, self.layer, depth=self.depth, to=max(whole, self.depth)), 0
        for group in self.layer.groups:
            high = low + (group.n_t << group.n_c)
            group.tables[:] = rows[low:high].reshape(group.tables.shape)
            low = high


def embedder(embed: Float32) -> LayerRows:
    """The rows of an embedder (n_sym, n), a single table that symbols address."""
    none = np.zeros(0, np.int32)
    flat = Flat(np.zeros((0, 4), np.int32), none, none, np.zeros(1, np.int32), np.array([len(embed)], np.int32))
    return LayerRows(layer=FloatLayer(groups=()), depth=0, flat=flat, rows=Rows.of(embed))
