"""What all integer networks share: what training ends in, what the compiler takes, what every simulator must reproduce.

The numbers are those of docs/reference/numbers.md. Each architecture is a class of its own below :class:`Network`, in its own file.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .forward import Int32, layer_sum, write_back
from .layer import LATENCY_MAX, Int8, Int16, Layer, is_array, require, require_int, validate_entries
from .source import Arrays, Source

MAX_SYMBOLS = 256
MAX_FRAC = 15


@dataclass(frozen=True, kw_only=True)
class RowsRead:
    """``rows`` of ``columns`` entries of ``bits`` each."""

    rows: int
    columns: int
    bits: int

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, without padding."""
        return -(-self.columns * self.bits // 8)


@dataclass(frozen=True, kw_only=True)
class Network(ABC):
    """An integer network of ``n`` latencies.

    ``output``: U, n to n_out, negated: the earliest spike is the likeliest. One unit of latency is 2**-frac, one of the outputs
    2**-out_frac nats. ``card``: provenance and figures, JSON values only. ``kind``: the architecture's name in files.
    """

    kind: ClassVar[str]

    n: int
    output: Layer
    frac: int = 0
    out_frac: int = 0
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def n_in(self) -> int:
        """Latencies, or symbols, that a step can be given."""
        return self.n - self.n_ref

    @property
    def n_out(self) -> int:
        return self.output.n_out

    @property
    def n_written(self) -> int:
        """Neurons that layers write, the first of the ``n``."""
        return self.n

    @property
    def n_ref(self) -> int:
        """Constant reference neurons, the last of the ``n``."""
        return len(self.reference_latencies())

    def reference_latencies(self) -> Int16:
        """(n_ref,) latencies of the reference neurons."""
        return np.zeros(0, np.int16)

    def byte_symbols(self) -> tuple[int, ...] | None:
        """The byte of each symbol, -1 the unknown one; None where the network reads no bytes."""
        return None

    def static_neurons(self) -> npt.NDArray[np.bool_]:
        """(n,): neurons that no layer changes."""
        return np.zeros(self.n, np.bool_)

    @abstractmethod
    def layers(self) -> dict[str, Layer]:
        """The plain layers by name, in the order of their work, the output last."""

    @abstractmethod
    def with_layers(self, layers: Mapping[str, Layer]) -> Self:
        """The same network with these in place of its :meth:`layers`, not validated."""

    def entries(self) -> Iterator[tuple[Int8, int]]:
        """Every array of table entries, with the entries' width in bits."""
        for layer in self.layers().values():
            for group in layer.groups:
                yield group.tables, layer.bits

    def reads(self) -> list[RowsRead]:
        """All rows that a step reads."""
        return [RowsRead(rows=layer.n_t, columns=layer.n_out, bits=layer.bits) for layer in self.layers().values()]

    def bytes_read(self) -> int:
        """Bytes of all rows that a step reads, without padding."""
        return sum(read.rows * read.row_bytes for read in self.reads())

    def table_bytes(self) -> int:
        """Bytes of all tables and the embedder as stored, without padding."""
        return sum(entries.size * bits for entries, bits in self.entries()) // 8

    def validate(self) -> Self:
        """Refuse a network that breaks the contract (``NetworkError``, one sentence); return it otherwise."""
        require_int(self.n, 2, LATENCY_MAX, "n")
        require_int(self.frac, -MAX_FRAC, MAX_FRAC, "frac")
        require_int(self.out_frac, -MAX_FRAC, MAX_FRAC, "out_frac")
        self.validate_own()
        return self

    @abstractmethod
    def validate_own(self) -> None:
        """The part of :meth:`validate` that differs."""

    def header(self) -> dict[str, Any]:
        """What a network file's header holds (docs/reference/golden.md)."""
        layers = {name: {"groups": len(layer.groups), "bits": layer.bits, "shift": layer.shift} for name, layer in self.layers().items()}
        common = {"kind": self.kind, "n": self.n, "frac": self.frac, "out_frac": self.out_frac, "card": self.card}
        return common | {"layers": layers, "embed_bits": 8, "symbols": None}

    def arrays(self) -> Arrays:
        """The arrays of a network file, by name."""
        groups = {f"{name}.group.{g}": group for name, layer in self.layers().items() for g, group in enumerate(layer.groups)}
        parts = ("anchors", "tables")
        return {f"{where}.{part}": np.ascontiguousarray(getattr(group, part)) for where, group in groups.items() for part in parts}

    @classmethod
    def read(cls, source: Source) -> Self:
        """The inverse of :meth:`header` and :meth:`arrays`, not validated; what is missing raises ``NetworkError``."""
        return cls(**cls.read_fields(source))

    @classmethod
    def read_fields(cls, source: Source) -> dict[str, Any]:
        """The fields that :meth:`read` makes a network of."""
        numbers = {name: source.field(name, int) for name in ("n", "frac", "out_frac")}
        return numbers | {"card": source.field("card", dict), "output": source.layer("output")}


class TextState(ABC):
    """One stream through a text network: ``latencies`` (n,), at first 0, and ``saturations``, the neurons that saturated since then."""

    def __init__(self, network: "TextNetwork") -> None:
        self.network = network
        self.latencies: Int16 = np.zeros(network.n, np.int16)
        self.saturations = 0

    def outputs(self) -> Int16:
        """(n_out,) output latencies, before the next symbol."""
        output = self.network.output
        return self.write(layer_sum(output, self.latencies[None]), shift=output.shift)

    def write(self, acc: Int32, *, shift: int, residual: Int16 | None = None) -> Int16:
        """The latencies (n,) of ``acc`` (1, n)."""
        latencies, count = write_back(acc, shift=shift, residual=residual)
        self.saturations += count
        return latencies[0]

    @abstractmethod
    def update(self, symbol: int) -> Int16:
        """Take one symbol; the (n,) latencies after it."""


@dataclass(frozen=True, kw_only=True)
class TextNetwork(Network):
    """A network that reads symbols: ``embed`` (n_sym, n) int8, ``embed_bits`` its stored width, and an output for each symbol.

    ``symbols``: the byte of each symbol, -1 the unknown one; None where symbols are no bytes.
    """

    embed: Int8
    embed_bits: int = 8
    symbols: tuple[int, ...] | None = None

    @property
    def n_in(self) -> int:
        return len(self.embed)

    def byte_symbols(self) -> tuple[int, ...] | None:
        return self.symbols

    @abstractmethod
    def start(self) -> TextState:
        """A stream at its beginning."""

    def entries(self) -> Iterator[tuple[Int8, int]]:
        yield from super().entries()
        yield self.embed, self.embed_bits

    def reads(self) -> list[RowsRead]:
        return [*super().reads(), RowsRead(rows=1, columns=self.n, bits=self.embed_bits)]

    def header(self) -> dict[str, Any]:
        return super().header() | {"embed_bits": self.embed_bits, "symbols": self.symbols}

    def arrays(self) -> Arrays:
        return super().arrays() | {"embed": np.ascontiguousarray(self.embed)}

    @classmethod
    def read_fields(cls, source: Source) -> dict[str, Any]:
        symbols = None if source.header.get("symbols") is None else tuple(source.field("symbols", list))
        own = {"embed": source.take("embed"), "embed_bits": source.field("embed_bits", int), "symbols": symbols}
        return super().read_fields(source) | own

    def validate_embed(self) -> npt.NDArray[np.int64]:
        """(n,): the largest |entry| of each column of the embedder, which must fit ``n`` and ``symbols``."""
        embed = self.embed
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
