"""Coarse to fine for transformers: plain tables, and the keys of attention, begin with few anchor pairs (see golden/model/grow.py), and
attention with the nearest positions.

An attention row that is copied to the two it becomes changes no output either, so training goes on as if nothing had happened. More
distances change none where their position bits had no distance before: their rows are still zero.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..model.grow import cut, deepen
from ..model.layer import Float32, FloatLayer
from ..model.transformer import Attention, Block, Transformer
from .window import AttentionPass, LayerPass, Rows, TransformerPass

__all__ = ["cut_transformer", "deeper_pass", "most_pairs", "write_whole"]


def most_pairs(model: Transformer) -> int:
    """Of a plain table, or of the keys of an attention table that can grow."""
    layers = [model.output, *(block.feed for block in model.blocks if block.feed is not None)]
    keys = [block.attention.key.shape[1] for block in model.blocks if block.attention.variant == "paper"]
    return max([group.n_c for layer in layers for group in layer.groups] + keys)


def cut_transformer(model: Transformer, depth: int, context: int) -> Transformer:
    """``model`` with at most the first ``depth`` pairs of each table and key, and a shorter ``context``.

    Everything else is shared with ``model``.
    """
    blocks = []
    for block in model.blocks:
        attention, pairs = block.attention, _pairs(block.attention, depth)
        tables = _by_key(attention.tables, attention, attention.key.shape[1])[:, :, : 1 << pairs].copy()
        small = replace(attention, position=attention.position[:context])
        if attention.variant == "paper":
            small = replace(small, key=attention.key[:, :pairs], tables=tables.reshape(attention.n_t, -1, model.n))
        blocks.append(Block(attention=small, feed=None if block.feed is None else cut(block.feed, depth)))
    return replace(model, blocks=tuple(blocks), output=cut(model.output, depth))


def deeper_pass(old: TransformerPass, model: Transformer, *, depth: int, to: int, context: int) -> TransformerPass:
    """A pass of ``cut_transformer(model, to, context)`` that goes on where ``old`` is, one of ``depth`` pairs and no longer a context."""
    batch, steps = old.z.shape[:2]
    new = TransformerPass(cut_transformer(model, to, context), batch, steps, np.random.default_rng(0), even=old.attentions[0].even)
    new.resume(old)
    new.embed = old.embed
    for mine, theirs, block in zip(new.attentions, old.attentions, model.blocks, strict=True):
        mine.rows = _attention_rows(theirs, block.attention, depth=depth, to=to)
        mine.states = theirs.states
        for moment, before in zip(mine.moments, theirs.moments, strict=True):
            moment[: len(before)] = before
    layers = [(new.output, old.output, model.output)]
    for feed, shallow, block in zip(new.feeds, old.feeds, model.blocks, strict=True):
        if feed is not None and shallow is not None and block.feed is not None:
            layers.append((feed, shallow, block.feed))
    for one, less, layer in layers:
        one.rows = _layer_rows(less, layer, depth=depth, to=to)
        one.state = less.state
    return new


def write_whole(passed: TransformerPass, model: Transformer, *, depth: int, full: int) -> Transformer:
    """``model``, its arrays as ``passed``, of ``depth`` pairs, reads them now."""
    model.embed[:] = passed.embed.used
    layers: list[tuple[LayerPass | None, FloatLayer | None]] = [(passed.output, model.output)]
    for attention, feed, block in zip(passed.attentions, passed.feeds, model.blocks, strict=True):
        block.attention.tables[:] = _attention_rows(attention, block.attention, depth=depth, to=full).used
        layers.append((feed, block.feed))
    for one, layer in layers:
        if one is not None and layer is not None:
            rows, low = _layer_rows(one, layer, depth=depth, to=full).used, 0
            for group in layer.groups:
                high = low + (group.n_t << group.n_c)
                group.tables[:] = rows[low:high].reshape(group.tables.shape)
                low = high
    return model


def _pairs(attention: Attention, depth: int) -> int:
    return min(depth, attention.key.shape[1])


def _by_key(tables: Float32, attention: Attention, pairs: int) -> Float32:
    """(n_t, rows, n) as (n_t, query, key, place, n)."""
    return tables.reshape(attention.n_t, 1 << attention.query.shape[1], 1 << pairs, 1 << attention.place.shape[1], -1)


def _attention_rows(passed: AttentionPass, attention: Attention, *, depth: int, to: int) -> Rows:
    have, wanted = _pairs(attention, depth), _pairs(attention, to)
    if have == wanted or passed.shared:
        return passed.rows

    def deeper(tables: Float32) -> Float32:
        tiled = np.tile(_by_key(tables, attention, have), (1, 1, 1 << (wanted - have), 1, 1))
        return tiled.reshape(attention.n_t, -1, tables.shape[-1])

    return _each(passed.rows, deeper)


def _layer_rows(passed: LayerPass, layer: FloatLayer, *, depth: int, to: int) -> Rows:
    return _each(passed.rows, lambda rows: deepen(rows, layer, depth=depth, to=to))


def _each(rows: Rows, function: Callable[[Float32], Float32]) -> Rows:
    weights, first, second = (function(array) for array in (rows.weights, rows.first, rows.second))
    used = weights if rows.used is rows.weights else function(rows.used)
    return replace(rows, weights=weights, used=used, first=first, second=second)
