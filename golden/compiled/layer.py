"""A LUT layer, compiled: the equations of golden/model/layer.py, one stream and one table at a time.

A layer is flattened (:class:`Flat`): ``rows`` (R, n_out) holds the rows of all its tables, one table after another. Pairs are kept
with the bit number slowest, so that one bit of all tables of a group is looked at in one vector operation. Streams are independent
while the weights stand still, so results do not depend on the number of threads.
What compiled functions call is always inlined: of a function that is not, a process that has just compiled it may link another copy than
one that finds it in Numba's cache, and the two may round differently.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..integer.layer import Groups
from ..model.layer import Float32
from .kernel import kernel

MATH = {"reassoc", "contract", "nsz", "arcp"}
LOWEST = np.float32(-20.0)  # logits further below the largest count as this

Int32 = npt.NDArray[np.int32]


class Flat(NamedTuple):
    """The shape of a flattened layer, all int32.

    ``groups`` (G, 4): first table, number of tables, n_c, first pair. ``a``, ``b`` (P,): neurons of the pairs; pair r of the group's
    table i stands at first pair + r * tables + i. ``low`` (n_t,), ``size`` (n_t,): first row and number of rows of each table.
    """

    groups: Int32
    a: Int32
    b: Int32
    low: Int32
    size: Int32


def flatten(layer: Groups[Any]) -> tuple[npt.NDArray[Any], Flat]:
    """The rows (a copy) and the shape of a layer of floats or integers."""
    rows = np.concatenate([group.tables.reshape(-1, layer.n_out) for group in layer.groups])
    groups, pairs, sizes = [], [], []
    table = pair = 0
    for group in layer.groups:
        groups.append((table, group.n_t, group.n_c, pair))
        pairs.append(group.anchors.transpose(1, 0, 2).reshape(-1, 2))
        sizes += [1 << group.n_c] * group.n_t
        table, pair = table + group.n_t, pair + group.n_t * group.n_c
    both = np.concatenate(pairs).astype(np.int32)
    size = np.array(sizes, np.int32)
    low = (np.cumsum(size) - size).astype(np.int32)
    flat = Flat(np.array(groups, np.int32), both[:, 0].copy(), both[:, 1].copy(), low, size)
    return rows, flat


class Seen(NamedTuple):
    """What looks leave behind, each (..., n_t): ``row``, the index; ``flip``, what turns it into jbar; ``used``, the row added, a row
    number of the flattened layer; ``near``, the nearest pair; ``diff``, its u."""

    row: Int32
    flip: Int32
    used: Int32
    near: Int32
    diff: Float32

    @classmethod
    def room(cls, *shape: int) -> "Seen":
        """Arrays of ``shape``, the tables last."""
        row, flip, used, near = (np.zeros(shape, np.int32) for _ in range(4))
        return cls(row, flip, used, near, np.zeros(shape, np.float32))


@kernel(fastmath=MATH, forceinline=True)
def look(flat, x, jitter, state, work, seen):
    """Eq. 1 of all tables for latencies x, into ``seen``. ``work``: room for (differences of all pairs, the least |u| of each table)."""
    groups, a, b, low, _ = flat
    gap, least = work
    row, flip, used, near, diff = seen
    for p in range(a.shape[0]):
        gap[p] = x[np.uintp(a[p])] - x[np.uintp(b[p])]
    for g in range(groups.shape[0]):
        t0 = groups[g, 0]
        n_t = groups[g, 1]
        for r in range(groups[g, 2]):
            bit = np.int32(1) << np.int32(r)
            p0 = groups[g, 3] + r * n_t
            if r == 0:
                for i in range(n_t):
                    t = np.uintp(t0 + i)
                    u = gap[np.uintp(p0 + i)]
                    row[t] = np.int32(u > 0)
                    least[t] = abs(u)
                    diff[t] = u
                    flip[t] = 1
                    near[t] = p0 + i
            else:
                for i in range(n_t):
                    t = np.uintp(t0 + i)
                    u = gap[np.uintp(p0 + i)]
                    closer = abs(u) < least[t]
                    row[t] |= bit if u > 0 else np.int32(0)
                    least[t] = abs(u) if closer else least[t]
                    diff[t] = u if closer else diff[t]
                    flip[t] = bit if closer else flip[t]
                    near[t] = np.int32(p0 + i) if closer else near[t]
    if jitter > 0:
        chance = np.float32(0.5) * jitter * np.float32(1 << 24)
        for i in range(row.shape[0]):
            s = state[i]  # xorshift32, one generator a table and stream
            s ^= np.uint32(s << np.uint32(13))
            s ^= np.uint32(s >> np.uint32(17))
            s ^= np.uint32(s << np.uint32(5))
            state[i] = s
            hit = np.float32(np.int32(s >> np.uint32(8))) * (np.float32(1) + least[i]) < chance
            used[i] = low[i] + (row[i] ^ (flip[i] if hit else np.int32(0)))
    else:
        for i in range(row.shape[0]):
            used[i] = low[i] + row[i]


@kernel(fastmath=MATH, forceinline=True)
def add_rows_of(rows, used, y):
    """y += Eq. 3, the used rows added four at a time."""
    n_out = y.shape[0]
    n_t = used.shape[0]
    i = 0
    while i + 4 <= n_t:
        r0 = rows[np.uintp(used[i])]
        r1 = rows[np.uintp(used[i + 1])]
        r2 = rows[np.uintp(used[i + 2])]
        r3 = rows[np.uintp(used[i + 3])]
        for c in range(n_out):
            y[c] += (r0[c] + r1[c]) + (r2[c] + r3[c])
        i += 4
    while i < n_t:
        r0 = rows[np.uintp(used[i])]
        for c in range(n_out):
            y[c] += r0[c]
        i += 1


@kernel(fastmath=MATH, forceinline=True)
def back(rows, flat, seen, grad, dx):
    """dx += Eq. 8 of every table, from dL/dy ``grad``."""
    _, a, b, low, _ = flat
    row, flip, _, near, diff = seen
    n_out = grad.shape[0]
    for i in range(row.shape[0]):
        r0 = rows[np.uintp(low[i] + row[i])]
        r1 = rows[np.uintp(low[i] + (row[i] ^ flip[i]))]
        gain = np.float32(0)
        for c in range(n_out):
            gain += grad[c] * (r1[c] - r0[c])
        u = diff[i]
        size = np.float32(1) + abs(u)
        change = np.float32(0.5) * gain / (size * size)
        change = -change if u > 0 else change
        dx[np.uintp(a[np.uintp(near[i])])] += change
        dx[np.uintp(b[np.uintp(near[i])])] -= change


@kernel(fastmath=MATH, forceinline=True)
def softmax_row(logits, target, scale):
    """Cross-entropy in nats; ``logits`` become scale * (p - onehot). exp by a Taylor polynomial of x/64, squared six times."""
    n = logits.shape[0]
    top = logits[0]
    for c in range(1, n):
        top = max(top, logits[c])
    goal = logits[target] - top
    total = np.float32(0)
    for c in range(n):
        z = max(logits[c] - top, LOWEST) * np.float32(1 / 64)
        p = np.float32(1) + z * (np.float32(1) + z * (np.float32(0.5) + z * (np.float32(1 / 6) + z * np.float32(1 / 24))))
        p *= p
        p *= p
        p *= p
        p *= p
        p *= p
        p *= p
        logits[c] = p
        total += p
    k = scale / total
    for c in range(n):
        logits[c] *= k
    logits[target] -= scale
    return np.log(total) - goal


@kernel(fastmath=MATH)
def layer_forward(start, stop, rows, flat, x, y, jitter, state, seen):
    """y (B, T, n_out) += S(x) for streams start..stop-1; y may be x (B, T, n). ``state`` (B, n_t) uint32: jitter. Filled: ``seen``."""
    work = (np.empty(flat.a.shape[0], np.float32), np.empty(flat.low.shape[0], np.float32))
    row, flip, used, near, diff = seen
    for k in range(start, stop):
        for i in range(x.shape[1]):
            look(flat, x[k, i], jitter, state[k], work, (row[k, i], flip[k, i], used[k, i], near[k, i], diff[k, i]))
            add_rows_of(rows, used[k, i], y[k, i])


@kernel(fastmath=MATH)
def layer_back(start, stop, rows, flat, seen, grad, dx):
    """dx (B, T, n) += Eq. 8 from dL/dy ``grad`` (B, T, n_out), which must be another array."""
    row, flip, used, near, diff = seen
    for k in range(start, stop):
        for i in range(grad.shape[1]):
            back(rows, flat, (row[k, i], flip[k, i], used[k, i], near[k, i], diff[k, i]), grad[k, i], dx[k, i])


@kernel(fastmath=MATH)
def softmax(start, stop, logits, tokens, scale, losses):
    """losses (B,): nats of tokens (B, T + 1) but the first, summed over a window; ``logits`` (B, T, n_sym) become scale * (p - onehot)."""
    for k in range(start, stop):
        losses[k] = 0.0
        for i in range(logits.shape[1]):
            losses[k] += softmax_row(logits[k, i], tokens[k, i + 1], scale)
