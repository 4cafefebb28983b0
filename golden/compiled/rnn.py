"""The compiled training path of the spiking RNN: the equations of golden/model/layer.py, one stream and one table at a time.

A layer is flattened (:class:`Flat`): ``rows`` (R, n_out) holds the rows of all its tables, one table after another. Pairs are kept
with the bit number slowest, so that one bit of all tables of a group is looked at in one vector operation. Streams are independent
while the weights stand still, and tables while they are updated, so results do not depend on the number of threads.
What compiled functions call is always inlined: of a function that is not, a process that has just compiled it may link another copy than
one that finds it in Numba's cache, and the two may round differently.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from ..model.layer import Float32, FloatLayer

__all__ = ["Flat", "adam_tables", "batch_pass", "flatten"]

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


def flatten(layer: FloatLayer) -> tuple[Float32, Flat]:
    """The rows (a copy) and the shape of ``layer``."""
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


@numba.njit(fastmath=MATH, nogil=True, cache=True, forceinline=True)
def _look(groups, a, b, low, x, jitter, state, gap, least, row, flip, used, near, diff):
    """Eq. 1 of all tables for latencies x: row, used (a row number of ``rows``), flip (what turns row into jbar), near (pair), diff (u)."""
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


@numba.njit(fastmath=MATH, nogil=True, cache=True, forceinline=True)
def _sum(rows, used, y):
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


@numba.njit(fastmath=MATH, nogil=True, cache=True, forceinline=True)
def _back(rows, a, b, low, row, flip, near, diff, grad, dx):
    """dx += Eq. 8 of every table, from dL/dy ``grad``."""
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


@numba.njit(fastmath=MATH, nogil=True, cache=True, forceinline=True)
def _softmax(logits, target, scale):
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


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def batch_pass(start, stop, embed, s_rows, s, u_rows, u, h, tokens, jitter, s_state, u_state, s_used, u_used, grad_h, grad_o, losses):
    """Forward and backward of one window for streams start..stop-1, every stream on its own. ``s``, ``u``: :class:`Flat` of the two layers.

    h (B, n): carried state, replaced. tokens (B, T + 1). s_state (B, S tables), u_state (B, U tables) uint32: generators.
    Filled: s_used (B, T, S tables), u_used (B, T, U tables): rows used, grad_h (B, T, n): dL/dh after each symbol,
    grad_o (B, T, n_out): dL/dlogits, losses (B,): nats, summed over the window.
    """
    batch, n = h.shape
    steps = tokens.shape[1] - 1
    n_s = s.low.shape[0]
    n_u = u.low.shape[0]
    scale = np.float32(1.0 / (batch * steps))
    gap = np.empty(max(s.a.shape[0], u.a.shape[0]), np.float32)
    least = np.empty(max(n_s, n_u), np.float32)
    row = np.empty((steps, n_s), np.int32)
    flip = np.empty((steps, n_s), np.int32)
    near = np.empty((steps, n_s), np.int32)
    diff = np.empty((steps, n_s), np.float32)
    u_row = np.empty(n_u, np.int32)
    u_flip = np.empty(n_u, np.int32)
    u_near = np.empty(n_u, np.int32)
    u_diff = np.empty(n_u, np.float32)
    x = np.empty((2, n), np.float32)
    for k in range(start, stop):
        x[0] = h[k]
        loss = 0.0
        for t in range(steps):
            old = x[t & 1]
            new = x[1 - (t & 1)]
            new[:] = embed[tokens[k, t]]
            _look(s.groups, s.a, s.b, s.low, old, jitter, s_state[k], gap, least, row[t], flip[t], s_used[k, t], near[t], diff[t])
            _sum(s_rows, s_used[k, t], new)
            logits = grad_o[k, t]
            logits[:] = np.float32(0)
            _look(u.groups, u.a, u.b, u.low, new, jitter, u_state[k], gap, least, u_row, u_flip, u_used[k, t], u_near, u_diff)
            _sum(u_rows, u_used[k, t], logits)
            loss += _softmax(logits, tokens[k, t + 1], scale)
            dh = grad_h[k, t]
            dh[:] = np.float32(0)
            _back(u_rows, u.a, u.b, u.low, u_row, u_flip, u_near, u_diff, logits, dh)
        h[k] = x[steps & 1]
        losses[k] = loss
        for t in range(steps - 1, 0, -1):
            _back(s_rows, s.a, s.b, s.low, row[t], flip[t], near[t], diff[t], grad_h[k, t], grad_h[k, t - 1])


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def adam_tables(
    start, stop, rows, used_rows, low, size, used, grad, first, second, rate, beta1, beta2, epsilon, step, unit, limit, touched
):
    """Gradient of tables start..stop-1 (only used rows, Eq. 6) and one Adam step on them; with ``touched`` on the used rows alone, whose
    moments then stand still in between.

    rows (R, n_out): weights; used_rows: what the forward pass reads: the weights, or with unit > 0 their rounding to multiples of ``unit``
    within +-limit of them (straight-through). low, size (n_t,): first row and number of rows of each table. used (B, T, n_t): row numbers;
    grad (B, T, n_out). first, second: Adam's moments.
    """
    batch, steps = used.shape[:2]
    n_out = rows.shape[1]
    c1 = np.float32(rate / (1 - beta1**step))
    c2 = np.float32(1 / (1 - beta2**step))
    b1 = np.float32(beta1)
    b2 = np.float32(beta2)
    eps = np.float32(epsilon)
    q = np.float32(unit)
    inverse = np.float32(1 / unit if unit > 0 else 0)
    top = np.float32(limit * unit)
    for i in range(start, stop):
        base = low[i]
        total = np.empty((size[i], n_out), np.float32)
        seen = np.zeros(size[i], np.bool_)
        if not touched:
            total[:] = np.float32(0)
            seen[:] = True
        for b in range(batch):
            for t in range(steps):
                j = np.uintp(used[b, t, i] - base)
                line = total[j]
                g = grad[b, t]
                if seen[j]:
                    for c in range(n_out):
                        line[c] += g[c]
                else:
                    seen[j] = True
                    for c in range(n_out):
                        line[c] = g[c]
        for r in range(size[i]):
            if not seen[r]:
                continue
            line = total[r]
            w = rows[base + r]
            m = first[base + r]
            v = second[base + r]
            for c in range(n_out):
                g1 = line[c]
                m[c] = b1 * m[c] + (np.float32(1) - b1) * g1
                v[c] = b2 * v[c] + (np.float32(1) - b2) * g1 * g1
                w[c] -= c1 * m[c] / (np.sqrt(c2 * v[c]) + eps)
            if unit > 0:
                z = used_rows[base + r]
                for c in range(n_out):
                    w[c] = min(max(w[c], -top), top)
                    z[c] = np.rint(w[c] * inverse) * q
