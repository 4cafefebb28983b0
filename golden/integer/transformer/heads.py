"""The heads of an integer transformer's blocks: the numbers of docs/reference/transformer.md."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..layer import (
    MAX_NC,
    MAX_SHIFT,
    Int8,
    Int16,
    Layer,
    NetworkError,
    is_array,
    require,
    require_below,
    require_bound,
    require_int,
    require_pairs,
    require_width,
    validate_entries,
    validate_layer,
)
from ..source import Source, typed

MAX_CONTEXT = 1024
HEAD_ARRAYS = ("query", "key", "place", "tables")


@dataclass(frozen=True, kw_only=True)
class Head:
    """Tables addressed by pairs of positions: index = query bits << (n_k + p) | key bits << p | position bits.

    ``query`` (n_t, n_q, 2), ``key`` (n_t, n_k, 2): anchors (a, b) in the latencies of position i and of position j before it, pair r
    giving bit r. ``place`` (context - 1, n_t): row d - 1 holds the p position bits for j = i - d. ``tables``: (n_t, 2**(n_q + n_k + p), n).
    """

    query: Int16
    key: Int16
    place: Int16
    tables: Int8

    @property
    def n_t(self) -> int:
        return self.query.shape[0]

    @property
    def context(self) -> int:
        """Positions that the cache holds, the newest included."""
        return self.place.shape[0] + 1

    @property
    def p(self) -> int:
        """Position bits of an index."""
        return self.tables.shape[1].bit_length() - 1 - self.query.shape[1] - self.key.shape[1]

    @property
    def shared(self) -> bool:
        """Whether one index serves as query and as key, so that the core makes it once."""
        return np.array_equal(self.query, self.key)

    def bound(self) -> npt.NDArray[np.int64]:
        """(n,): the largest |sum| that the rows of one position, or any part of them, can make in each column.

        All rows of a table for one position have the same query bits, and each distance its own position bits: per table, the worst
        query bits; for these, the sum over the distances of the worst key bits.
        """
        n = self.tables.shape[2]
        total = np.zeros(n, np.int64)
        for rows, place in zip(self.tables, self.place.T, strict=True):
            sizes = np.abs(rows.astype(np.int16)).reshape(1 << self.query.shape[1], 1 << self.key.shape[1], 1 << self.p, n)
            often = np.bincount(place, minlength=1 << self.p)  # distances with each position's bits
            total += np.einsum("qpn,p->qn", sizes.max(axis=1), often).max(axis=0)
        return total


@dataclass(frozen=True, kw_only=True)
class TransformerBlock:
    """``parts``: how many heads, in order, are added up before each write-back. ``bits`` and ``shift`` are those of all heads."""

    heads: tuple[Head, ...]
    parts: tuple[int, ...]
    bits: int = 8
    shift: int = 0
    feed: Layer | None = None

    def groups(self) -> list[tuple[Head, ...]]:
        """The heads of each part."""
        edges = np.cumsum((0, *self.parts)).tolist()
        return [self.heads[low:high] for low, high in pairwise(edges)]


def validate_block(block: TransformerBlock, *, name: str, n: int, context: int) -> None:
    """Refuse a block of a network of ``n`` latencies that breaks docs/reference/transformer.md (``NetworkError``, one sentence)."""
    require_int(block.shift, 0, MAX_SHIFT, f"{name}.shift")
    require_width(block.bits, name)
    require(len(block.heads) >= 1, f"{name} must have at least one head")
    good = all(isinstance(part, int) and part >= 1 for part in block.parts) and sum(block.parts) == len(block.heads)
    require(good, f"{name}.parts must count its {len(block.heads)} heads, not {block.parts!r:.60}")
    for index, head in enumerate(block.heads):
        _validate_head(head, name=f"{name}.heads.{index}", bits=block.bits, n=n, context=context)
        same = head.tables.shape == block.heads[0].tables.shape and head.key.shape == block.heads[0].key.shape
        require(same, f"{name}.heads.{index} must have the shape of {name}.heads.0")
    for index, heads in enumerate(block.groups()):
        require_bound(np.sum([head.bound() for head in heads], axis=0) << block.shift, f"{name} part {index}")
    if block.feed is not None:
        validate_layer(block.feed, name=f"{name}.feed", n=n, n_out=n)


def _validate_head(head: Head, *, name: str, bits: int, n: int, context: int) -> None:
    for kind in ("query", "key"):
        anchors = getattr(head, kind)
        require(is_array(anchors, np.int16, 3) and anchors.shape[2] == 2, f"{name}.{kind} must be an int16 array of pairs")
        require(anchors.shape[0] >= 1 and anchors.shape[1] >= 1, f"{name}.{kind} must have at least one table and pair")
        require_pairs(anchors, n=n, name=f"{name}.{kind}")
    require(len(head.key) == head.n_t, f"{name}.key must be of {head.n_t} tables, not {len(head.key)}")
    require(is_array(head.tables, np.int8, 3), f"{name}.tables must be an int8 array of 3 dimensions")
    rows = head.tables.shape[1]
    require(rows >= 2 and rows & (rows - 1) == 0, f"{name}.tables must have a power of two of rows, not {rows}")
    require(head.tables.shape[::2] == (head.n_t, n), f"{name}.tables must be of {head.n_t} tables and {n} columns")
    require(head.p >= 0, f"{name}.tables must have a row for each index of {head.query.shape[1] + head.key.shape[1]} bits")
    require(rows <= 1 << MAX_NC, f"{name} must have indices of at most {MAX_NC} bits, not {rows.bit_length() - 1}")
    require(is_array(head.place, np.int16, 2), f"{name}.place must be a matrix of int16")
    require(head.place.shape == (context - 1, head.n_t), f"{name}.place must be {context - 1} x {head.n_t}")
    require(2 <= context <= MAX_CONTEXT, f"context must be 2..{MAX_CONTEXT}, not {context}")
    require_below(head.place, 1 << head.p, f"{name}.place must be of {head.p} bits")
    validate_entries(head.tables, name=f"{name}.tables", bits=bits)


def read_block(source: Source, number: int, values: Any) -> TransformerBlock:
    """Block ``number`` of a network file, ``values`` its entry in the header."""
    parts = values.get("parts") if isinstance(values, dict) else None
    if not isinstance(parts, list) or not all(isinstance(part, int) and 1 <= part <= 1024 for part in parts):
        raise NetworkError(f"header field blocks.{number}.parts must be a list of numbers of heads, not {parts!r:.60}")
    heads = []
    for h in range(sum(parts)):
        where = f"blocks.{number}.heads.{h}"
        arrays = {name: source.take(f"{where}.{name}") for name in HEAD_ARRAYS}
        if [array.ndim for array in arrays.values()] != [3, 3, 2, 3]:
            raise NetworkError(f"{where} has arrays of the wrong number of dimensions")
        heads.append(Head(**arrays))
    feed = f"blocks.{number}.feed"
    return TransformerBlock(
        heads=tuple(heads),
        parts=tuple(parts),
        bits=typed(values, "bits", int),
        shift=typed(values, "shift", int),
        feed=source.layer(feed) if feed in source.field("layers", dict) else None,
    )
