"""Entries that learn: words wider than what the forward pass reads (docs/reference/learning-rule.md, "Words")."""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ..compiled.layer import Flat, flatten
from ..integer.layer import ENTRY_LIMIT, LATENCY_MAX, Int8, Int16, Layer, NetworkError, TableGroup, require

MAX_WORD = 16
"""Bits of a word."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """A word of ``read`` bits, which are an entry of the network (4 or 8), and ``below`` bits under them. Its name is int4+4, int8+8."""

    read: int
    below: int

    def __post_init__(self) -> None:
        if self.read not in ENTRY_LIMIT or not 0 <= self.below <= MAX_WORD - self.read:
            raise NetworkError(f"a word must have 4 or 8 bits that are read, and at most {MAX_WORD} in all, not {self.name}")

    @classmethod
    def named(cls, name: str) -> Self:
        """The inverse of :attr:`name`; int8 is int8+0."""
        found = re.fullmatch(r"int([0-9]{1,2})(?:\+([0-9]{1,2}))?", name)
        if found is None:
            raise NetworkError(f"a format must be int4 or int8, + the bits below, such as int4+4, not {name!r:.60}")
        return cls(read=int(found[1]), below=int(found[2] or 0))

    @property
    def name(self) -> str:
        return f"int{self.read}+{self.below}"

    @property
    def bits(self) -> int:
        return self.read + self.below

    @property
    def low(self) -> int:
        """The least word: entry -7 or -127, nothing below."""
        return -(ENTRY_LIMIT[self.read] << self.below)

    @property
    def high(self) -> int:
        """The largest word: entry 7 or 127, all ones below."""
        return (ENTRY_LIMIT[self.read] << self.below) + (1 << self.below) - 1

    def words(self, entries: Int8) -> Int16:
        """Words of entries, the bits below at one half, so that reading the upper bits alone rounds to nearest."""
        return ((entries.astype(np.int16) << self.below) + ((1 << self.below) >> 1)).astype(np.int16)

    def entries(self, words: Int16) -> Int8:
        """What the forward pass reads: the upper bits."""
        return (words >> self.below).astype(np.int8)

    def rest(self, words: Int16) -> npt.NDArray[np.uint16]:
        """The bits below."""
        return (words & ((1 << self.below) - 1)).astype(np.uint16)

    def joined(self, entries: Int8, rest: npt.NDArray[np.uint16]) -> Int16:
        """The inverse of :meth:`entries` and :meth:`rest`."""
        return ((entries.astype(np.int32) << self.below) | rest).astype(np.int16)


class Words(NamedTuple):
    """A layer, or an embedder, under learning.

    ``words`` (R, columns) int16: the rows of all tables, one table after another; ``visited`` (R,): rows that a step read. ``counts``
    (2,): writes, that is, entries that were to be changed by something else than 0; writes that a limit held. ``below``, ``low``,
    ``high``: of the format.
    """

    words: Int16
    visited: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.int64]
    below: int
    low: int
    high: int

    @classmethod
    def of(cls, entries: Int8, format: Format) -> "Words":
        """Of (R, columns) entries."""
        rows = len(entries)
        return cls(format.words(entries), np.zeros(rows, np.bool_), np.zeros(2, np.int64), format.below, format.low, format.high)

    def join(self, format: Format, rest: object, *, name: str) -> None:
        """Give the words the bits below that :meth:`Format.rest` took from them; ``NetworkError`` where ``rest`` is no such array."""
        good = isinstance(rest, np.ndarray) and rest.dtype == np.uint16 and rest.shape == self.words.shape
        require(good and int(rest.max()) < 1 << format.below, f"learn.{name} must be uint16 below {1 << format.below}, {self.words.shape}")  # type: ignore[attr-defined]
        self.words[:] = format.joined(format.entries(self.words), rest)  # type: ignore[arg-type]


class Learning(NamedTuple):
    """A layer under learning: its ``rows``, their ``flat`` shape, the ``shift`` at write-back, and the ``first`` table that learns, and
    all after it."""

    rows: Words
    flat: Flat
    shift: int
    first: int

    def learns(self) -> Words:
        """The rows of the tables that learn."""
        low = int(self.flat.low[self.first])
        return self.rows._replace(words=self.rows.words[low:], visited=self.rows.visited[low:])


def widest(layer: Layer, format: Format, *, first: int) -> int:
    """The largest sum of the layer at write-back, whatever the tables from ``first`` on learn."""
    largest = np.concatenate([np.abs(group.tables.astype(np.int64)).max(axis=1) for group in layer.groups])
    return int(largest[:first].sum(axis=0).max()) + (layer.n_t - first) * ENTRY_LIMIT[format.read] << layer.shift


def learning(layer: Layer, format: Format, *, name: str, first: int = 0) -> Learning:
    """``layer`` under learning, from table ``first`` on. ``NetworkError`` where entries that learn could make a sum leave 16 bits."""
    most = widest(layer, format, first=first)
    require(most <= LATENCY_MAX, f"{name} can't learn: its {layer.n_t} tables could sum to {most}, the limit is {LATENCY_MAX}")
    rows, flat = flatten(layer)
    return Learning(Words.of(rows, format), flat, layer.shift, first)


def with_rows(layer: Layer, rows: Int8) -> Layer:
    """``layer`` with these rows, one table after another."""
    groups, low = [], 0
    for group in layer.groups:
        count = group.n_t << group.n_c
        tables = np.asarray(rows[low : low + count]).reshape(group.n_t, 1 << group.n_c, -1).copy()
        groups.append(TableGroup(anchors=group.anchors, tables=tables))
        low += count
    return replace(layer, groups=tuple(groups))
