"""From a float transformer to the integer one: units, shifts, position bits, and how many heads go into one write-back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..integer.layer import ENTRY_LIMIT, LATENCY_MAX, MAX_SHIFT
from ..integer.transformer import TransformerNetwork
from ..integer.transformer.heads import Head, TransformerBlock
from .layer import look
from .quantise import SMALLEST, Rounding, descend, log2_unit, natural_unit, quantise_entries, quantise_layer, quantise_output
from .transformer import Attention, Transformer


@dataclass(frozen=True, kw_only=True)
class TransformerRounding(Rounding):
    """Every part has its own unit; a latency's is the finest of the first three.

    ``rows``: the most rows that one head adds to a latency (``Transformer.head_rows``), which together can't leave 16 bits.
    """

    attention_unit: float
    feed_unit: float
    embed_unit: float
    output_unit: float
    rows: int
    attention_bits: int = 4
    feed_bits: int = 4
    embed_bits: int = 8
    output_bits: int = 4

    @property
    def unit(self) -> float:
        return min(self.attention_unit, self.feed_unit, self.embed_unit)

    def parts(self) -> dict[str, tuple[float, float]]:
        shifted = LATENCY_MAX // self.rows // max(1, round(self.attention_unit / self.unit))
        return {
            "attention": (self.attention_unit, min(ENTRY_LIMIT[self.attention_bits], shifted)),
            "feed": (self.feed_unit, ENTRY_LIMIT[self.feed_bits]),
            "embed": (self.embed_unit, ENTRY_LIMIT[self.embed_bits]),
            "output": (self.output_unit, ENTRY_LIMIT[self.output_bits]),
        }


def quantise_transformer(
    model: Transformer, rounding: TransformerRounding, *, symbols: tuple[int, ...] | None, card: dict[str, Any]
) -> TransformerNetwork:
    """The integer network of ``model``, validated. Its latencies have the finest of the units that are added to them."""
    shift = log2_unit(rounding.attention_unit / rounding.unit)
    blocks = []
    for block in model.blocks:
        heads = _heads(block.attention, *rounding.parts()["attention"])
        feed = None
        if block.feed is not None:
            feed = quantise_layer(block.feed, unit=rounding.feed_unit, bits=rounding.feed_bits)
            feed = replace(feed, shift=log2_unit(rounding.feed_unit / rounding.unit))
        parts = _parts(heads, shift)
        blocks.append(TransformerBlock(heads=heads, parts=parts, bits=rounding.attention_bits, shift=shift, feed=feed))
    output = quantise_output(model.output, unit=rounding.output_unit, bits=rounding.output_bits)
    return TransformerNetwork(
        n=model.n,
        blocks=tuple(blocks),
        output=output,
        embed=quantise_entries(model.embed, unit=rounding.embed_unit, bits=rounding.embed_bits),
        embed_bits=rounding.embed_bits,
        embed_shift=log2_unit(rounding.embed_unit / rounding.unit),
        frac=-log2_unit(rounding.unit),
        out_frac=-log2_unit(rounding.output_unit) + output.shift,
        symbols=symbols,
        card=card,
    ).validate()


def _heads(attention: Attention, unit: float, limit: float) -> tuple[Head, ...]:
    tables = np.clip(np.rint(attention.tables / unit), -limit, limit).astype(np.int8)
    place = np.zeros((attention.context - 1, attention.n_t), np.int16)
    if attention.place.size:
        place[:] = look(attention.place, attention.position[1:]).row
    each = attention.n_t // attention.heads
    slices = [slice(low, low + each) for low in range(0, attention.n_t, each)]
    return tuple(Head(query=attention.query[i], key=attention.key[i], place=place[:, i].copy(), tables=tables[i]) for i in slices)


def _parts(heads: tuple[Head, ...], shift: int) -> tuple[int, ...]:
    """As many heads, in order, to each write-back as can't leave 16 bits together."""
    limit = LATENCY_MAX >> shift
    parts = [0]
    total = np.zeros(heads[0].tables.shape[2], np.int64)
    for head in heads:
        bound = head.bound()
        if parts[-1] and int((total + bound).max()) > limit:
            parts.append(0)
            total = np.zeros_like(total)
        parts[-1] += 1
        total += bound
    return tuple(parts)


def search_transformer_rounding(
    model: Transformer, start: TransformerRounding, score: Callable[[TransformerRounding], float], *, reach: int = 4
) -> TransformerRounding:
    """The units with the lowest ``score`` (bits) among powers of two at or below the natural ones, one part after another.

    The embedder is not to be clipped; no unit is more than 8 times the finest, what the shifts can make up for. ``start``: the widths.
    """
    feeds = [table for block in model.blocks if block.feed is not None for table in block.feed.tables]
    embed = natural_unit([model.embed], bits=start.embed_bits)
    naturals = {
        "attention_unit": natural_unit([block.attention.tables for block in model.blocks], bits=start.attention_bits),
        "feed_unit": natural_unit(feeds, bits=start.feed_bits) if feeds else embed,
        "embed_unit": embed,
        "output_unit": natural_unit(model.output.tables, bits=start.output_bits),
    }

    def near(name: str) -> Callable[[TransformerRounding], list[TransformerRounding]]:
        exponents = range(-1 if name == "embed_unit" else -reach, 1)
        units = [max(naturals[name] * 2.0**exponent, SMALLEST) for exponent in exponents]
        return lambda best: [best, *(_near(replace(best, **{name: unit})) for unit in units)]  # type: ignore[arg-type]

    natural = _near(replace(start, **naturals))  # type: ignore[arg-type]
    return descend(natural, [near(name) for name in naturals if feeds or name != "feed_unit"], score)


def _near(rounding: TransformerRounding) -> TransformerRounding:
    """The finer units coarsened until the coarsest is 2**3 times the finest at most."""
    finest = max(rounding.attention_unit, rounding.feed_unit, rounding.embed_unit) / 2.0**MAX_SHIFT
    units = {name: max(getattr(rounding, name), finest) for name in ("attention_unit", "feed_unit", "embed_unit")}
    return replace(rounding, **units)
