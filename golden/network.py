"""The integer network: what training ends in, what the compiler takes, what every simulator must reproduce.

The numbers are those of docs/reference/numbers.md.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Int8", "Int16", "Layer", "Network", "NetworkError", "TableGroup"]

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


@dataclass(frozen=True, kw_only=True)
class Network:
    """An integer network.

    ``hidden``: deep: the residual layers, n to n, any number; rnn: exactly one, S. ``output``: U, n to n_out, negated: the earliest spike is the likeliest.
    ``embed``: (n_sym, n) int8 for an rnn, else None; ``embed_bits`` its stored width. ``constants``: latencies of the reference neurons, the last of the n inputs.
    One unit of latency is 2**-frac, one of the outputs 2**-out_frac nats. ``symbols``: the byte of each symbol, -1 the unknown one. ``card``: provenance and figures, JSON values only.
    """

    kind: Literal["deep", "rnn"]
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
