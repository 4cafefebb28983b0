"""The reference program's training, one addition after another: plain SGD on one sample a step, every row changed as soon as it is used.

Written to be compared with that program to the last bit: nothing is vectorised across sums, and every product and sum is rounded to
float32 in the program's order (docs/reference/against-reference.md). golden/training trains networks to be used.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..integer.layer import Int16
from ..model.layer import Float32
from ..model.transformer import Transformer
from .kernel import kernel


def reference_rate(step: int) -> float:
    """min(1 / sqrt(1 + t), t / 4000 / sqrt(4000)), rounded where the reference program rounds it."""
    return float(np.float32(min(1 / math.sqrt(1 + step), float(np.float32(step) / np.float32(4000)) / math.sqrt(4000))))


class _Seen(NamedTuple):
    """What looks leave behind, (positions, tables) each: index, number of the nearest pair, its latency difference."""

    row: npt.NDArray[np.int64]
    near: npt.NDArray[np.int64]
    least: Float32

    @classmethod
    def room(cls, positions: int, tables: int) -> "_Seen":
        shape = (positions, tables)
        return cls(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.float32))


class _Heads(NamedTuple):
    """The heads of a block: anchors of latencies, of positions, the encodings, the tables, and how many heads share them."""

    anchors: Int16
    place: Int16
    position: Float32
    tables: Float32
    heads: int


@kernel()
def _look(anchors, x, row, near, least):
    """Eq. 1 of the tables of one layer: index, nearest pair (the lowest of equals) and its latency difference."""
    for i in range(anchors.shape[0]):
        row[i] = 0
        least[i] = np.inf
        for r in range(anchors.shape[1]):
            u = x[anchors[i, r, 0]] - x[anchors[i, r, 1]]
            if u > 0:
                row[i] |= 1 << r
            if abs(u) < abs(least[i]):
                near[i] = r
                least[i] = u


@kernel()
def _gain(grad, rows, j, other):
    """Eq. 7, added up from the first column on."""
    total = np.float32(0)
    for c in range(grad.shape[0]):
        total += grad[c] * (rows[other, c] - rows[j, c])
    return total


@kernel()
def _slope(u):
    """U'(u) in double precision."""
    size = 1 + abs(np.float64(u))
    return (-0.5 if u > 0 else 0.5) / size / size


@kernel()
def _pull(gain, u, pair, dx):
    """Eq. 8."""
    change = np.float32(np.float64(gain) * _slope(u))
    dx[pair[0]] += change
    dx[pair[1]] -= change


@kernel()
def _update(rows, j, rate, grad):
    for c in range(grad.shape[0]):
        rows[j, c] -= rate * grad[c]


@kernel()
def _layer_forward(anchors, tables, x, y, seen):
    """y += S(x), position by position; x and y may be one array."""
    row, near, least = seen
    for at in range(x.shape[0]):
        _look(anchors, x[at], row[at], near[at], least[at])
        for i in range(anchors.shape[0]):
            for c in range(y.shape[1]):
                y[at, c] += tables[i, row[at, i], c]


@kernel()
def _layer_backward(anchors, tables, seen, grad, dx, rate):
    row, near, least = seen
    for at in range(row.shape[0]):
        for i in range(anchors.shape[0]):
            j, r = row[at, i], near[at, i]
            _pull(_gain(grad[at], tables[i], j, j ^ (1 << r)), least[at, i], anchors[i, r], dx[at])
            _update(tables[i], j, rate, grad[at])


@kernel()
def _attention_forward(block, x, z, seen, placed):
    anchors, place, position, tables, heads = block
    row, near, least = seen
    p_row, p_near, p_least = placed
    n_k, p = anchors.shape[1], place.shape[1]
    each = anchors.shape[0] // heads
    for at in range(x.shape[0]):
        _look(anchors, x[at], row[at], near[at], least[at])
        _look(place, position[at], p_row[at], p_near[at], p_least[at])
    for head in range(heads):
        for at in range(1, x.shape[0]):
            for before in range(at):
                for i in range(head * each, (head + 1) * each):
                    j = (row[at, i] << (n_k + p)) | (row[before, i] << p) | p_row[at - before, i]
                    for c in range(z.shape[1]):
                        z[at, c] += tables[i, j, c]


@kernel()
def _attention_backward(block, seen, placed, grad, dx, rate):
    anchors, place, position, tables, heads = block
    row, near, least = seen
    p_row, p_near, p_least = placed
    n_k, p = anchors.shape[1], place.shape[1]
    each = anchors.shape[0] // heads
    d_position = np.zeros_like(position)
    for head in range(heads):
        for at in range(1, row.shape[0]):
            for before in range(at):
                gap = at - before
                for i in range(head * each, (head + 1) * each):
                    j = (row[at, i] << (n_k + p)) | (row[before, i] << p) | p_row[gap, i]
                    q, k, d = least[at, i], least[before, i], p_least[gap, i]
                    if abs(q) < abs(k):
                        r = near[at, i]
                        _pull(_gain(grad[at], tables[i], j, j ^ (1 << (r + n_k + p))), q, anchors[i, r], dx[at])
                    else:
                        r = near[before, i]
                        _pull(_gain(grad[at], tables[i], j, j ^ (1 << (r + p))), k, anchors[i, r], dx[before])
                    if abs(d) < abs(q) and abs(d) < abs(k):
                        r = p_near[gap, i]
                        gain = _gain(grad[at], tables[i], j, j ^ (1 << r))
                        d_position[gap, place[i, r, 0]] += np.float32(np.float64(gain) * _slope(d))
                    _update(tables[i], j, rate, grad[at])
    for d in range(position.shape[0]):
        for c in range(position.shape[1]):
            position[d, c] -= rate * d_position[d, c]


@kernel()
def _softmax(logits, targets):
    """Nats of each target; ``logits`` become p - onehot."""
    losses = np.zeros(logits.shape[0])
    for at in range(logits.shape[0]):
        line = logits[at]
        top = line[0]
        for c in range(1, line.shape[0]):
            top = max(top, line[c])
        total = np.float32(0)
        for c in range(line.shape[0]):
            line[c] = np.exp(line[c] - top)
            total += line[c]
        for c in range(line.shape[0]):
            line[c] /= total
        losses[at] = -np.log(np.float64(line[targets[at]]))
        line[targets[at]] -= np.float32(1)
    return losses


def sgd_step(
    model: Transformer, tokens: npt.NDArray[np.integer], rate: float, *, indices: list[npt.NDArray[np.int64]] | None = None
) -> npt.NDArray[np.float64]:
    """One step on ``tokens`` (T + 1,), T at most the context; (T,) losses in nats before it. ``model`` must be of variant "reference".

    The embedder is not trained, as in the reference program. ``indices``: appended to, block by block, the (T, n_t) indices of z.
    """
    length = len(tokens) - 1
    step = np.float32(rate)
    z: Float32 = model.embed[tokens[:-1]]
    attention_seen, feed_seen = [], []
    for block in model.blocks:
        attention = block.attention
        if attention.variant != "reference":
            raise ValueError("the reference program's training needs a transformer of variant 'reference'")
        seen, placed = _Seen.room(length, attention.n_t), _Seen.room(length, attention.n_t)
        heads = _Heads(attention.query, attention.place, attention.position[:length], attention.tables, attention.heads)
        _attention_forward(heads, z.copy(), z, seen, placed)
        attention_seen.append((heads, seen, placed))
        if indices is not None:
            indices.append(seen.row.copy())
        if block.feed is not None:
            group = block.feed.groups[0]
            feed_seen.append(_Seen.room(length, group.n_t))
            _layer_forward(group.anchors, group.tables, z, z, feed_seen[-1])
    group = model.output.groups[0]
    logits = np.zeros((length, model.n_sym), np.float32)
    seen = _Seen.room(length, group.n_t)
    _layer_forward(group.anchors, group.tables, z, logits, seen)
    losses = _softmax(logits, tokens[1:])
    dz = np.zeros_like(z)
    _layer_backward(group.anchors, group.tables, seen, logits, dz, step)
    for block in reversed(model.blocks):
        if block.feed is not None:
            group = block.feed.groups[0]
            _layer_backward(group.anchors, group.tables, feed_seen.pop(), dz.copy(), dz, step)
        _attention_backward(*attention_seen.pop(), dz.copy(), dz, step)
    return losses
