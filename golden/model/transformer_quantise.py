"""From a float transformer to the integer one: units, shifts, position bits, and how many heads go into one write-back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..integer.network import LATENCY_MAX, MAX_SHIFT
from ..integer.transformer import Head, TransformerBlock, TransformerNetwork
from ..training.transformer import TransformerRounding, head_rows
from .layer import FloatGroup, FloatLayer, look
from .quantise import SMALLEST, largest_shift, log2_unit, natural_unit, quantise_entries, quantise_layer
from .transformer import Attention, Transformer

__all__ = ["quantise_transformer", "search_transformer_rounding", "soften_transformer"]


def quantise_transformer(
    model: Transformer, rounding: TransformerRounding, *, symbols: tuple[int, ...] | None, card: dict[str, Any]
) -> TransformerNetwork:
    """The integer network of ``model``, validated. Its latencies have the finest of the units that are added to them."""
    limits = rounding.limits(rows=head_rows(model))
    shift = log2_unit(rounding.attention_unit / rounding.unit)
    blocks = []
    for block in model.blocks:
        heads = _heads(block.attention, unit=rounding.attention_unit, limit=limits["attention"])
        feed = None
        if block.feed is not None:
            feed = quantise_layer(block.feed, unit=rounding.feed_unit, bits=rounding.feed_bits)
            feed = replace(feed, shift=log2_unit(rounding.feed_unit / rounding.unit))
        parts = _parts(heads, shift)
        blocks.append(TransformerBlock(heads=heads, parts=parts, bits=rounding.attention_bits, shift=shift, feed=feed))
    output = quantise_layer(model.output, unit=rounding.output_unit, bits=rounding.output_bits, negate=True)
    output = replace(output, shift=largest_shift(output))
    return TransformerNetwork(
        kind="transformer",
        n=model.n,
        hidden=(),
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


def _heads(attention: Attention, *, unit: float, limit: int) -> tuple[Head, ...]:
    tables = np.clip(np.rint(attention.tables / unit), -limit, limit).astype(np.int8)
    place = np.zeros((attention.context - 1, attention.n_t), np.int16)
    if attention.place.size:
        place[:] = look(attention.place, attention.position[1:]).row
    each = attention.n_t // attention.heads
    heads = []
    for low in range(0, attention.n_t, each):
        mine = slice(low, low + each)
        heads.append(Head(query=attention.query[mine], key=attention.key[mine], place=place[:, mine].copy(), tables=tables[mine]))
    return tuple(heads)


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


def soften_transformer(model: Transformer, factor: float) -> Transformer:
    """``model`` with ``factor`` times its outputs: below 1, every probability is nearer to the others."""
    groups = (FloatGroup(anchors=group.anchors, tables=group.tables * np.float32(factor)) for group in model.output.groups)
    return replace(model, output=FloatLayer(groups=tuple(groups)))


def search_transformer_rounding(
    model: Transformer, start: TransformerRounding, score: Callable[[TransformerRounding], float], *, reach: int = 4
) -> TransformerRounding:
    """The units with the lowest ``score`` (bits) among powers of two at or below the natural ones, one part after another.

    The embedder is not to be clipped; no unit is more than 8 times the finest, what the shifts can make up for. ``start``: the widths.
    """
    feeds = [group.tables for block in model.blocks if block.feed is not None for group in block.feed.groups]
    attention = natural_unit([block.attention.tables for block in model.blocks], bits=start.attention_bits)
    embed = natural_unit([model.embed], bits=start.embed_bits)
    feed = natural_unit(feeds, bits=start.feed_bits) if feeds else embed
    output = natural_unit([group.tables for group in model.output.groups], bits=start.output_bits)
    best = replace(start, attention_unit=attention, feed_unit=feed, embed_unit=embed, output_unit=output)
    best = _near(best)
    for name, natural in (("attention_unit", attention), ("feed_unit", feed), ("embed_unit", embed), ("output_unit", output)):
        if name == "feed_unit" and not feeds:
            continue
        exponents = range(-1, 1) if name == "embed_unit" else range(-reach, 1)
        changes: list[dict[str, Any]] = [{name: max(natural * 2.0**exponent, 2.0**-SMALLEST)} for exponent in exponents]
        best = min([best, *(_near(replace(best, **change)) for change in changes)], key=score)
    return best


def _near(rounding: TransformerRounding) -> TransformerRounding:
    """The finer units coarsened until the coarsest is 2**3 times the finest at most."""
    finest = max(rounding.attention_unit, rounding.feed_unit, rounding.embed_unit) / 2.0**MAX_SHIFT
    return replace(
        rounding,
        attention_unit=max(rounding.attention_unit, finest),
        feed_unit=max(rounding.feed_unit, finest),
        embed_unit=max(rounding.embed_unit, finest),
    )
