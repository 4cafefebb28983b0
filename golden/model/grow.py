"""Coarse to fine: tables are trained with few anchor pairs, and given one more pair at a time, their rows copied.

A copied row changes no output (Spiking Manifesto, VIII-J, "n_c + 1"), and rows that are seldom used start from what their neighbours
have learnt together: the table's way of backing off to a shorter context.
"""

import numpy as np

from .layer import Float32, FloatGroup, FloatLayer


def depth_at(done: float, *, first: int, last: int, until: float) -> int:
    """Pairs a table has when ``done`` (0..1) of a training is over: ``first``, then one more in equal steps, ``last`` from ``until`` on."""
    if done >= until:
        return last
    return first + int(done / until * (last - first))


def cut(layer: FloatLayer, depth: int) -> FloatLayer:
    """``layer`` with at most the first ``depth`` pairs of each table (and copies of the rows these address)."""
    cuts = [(group.anchors[:, :depth], group.tables[:, : 1 << min(depth, group.n_c)].copy()) for group in layer.groups]
    return FloatLayer(groups=tuple(FloatGroup(anchors=anchors, tables=tables) for anchors, tables in cuts))


def deepen(rows: Float32, layer: FloatLayer, *, depth: int, to: int) -> Float32:
    """Flattened rows of ``cut(layer, depth)``, one table after another, as those of ``cut(layer, to)``: every row copied to all that share
    its first pairs (pair r is index bit r).
    """
    parts = []
    low = 0
    for group in layer.groups:
        old, new = 1 << min(depth, group.n_c), 1 << min(to, group.n_c)
        high = low + group.n_t * old
        tables = rows[low:high].reshape(group.n_t, old, -1)
        parts.append(np.tile(tables, (1, new // old, 1)).reshape(group.n_t * new, -1))
        low = high
    return np.concatenate(parts)
