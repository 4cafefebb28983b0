"""All tables of an output layer trained together, anchors fixed: mini-batch Adam on the softmax loss or the squares, compiled.

What growing by gain leaves is greedy: each table was fitted while the later ones did not exist. With the anchors fixed the loss is convex
in the tables, and all of them are fitted at once. Jitter, dropped tables and rounding in the forward pass keep the result robust.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np

from ...compiled.kernel import kernel
from ...integer.layer import ENTRY_LIMIT, Int16
from ...model.adam import Adam
from ...model.layer import Float32, FloatGroup
from .aims import SOFTMAX, Aim, lanes_of
from .gain import Hears

Samples = Callable[[int], tuple[Int16, Float32]]


@dataclass(frozen=True, kw_only=True)
class Refit:
    """How tables are trained together.

    ``epochs`` at a rate that falls like half a cosine; ``batch`` samples a step. ``jitter``: as in Eq. 4, the nearest bit of an index flips
    with probability jitter * 0.5 / (1 + |u|). ``drop``: the part of the tables left out for each sample. ``unit`` > 0: the forward pass
    rounds the entries to multiples of it, within what ``bits`` hold (straight-through). ``aim``: the loss.
    """

    epochs: int
    adam: Adam
    batch: int = 128
    jitter: float = 0.3
    drop: float = 0.1
    unit: float = 0.0
    bits: int = 4
    aim: Aim = SOFTMAX


@numba.njit(inline="always")
def _uniform(state):
    """One draw of xorshift32, in [0, 1); ``state`` (1,) uint32."""
    s = state[0]
    s ^= (s << np.uint32(13)) & np.uint32(0xFFFFFFFF)
    s ^= s >> np.uint32(17)
    s ^= (s << np.uint32(5)) & np.uint32(0xFFFFFFFF)
    state[0] = s
    return np.float32(s >> np.uint32(8)) * np.float32(1.0 / (1 << 24))


@numba.njit(inline="always")
def _by_softmax(y, target):
    """The loss of one sample, nats; ``y`` becomes its gradient."""
    classes = len(target)
    top = np.float32(-1e30)
    for k in range(classes):
        top = max(top, y[k])
    total = np.float32(0)
    for k in range(classes):
        y[k] = np.exp(y[k] - top)
        total += y[k]
    loss = 0.0
    for k in range(classes):
        p = y[k] / total
        if target[k] > 0:
            loss -= target[k] * np.log(p + np.float32(1e-9))
        y[k] = p - target[k]
    return loss


@numba.njit(inline="always")
def _by_squares(y, target):
    """The same of half the sum of squares."""
    loss = 0.0
    for k in range(len(target)):
        y[k] -= target[k]
        loss += np.float32(0.5) * y[k] * y[k]
    return loss


@kernel()
def _pass(rows, anchors, x, target, order, squares, unit, jitter, drop, state, used, gradient):
    """Mean loss of a mini-batch; ``gradient`` (n_t, rows, lanes) += dL/drows.

    rows (n_t, rows, lanes); anchors (n_t, n_c, 2) uint32; x (all, n); target (all, outputs); order: the samples of the mini-batch.
    ``squares``: least squares, else the softmax loss. ``unit``: latency of one unit of x, for the jitter. ``state``: of the generator.
    ``used`` (n_t,): room for the row numbers of one sample, -1 where dropped.
    """
    n_t, n_c = anchors.shape[:2]
    outputs, lanes = target.shape[1], rows.shape[2]
    scale = np.float32(1.0 / len(order))
    y = np.empty(lanes, np.float32)
    loss = 0.0
    for i in order:
        y[:] = np.float32(0)
        latency = x[i]
        for table in range(n_t):
            index = 0
            least = np.int32(1 << 24)  # the smallest |u| and, in the low 4 bits, its pair; the lowest of equal ones
            for r in range(n_c):
                u = np.int32(latency[anchors[table, r, 0]]) - np.int32(latency[anchors[table, r, 1]])
                index |= np.int32(u > 0) << r
                least = min(least, np.int32(abs(u) << 4 | r))
            if jitter > 0 and _uniform(state) * (1 + (least >> 4) * unit) < 0.5 * jitter:
                index ^= 1 << (least & 15)
            if drop > 0 and _uniform(state) < drop:
                index = -1
            used[table] = index
            if index >= 0:
                line = rows[table, index]
                for k in range(lanes):
                    y[k] += line[k]
        for k in range(outputs):
            y[k] /= np.float32(1 - drop)
        loss += _by_squares(y, target[i]) if squares else _by_softmax(y, target[i])
        for k in range(outputs):
            y[k] *= scale
        for k in range(outputs, lanes):
            y[k] = np.float32(0)
        for table in range(n_t):
            if used[table] >= 0:
                line = gradient[table, used[table]]
                for k in range(lanes):
                    line[k] += y[k]
    return loss * scale


@kernel()
def _adam(rows, forward, gradient, first, second, rate, beta1, beta2, epsilon, step, unit, limit):
    """One Adam step on flat arrays, which clears ``gradient``; ``forward``: what the next pass reads (``rows``, rounded where unit > 0)."""
    c1 = np.float32(rate / (1 - beta1**step))
    c2 = np.float32(1 / (1 - beta2**step))
    b1, b2, eps = np.float32(beta1), np.float32(beta2), np.float32(epsilon)
    one, zero = np.float32(1), np.float32(0)
    q = np.float32(unit)
    bound = np.float32(limit * unit)
    for i in range(rows.shape[0]):
        g = gradient[i]
        gradient[i] = zero
        m = b1 * first[i] + (one - b1) * g
        v = b2 * second[i] + (one - b2) * g * g
        first[i] = m
        second[i] = v
        w = rows[i] - c1 * m / (np.sqrt(c2 * v) + eps)
        if unit > 0:
            w = min(max(w, -bound), bound)
            forward[i] = np.rint(w / q) * q
        else:
            forward[i] = w
        rows[i] = w


def _padded(tables: Float32) -> Float32:
    rows = np.zeros((*tables.shape[:2], lanes_of(tables.shape[2])), np.float32)
    rows[..., : tables.shape[2]] = tables
    return rows


def refit(
    group: FloatGroup, samples: Samples, settings: Refit, *, latency_unit: float, rng: np.random.Generator, tick: Hears = lambda loss: None
) -> bool:
    """Train ``group.tables`` in place. ``samples(epoch)``: (batch, n) latencies and (batch, outputs) targets; ``latency_unit``: one unit of
    latency for the jitter's |u|. ``tick`` hears each epoch's mean loss; where it returns True, the training ends, and so it returns.
    """
    rows = _padded(group.tables)
    limit = ENTRY_LIMIT[settings.bits]
    unit = settings.unit
    forward = np.clip(np.rint(rows / unit), -limit, limit) * np.float32(unit) if unit > 0 else rows.copy()
    gradient, first, second = np.zeros_like(rows), np.zeros_like(rows), np.zeros_like(rows)
    used = np.empty(group.n_t, np.int64)
    anchors = group.anchors.astype(np.uint32)
    adam = settings.adam
    state = rng.integers(1, 1 << 32, size=1, dtype=np.uint32)
    step = 0
    stopped = False
    for epoch in range(settings.epochs):
        x, target = samples(epoch)
        order = rng.permutation(len(x))
        losses = []
        for low in range(0, len(order), settings.batch):
            some = order[low : low + settings.batch]
            noise = (latency_unit, settings.jitter, settings.drop)
            losses.append(_pass(forward, anchors, x, target, some, settings.aim.squares, *noise, state, used, gradient))
            step += 1
            done = (epoch + low / len(order)) / settings.epochs
            rate = adam.rate * 0.5 * (1 + np.cos(np.pi * done))
            a, b, c, d, e = (array.reshape(-1) for array in (rows, forward, gradient, first, second))
            _adam(a, b, c, d, e, rate, adam.beta1, adam.beta2, adam.epsilon, step, unit, limit)
        if stopped := bool(tick(float(np.mean(losses)))):
            break
    group.tables[:] = rows[..., : group.tables.shape[2]]
    return stopped
