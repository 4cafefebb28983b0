"""A LUT layer in plain NumPy: the equations as the paper writes them, and the reference the compiled path is tested against.

Source: E. Izhikevich, Spiking Manifesto (arXiv 2512.11843), Eq. 1-8.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..integer.layer import Group, Groups, Int16

LARGEST = 2.0**30  # of an entry in a file, far beyond what training makes

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
Arrays = dict[str, npt.NDArray[np.generic]]


class FloatGroup(Group[Float32]):
    """Of float32, changed in place by a trainer."""


class FloatLayer(Groups[FloatGroup]):
    """A LUT layer of float tables."""

    @classmethod
    def zero(cls, *groups: Int16, n_out: int) -> "FloatLayer":
        """All tables zero, as in the paper; ``groups``: the anchors (n_t, n_c, 2) of each."""
        tables = (np.zeros((len(anchors), 1 << anchors.shape[1], n_out), np.float32) for anchors in groups)
        return cls(groups=tuple(FloatGroup(anchors=a, tables=t) for a, t in zip(groups, tables, strict=True)))

    @property
    def tables(self) -> list[Float32]:
        """Of each group."""
        return [group.tables for group in self.groups]


@dataclass(frozen=True, kw_only=True)
class TextModel(ABC):
    """A float network that reads symbols: ``embed`` (n_sym, n), its embedder, and ``output``, n to n_sym; larger outputs are likelier.

    A trainer changes its arrays in place.
    """

    embed: Float32
    output: FloatLayer

    @property
    def n(self) -> int:
        return self.embed.shape[1]

    @property
    def n_sym(self) -> int:
        return self.embed.shape[0]

    @abstractmethod
    def arrays(self) -> Arrays:
        """Everything by name, for a network file."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """The inverse of :meth:`arrays`; a missing or misshapen array raises ``ValueError`` or ``KeyError``."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a forward pass leaves for the backward pass, all (batch, n_t).

    ``row``: the index j of Eq. 1. ``other``: jbar, j with the bit of the smallest |u| flipped.
    ``used``: the row added to the output: j, or jbar where jitter flipped it.
    ``nearest``: the pair r of that bit. ``u``: its latency difference x[a] - x[b].
    """

    row: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    used: npt.NDArray[np.int64]
    nearest: npt.NDArray[np.int64]
    u: Floats


def uncertainty(u: Floats) -> Floats:
    """U(u) = 0.5 / (1 + |u|): how nearly the nearest bit flips."""
    return 0.5 / (1 + np.abs(u))


def slope(u: Floats) -> Floats:
    """U'(u) = -0.5 sign(u) / (1 + |u|)**2, with sign(0) = -1."""
    return np.where(u > 0, -0.5, 0.5) / np.square(1 + np.abs(u))


def look(anchors: Int16, x: Floats, *, jitter: float = 0.0, rng: np.random.Generator | None = None) -> Look:
    """Indices of one group for the latencies ``x`` (batch, n): Eq. 1. Of equally small |u| the lowest pair is the nearest.

    With ``jitter`` > 0 (training only) the nearest bit of a table flips with probability jitter * U(u), drawn from ``rng``.
    """
    pairs = anchors.astype(np.int64)
    u = x[:, pairs[..., 0]] - x[:, pairs[..., 1]]  # (batch, n_t, n_c)
    weights = 1 << np.arange(pairs.shape[1], dtype=np.int64)
    row = ((u > 0) * weights).sum(axis=2)
    nearest = np.abs(u).argmin(axis=2)
    smallest = np.take_along_axis(u, nearest[..., None], axis=2)[..., 0]
    other = row ^ (1 << nearest)
    used = row
    if jitter > 0:
        if rng is None:
            raise ValueError("jitter needs a generator")
        used = np.where(rng.random(row.shape) < jitter * uncertainty(smallest), other, row)
    return Look(row=row, other=other, used=used, nearest=nearest, u=smallest)


def forward(layer: FloatLayer, x: Floats, *, jitter: float = 0.0, rng: np.random.Generator | None = None) -> tuple[Floats, list[Look]]:
    """Eq. 2 and 3: (batch, n) latencies to the (batch, n_out) sums of rows, and one :class:`Look` a group."""
    y: Floats = np.zeros((len(x), layer.n_out), layer.groups[0].tables.dtype)
    looks = []
    for group in layer.groups:
        seen = look(group.anchors, x, jitter=jitter, rng=rng)
        for table in range(group.n_t):
            y += group.tables[table, seen.used[:, table]]
        looks.append(seen)
    return y, looks


def backward(layer: FloatLayer, looks: list[Look], grad: Floats, *, n: int) -> tuple[Floats, list[Floats]]:
    """From dL/dy (batch, n_out): dL/dx (batch, n) by Eq. 7 and 8, and dL/dS of each group, added up over the batch (only used rows)."""
    batch = np.arange(len(grad))
    dx = np.zeros((len(grad), n), grad.dtype)
    d_tables = []
    for group, seen in zip(layer.groups, looks, strict=True):
        d_group = np.zeros_like(group.tables)
        d_u = slope(seen.u)
        for table in range(group.n_t):
            rows = group.tables[table]
            np.add.at(d_group[table], seen.used[:, table], grad)
            gain = np.einsum("bc,bc->b", grad, rows[seen.other[:, table]] - rows[seen.row[:, table]])  # Eq. 7
            a, b = group.anchors[table, seen.nearest[:, table]].astype(np.int64).T
            change = d_u[:, table] * gain
            np.add.at(dx, (batch, a), change)  # Eq. 8
            np.add.at(dx, (batch, b), -change)
        d_tables.append(d_group)
    return dx, d_tables


def layer_arrays(where: str, layer: FloatLayer) -> Arrays:
    """``where.G.anchors`` and ``where.G.tables`` of each group, for a network file."""
    return {f"{where}.{g}.{name}": getattr(group, name) for g, group in enumerate(layer.groups) for name in ("anchors", "tables")}


def layer_from(arrays: Arrays, where: str, *, n: int, n_out: int) -> FloatLayer:
    """The inverse of :func:`layer_arrays`; a missing or misshapen array raises ``KeyError`` or ``ValueError``."""
    groups: list[FloatGroup] = []
    while f"{where}.{len(groups)}.anchors" in arrays:
        name = f"{where}.{len(groups)}"
        anchors, tables = taken(arrays, f"{name}.anchors", np.int16, ndim=3), taken(arrays, f"{name}.tables", np.float32, ndim=3)
        if tables.shape != (len(anchors), 1 << anchors.shape[1], n_out):
            raise ValueError(f"{name} has tables of shape {tables.shape}, which its anchors do not fit")
        check_anchors(name, anchors, n)
        groups.append(FloatGroup(anchors=anchors, tables=tables))
    if not groups:
        raise ValueError(f"{where} has no tables")
    return FloatLayer(groups=tuple(groups))


def taken(arrays: Arrays, name: str, kind: type[np.generic], *, ndim: int) -> npt.NDArray[Any]:
    """A copy of an array of a file; ``ValueError`` unless it is of type ``kind`` with ``ndim`` dimensions, its entries finite and sane."""
    array = arrays[name]
    if array.dtype != kind or array.ndim != ndim:
        raise ValueError(f"{name} must be {np.dtype(kind)} of {ndim} dimensions, not {array.dtype} of {array.ndim}")
    if not (np.abs(array) <= LARGEST).all():
        raise ValueError(f"{name} has entries that are not finite, or beyond +-{LARGEST:.0f}")
    return array.copy()


def check_anchors(where: str, anchors: Int16, n: int) -> None:
    """Refuse (``ValueError``) what is no (n_t, n_c, 2) array of pairs of 0..n-1."""
    if anchors.ndim != 3 or anchors.shape[2] != 2 or anchors.min() < 0 or anchors.max() >= n:
        raise ValueError(f"{where} has anchors that are no pairs of 0..{n - 1}")
