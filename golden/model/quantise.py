"""From float tables to the integer network: power-of-two units, int8 or int4 entries, 16-bit latencies, the output negated."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from ..integer.layer import ENTRY_LIMIT, LATENCY_MAX, MAX_SHIFT, Int8, Layer, NetworkError, TableGroup
from ..integer.recurrent import RecurrentNetwork
from .layer import Float32, FloatGroup, FloatLayer
from .rnn import Rnn

SMALLEST = 2.0**-12  # of units: with the largest shift, 15 fractional bits


class Rounding(ABC):
    """Units and widths of an integer network's tables."""

    @abstractmethod
    def parts(self) -> dict[str, tuple[float, float]]:
        """Of each part of the network: its unit, and the largest |entry| in such units."""


R = TypeVar("R", bound=Rounding)


@dataclass(frozen=True, kw_only=True)
class RecurrentRounding(Rounding):
    """Hidden tables and embedder share one unit (2**-frac), the output tables have their own.

    ``hidden_most``: largest magnitude of a hidden table's entry that training allows, latency; None: what the width holds.
    """

    hidden_unit: float
    output_unit: float
    hidden_bits: int = 4
    embed_bits: int = 8
    output_bits: int = 4
    hidden_most: float | None = None

    def parts(self) -> dict[str, tuple[float, float]]:
        most = ENTRY_LIMIT[self.hidden_bits] if self.hidden_most is None else self.hidden_most // self.hidden_unit
        return {
            "hidden": (self.hidden_unit, min(ENTRY_LIMIT[self.hidden_bits], most)),
            "embed": (self.hidden_unit, ENTRY_LIMIT[self.embed_bits]),
            "output": (self.output_unit, ENTRY_LIMIT[self.output_bits]),
        }


def quantise_entries(tables: Float32, *, unit: float, bits: int) -> Int8:
    """Nearest multiples of ``unit`` (halves to even), clipped to what ``bits`` hold."""
    limit = ENTRY_LIMIT[bits]
    return np.clip(np.rint(tables / unit), -limit, limit).astype(np.int8)


def quantise_layer(layer: FloatLayer, *, unit: float, bits: int, shift: int = 0, negate: bool = False) -> Layer:
    """Sums, shifted by ``shift``, are in units of ``unit`` * 2**-shift. ``negate`` for an output layer: the earliest spike wins."""
    sign = -1 if negate else 1
    groups = tuple(
        TableGroup(anchors=group.anchors.astype(np.int16), tables=quantise_entries(sign * group.tables, unit=unit, bits=bits))
        for group in layer.groups
    )
    return Layer(groups=groups, bits=bits, shift=shift)


def largest_shift(layer: Layer) -> int:
    """The largest shift at write-back with which no sum of ``layer`` can leave 16 bits."""
    bound = int(layer.bound().max())
    return max((shift for shift in range(MAX_SHIFT + 1) if bound << shift <= LATENCY_MAX), default=0)


def quantise_output(layer: FloatLayer, *, unit: float, bits: int) -> Layer:
    """An output layer of a text network, its shift the largest: the finer the unit of outputs, the finer their sampling jitter."""
    output = quantise_layer(layer, unit=unit, bits=bits, negate=True)
    return replace(output, shift=largest_shift(output))


def log2_unit(unit: float) -> int:
    """The exponent of a power-of-two unit."""
    if not 0 < unit < math.inf or math.frexp(unit)[0] != 0.5:
        raise NetworkError(f"a unit must be a power of two, not {unit}")
    return math.frexp(unit)[1] - 1


def natural_unit(tables: list[Float32], *, bits: int) -> float:
    """The power of two, 2**-8 to 2**8, with which 99.9 % of the entries are not clipped."""
    large = float(np.quantile(np.concatenate([np.abs(table).reshape(-1) for table in tables]), 0.999))
    return float(2.0 ** min(max(math.ceil(math.log2(max(large, 1e-6) / ENTRY_LIMIT[bits])), -8), 8))


def quantise_rnn(model: Rnn, rounding: RecurrentRounding, *, symbols: tuple[int, ...] | None, card: dict[str, Any]) -> RecurrentNetwork:
    """The integer network, validated. Its latencies have the hidden tables' unit: only their order matters, so no shift is needed."""
    frac, out_frac = -log2_unit(rounding.hidden_unit), -log2_unit(rounding.output_unit)
    output = quantise_output(model.output, unit=rounding.output_unit, bits=rounding.output_bits)
    return RecurrentNetwork(
        n=model.n,
        hidden=(quantise_layer(model.hidden, unit=rounding.hidden_unit, bits=rounding.hidden_bits),),
        output=output,
        embed=quantise_entries(model.embed, unit=rounding.hidden_unit, bits=rounding.embed_bits),
        embed_bits=rounding.embed_bits,
        frac=frac,
        out_frac=out_frac + output.shift,
        symbols=symbols,
        card=card,
    ).validate()


def soften(output: FloatLayer, factor: float) -> FloatLayer:
    """An output layer with ``factor`` times its entries: below 1, every probability is nearer to the others."""
    groups = (FloatGroup(anchors=group.anchors, tables=group.tables * np.float32(factor)) for group in output.groups)
    return FloatLayer(groups=tuple(groups))


def descend(start: R, steps: Iterable[Callable[[R], Iterable[R]]], score: Callable[[R], float]) -> R:
    """From ``start``, the candidate with the lowest ``score`` (bits) of one step after another; the first of equals."""
    best = start
    for candidates in steps:
        best = min(candidates(best), key=score)
    return best


def search_rounding(
    model: Rnn, start: RecurrentRounding, score: Callable[[RecurrentRounding], float], *, reach: int = 5
) -> RecurrentRounding:
    """The units with the lowest ``score`` among powers of two near the natural ones, the hidden layer's first, then the output's.

    Clipped entries cost little, or even help, and a finer unit gains much: the best is often well below the natural one. The
    embedder is not to be clipped, so its natural unit bounds the hidden one. ``start`` gives the widths.
    """
    factors = [2.0**exponent for exponent in range(-reach, 1)]
    hidden = natural_unit(model.hidden.tables, bits=start.hidden_bits)
    embed = natural_unit([model.embed], bits=start.embed_bits)
    output = natural_unit(model.output.tables, bits=start.output_bits)
    return descend(
        replace(start, hidden_unit=max(hidden, embed), output_unit=output),
        [
            lambda best: [replace(best, hidden_unit=max(hidden * factor, embed, SMALLEST)) for factor in factors],
            lambda best: [replace(best, output_unit=max(output * factor, SMALLEST)) for factor in factors],
        ],
        score,
    )
