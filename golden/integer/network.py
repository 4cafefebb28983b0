"""The integer network: what training ends in, what the compiler takes, what every simulator must reproduce.

The numbers are those of docs/reference/numbers.md.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "ENTRY_LIMIT",
    "LATENCY_MAX",
    "MAX_NC",
    "MAX_SHIFT",
    "MAX_SYMBOLS",
    "Int8",
    "Int16",
    "Layer",
    "Network",
    "NetworkError",
    "TableGroup",
    "is_array",
    "require",
    "validate_entries",
    "validate_layer",
]

ENTRY_LIMIT = {4: 7, 8: 127}  # largest |entry| for a width in bits
LATENCY_MAX = 32767
MAX_NC = 16  # anchor pairs of a table: an index has 16 bits
MAX_SHIFT = 3
MAX_SYMBOLS = 256
MAX_FRAC = 15

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]


class NetworkError(ValueError):
    """A network that breaks the contract; the message is one sentence naming field and limit."""


@dataclass(frozen=True, kw_only=True)
class TableGroup:
    """Tables with the same number of anchor pairs.

    ``anchors``: (n_t, n_c, 2), the pairs (a, b), pair r giving index bit r. ``tables``: (n_t, 2**n_c, n_out).
    """

    anchors: Int16
    tables: Int8

    @property
    def n_t(self) -> int:
        return self.anchors.shape[0]

    @property
    def n_c(self) -> int:
        return self.anchors.shape[1]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A LUT layer (Eq. 1-3): groups of tables, the entries' width in bits (4 or 8) and the left shift (0..3) at write-back."""

    groups: tuple[TableGroup, ...]
    bits: int = 8
    shift: int = 0

    @property
    def n_out(self) -> int:
        return self.groups[0].tables.shape[2]

    @property
    def n_t(self) -> int:
        return sum(group.n_t for group in self.groups)

    def bound(self) -> npt.NDArray[np.int64]:
        """(n_out,): the largest |sum| the tables can make in each column, before the shift."""
        total = np.zeros(self.n_out, np.int64)
        for group in self.groups:
            total += np.abs(group.tables.astype(np.int64)).max(axis=1).sum(axis=0)
        return total


@dataclass(frozen=True, kw_only=True)
class Network:
    """An integer network of kind "deep" or "rnn"; golden/integer/transformer.py has the kind "transformer".

    ``hidden``: deep: the residual layers, n to n, any number; rnn: exactly one, S.
    ``output``: U, n to n_out, negated: the earliest spike is the likeliest.
    ``embed``: (n_sym, n) int8 for an rnn, else None; ``embed_bits`` its stored width.
    ``constants``: latencies of the reference neurons, the last of the n inputs.
    One unit of latency is 2**-frac, one of the outputs 2**-out_frac nats. ``symbols``: the byte of each symbol, -1 the unknown one.
    ``card``: provenance and figures, JSON values only.
    """

    kind: Literal["deep", "rnn", "transformer"]
    n: int
    hidden: tuple[Layer, ...]
    output: Layer
    embed: Int8 | None = None
    embed_bits: int = 8
    constants: Int16 = field(default_factory=lambda: np.zeros(0, np.int16))
    frac: int = 0
    out_frac: int = 0
    symbols: tuple[int, ...] | None = None
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def n_out(self) -> int:
        return self.output.n_out

    @property
    def n_ref(self) -> int:
        """Constant reference neurons, the last of the ``n``."""
        return len(self.constants)

    def table_bytes(self) -> int:
        """Bytes of all tables and the embedder as stored, without padding."""
        layers = [*self.hidden, self.output]
        bits = sum(group.tables.size * layer.bits for layer in layers for group in layer.groups)
        return (bits + (0 if self.embed is None else self.embed.size * self.embed_bits)) // 8

    def validate(self) -> "Network":
        """Refuse a network that breaks docs/reference/numbers.md (``NetworkError``, one sentence); return it otherwise."""
        require(self.kind in ("deep", "rnn"), f"kind must be 'deep' or 'rnn', not {self.kind!r}")
        require(isinstance(self.n, int) and 2 <= self.n <= LATENCY_MAX, f"n must be 2..{LATENCY_MAX}, not {self.n!r}")
        for name in ("frac", "out_frac"):
            value = getattr(self, name)
            require(isinstance(value, int) and abs(value) <= MAX_FRAC, f"{name} must be -{MAX_FRAC}..{MAX_FRAC}, not {value!r}")
        require(is_array(self.constants, np.int16, 1), "constants must be a vector of int16")
        require(self.n_ref < self.n, f"constants must be fewer than n = {self.n}, not {self.n_ref}")
        extra: npt.NDArray[np.int64] | None = None
        if self.kind == "rnn":
            require(len(self.hidden) == 1, f"hidden must be one layer in an rnn, not {len(self.hidden)}")
            require(self.n_ref == 0, f"constants must be empty in an rnn, not {self.n_ref} values")
            extra = self.validate_embed()
        else:
            require(self.embed is None, "embed must be absent in a deep network")
            require(self.symbols is None, "symbols must be absent in a deep network")
        for index, layer in enumerate(self.hidden):
            validate_layer(layer, name=f"hidden.{index}", n=self.n, n_out=self.n, extra=extra)
        validate_layer(self.output, name="output", n=self.n, n_out=None, extra=None)
        if self.kind == "rnn" and self.embed is not None:
            require(self.n_out == len(self.embed), f"output must have a column for each of the {len(self.embed)} symbols, not {self.n_out}")
        return self

    def validate_embed(self) -> npt.NDArray[np.int64]:
        """(n,): the largest |entry| of each column of the embedder, which must fit ``n`` and ``symbols``."""
        require(self.embed is not None, f"embed must be present in {'an rnn' if self.kind == 'rnn' else 'a transformer'}")
        embed = self.embed
        assert embed is not None
        require(is_array(embed, np.int8, 2), "embed must be a matrix of int8")
        require(embed.shape[1] == self.n, f"embed must have n = {self.n} columns, not {embed.shape[1]}")
        require(1 <= len(embed) <= MAX_SYMBOLS, f"embed must have 1..{MAX_SYMBOLS} rows, not {len(embed)}")
        validate_entries(embed, name="embed", bits=self.embed_bits)
        if self.symbols is not None:
            require(len(self.symbols) == len(embed), f"symbols must name each of the {len(embed)} rows of embed, not {len(self.symbols)}")
            good = all(isinstance(symbol, int) and -1 <= symbol <= 255 for symbol in self.symbols)
            require(good, "symbols must be bytes 0..255, or -1 for the unknown symbol")
            require(len(set(self.symbols)) == len(self.symbols), "symbols must differ from one another")
        return np.abs(embed.astype(np.int64)).max(axis=0)


def require(good: bool, message: str) -> None:
    """Raise ``NetworkError`` unless ``good``."""
    if not good:
        raise NetworkError(message)


def is_array(value: object, dtype: npt.DTypeLike, ndim: int) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.ndim == ndim


def validate_entries(entries: Int8, *, name: str, bits: int) -> None:
    require(bits in ENTRY_LIMIT, f"{name} must have entries of 4 or 8 bits, not {bits!r}")
    limit = ENTRY_LIMIT[bits]
    largest = int(np.abs(entries.astype(np.int16)).max())
    require(largest <= limit, f"{name} has an entry of magnitude {largest}, the limit of int{bits} is {limit}")


def validate_layer(layer: Layer, *, name: str, n: int, n_out: int | None, extra: npt.NDArray[np.int64] | None) -> None:
    require(isinstance(layer.shift, int) and 0 <= layer.shift <= MAX_SHIFT, f"{name}.shift must be 0..{MAX_SHIFT}, not {layer.shift!r}")
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
        low, high = int(group.anchors.min()), int(group.anchors.max())
        require(low >= 0 and high < n, f"{where}.anchors must be 0..{n - 1}, found {low if low < 0 else high}")
        require(bool(np.all(group.anchors[..., 0] != group.anchors[..., 1])), f"{where}.anchors must pair two different neurons")
        validate_entries(group.tables, name=f"{where}.tables", bits=layer.bits)
    bound = (layer.bound() + (0 if extra is None else extra)) << layer.shift
    column = int(bound.argmax())
    require(int(bound[column]) <= LATENCY_MAX, f"{name} could sum to {int(bound[column])} in column {column}, the limit is {LATENCY_MAX}")
