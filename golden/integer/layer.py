"""LUT layers of integers, and the limits that the contract of docs/reference/numbers.md sets."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

ENTRY_LIMIT = {4: 7, 8: 127}  # largest |entry| for a width in bits
LATENCY_MAX = 32767
MAX_NC = 16  # anchor pairs of a table: an index has 16 bits
MAX_SHIFT = 3

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]


class NetworkError(ValueError):
    """A network that breaks the contract; the message is one sentence naming field and limit."""


Entries = TypeVar("Entries", bound=npt.NDArray[Any])


@dataclass(frozen=True, kw_only=True)
class Group(Generic[Entries]):
    """Tables: (n_t, 2**n_c, n_out). ``anchors``: (n_t, n_c, 2), the pairs (a, b), pair r giving index bit r."""

    anchors: Int16
    tables: Entries

    @property
    def n_t(self) -> int:
        return self.anchors.shape[0]

    @property
    def n_c(self) -> int:
        return self.anchors.shape[1]


class TableGroup(Group[Int8]):
    """Of integers."""


AnyGroup = TypeVar("AnyGroup", bound=Group[Any])


@dataclass(frozen=True, kw_only=True)
class Groups(Generic[AnyGroup]):
    """Groups of tables over the same inputs and outputs; their rows add up (Eq. 3)."""

    groups: tuple[AnyGroup, ...]

    @property
    def n_out(self) -> int:
        return self.groups[0].tables.shape[2]

    @property
    def n_t(self) -> int:
        return sum(group.n_t for group in self.groups)


@dataclass(frozen=True, kw_only=True)
class Layer(Groups[TableGroup]):
    """A LUT layer (Eq. 1-3): groups of tables, the entries' width in bits (4 or 8) and the left shift (0..3) at write-back."""

    bits: int = 8
    shift: int = 0

    def bound(self) -> npt.NDArray[np.int64]:
        """(n_out,): the largest |sum| the tables can make in each column, before the shift."""
        largest = [np.abs(group.tables.astype(np.int64)).max(axis=1).sum(axis=0) for group in self.groups]
        return np.sum(largest, axis=0, dtype=np.int64)


def require(good: bool, message: str) -> None:
    """Raise ``NetworkError`` unless ``good``."""
    if not good:
        raise NetworkError(message)


def is_array(value: object, dtype: npt.DTypeLike, ndim: int) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.ndim == ndim


def require_int(value: object, low: int, high: int, name: str) -> None:
    require(isinstance(value, int) and low <= value <= high, f"{name} must be {low}..{high}, not {value!r:.60}")


def require_below(values: npt.NDArray[np.integer], count: int, message: str) -> None:
    """Every one of ``values`` must be 0..``count`` - 1; ``message`` goes on with the one that isn't."""
    low, high = int(values.min()), int(values.max())
    require(low >= 0 and high < count, f"{message}, found {low if low < 0 else high}")


def require_pairs(anchors: Int16, *, n: int, name: str) -> None:
    require_below(anchors, n, f"{name} must be 0..{n - 1}")
    require(bool(np.all(anchors[..., 0] != anchors[..., 1])), f"{name} must pair two different neurons")


def require_bound(bound: npt.NDArray[np.int64], name: str) -> None:
    """``bound``: the largest |sum| of each column."""
    column = int(bound.argmax())
    require(int(bound[column]) <= LATENCY_MAX, f"{name} could sum to {int(bound[column])} in column {column}, the limit is {LATENCY_MAX}")


def require_width(bits: object, name: str) -> None:
    require(isinstance(bits, int) and bits in ENTRY_LIMIT, f"{name} must have entries of 4 or 8 bits, not {bits!r:.60}")


def validate_entries(entries: Int8, *, name: str, bits: int) -> None:
    require_width(bits, name)
    limit = ENTRY_LIMIT[bits]
    largest = int(np.abs(entries.astype(np.int16)).max())
    require(largest <= limit, f"{name} has an entry of magnitude {largest}, the limit of int{bits} is {limit}")


def validate_layer(layer: Layer, *, name: str, n: int, n_out: int | None = None, extra: npt.NDArray[np.int64] | int = 0) -> None:
    require_int(layer.shift, 0, MAX_SHIFT, f"{name}.shift")
    require(len(layer.groups) > 0, f"{name} must have at least one table")
    for index, group in enumerate(layer.groups):
        where = f"{name}.group.{index}"
        require(is_array(group.anchors, np.int16, 3), f"{where}.anchors must be an int16 array of 3 dimensions")
        require(is_array(group.tables, np.int8, 3), f"{where}.tables must be an int8 array of 3 dimensions")
        require(group.anchors.shape[2] == 2, f"{where}.anchors must hold pairs, not {group.anchors.shape[2]} neurons")
        require(1 <= group.n_c <= MAX_NC, f"{where} must have 1..{MAX_NC} anchor pairs a table, not {group.n_c}")
        require(group.n_t >= 1, f"{where} must have at least one table")
        rows = (group.n_t, 1 << group.n_c)
        require(group.tables.shape[:2] == rows, f"{where}.tables must be {rows[0]} x {rows[1]} rows, not {group.tables.shape[:2]}")
        columns = group.tables.shape[2]
        wanted = layer.groups[0].tables.shape[2] if n_out is None else n_out
        require(columns == wanted, f"{where}.tables must have {wanted} columns, not {columns}")
        require(1 <= columns <= LATENCY_MAX, f"{where}.tables must have 1..{LATENCY_MAX} columns, not {columns}")
        require_pairs(group.anchors, n=n, name=f"{where}.anchors")
        validate_entries(group.tables, name=f"{where}.tables", bits=layer.bits)
    require_bound((layer.bound() + extra) << layer.shift, name)
