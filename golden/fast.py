"""The compiled training path of the spiking RNN: the equations of golden/layer.py, one stream and one table at a time.

A layer is flattened: ``rows`` (R, n_out) holds the rows of all its tables, one table after another; ``meta`` (n_t, 4) int32 says for
each table its first row,
its first pair, its n_c, and its number of rows; ``pairs`` (P, 2) int32 are the anchors. Streams are independent while the weights stand
still, and tables are
independent while they are updated, so results do not depend on the number of threads.
"""

import numba
import numpy as np

__all__ = ["adam_tables", "batch_pass", "flatten_meta"]

MATH = {"reassoc", "contract", "nsz", "arcp"}
LOWEST = np.float32(-20.0)  # logits further below the largest count as this


def flatten_meta(n_cs: list[int]) -> np.ndarray:
    """(n_t, 4) int32 from each table's number of pairs."""
    counts = np.asarray(n_cs, np.int64)
    rows = 1 << counts
    first_row = np.concatenate([[0], np.cumsum(rows)[:-1]])
    first_pair = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return np.stack([first_row, first_pair, counts, rows], axis=1).astype(np.int32)


@numba.njit(inline="always")
def _random(state, slot):
    """xorshift32 of stream ``slot``; uniform in [0, 1)."""
    s = state[slot]
    s ^= (s << np.uint32(13)) & np.uint32(0xFFFFFFFF)
    s ^= s >> np.uint32(17)
    s ^= (s << np.uint32(5)) & np.uint32(0xFFFFFFFF)
    state[slot] = s
    return np.float32(s >> np.uint32(8)) * np.float32(1.0 / (1 << 24))


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def _sum(rows, meta, pairs, x, jitter, state, slot, row, other, used, near, diff, y):
    """y += the sum of rows for latencies x; leaves row, other, used (row numbers of ``rows``), near (pair number) and u for each table."""
    n_t = meta.shape[0]
    n_out = y.shape[0]
    for i in range(n_t):
        first = meta[i, 1]
        index = 0
        nearest = 0
        least = np.float32(np.inf)
        signed = np.float32(0)
        for r in range(meta[i, 2]):
            u = x[pairs[first + r, 0]] - x[pairs[first + r, 1]]
            size = abs(u)
            index |= np.int32(u > 0) << r
            if size < least:
                least = size
                nearest = r
                signed = u
        row[i] = meta[i, 0] + index
        other[i] = meta[i, 0] + (index ^ (1 << nearest))
        near[i] = first + nearest
        diff[i] = signed
        used[i] = row[i]
        if jitter > 0 and _random(state, slot) * (np.float32(1) + least) < np.float32(0.5) * jitter:
            used[i] = other[i]
    i = 0
    while i + 4 <= n_t:
        r0 = rows[used[i]]
        r1 = rows[used[i + 1]]
        r2 = rows[used[i + 2]]
        r3 = rows[used[i + 3]]
        for c in range(n_out):
            y[c] += (r0[c] + r1[c]) + (r2[c] + r3[c])
        i += 4
    while i < n_t:
        r0 = rows[used[i]]
        for c in range(n_out):
            y[c] += r0[c]
        i += 1


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def _back(rows, pairs, row, other, near, diff, grad, dx):
    """dx += Eq. 8 of every table, from dL/dy ``grad``."""
    n_out = grad.shape[0]
    for i in range(row.shape[0]):
        r0 = rows[row[i]]
        r1 = rows[other[i]]
        gain = np.float32(0)
        for c in range(n_out):
            gain += grad[c] * (r1[c] - r0[c])
        u = diff[i]
        size = np.float32(1) + abs(u)
        change = np.float32(0.5) * gain / (size * size)
        if u > 0:
            change = -change
        dx[pairs[near[i], 0]] += change
        dx[pairs[near[i], 1]] -= change


@numba.njit(fastmath=MATH, nogil=True, cache=True)
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
def batch_pass(
    low, high, embed, s_rows, s_meta, s_pairs, u_rows, u_meta, u_pairs, h, tokens, jitter, state, s_used, u_used, grad_h, grad_o, losses
):
    """Forward and backward of one window for streams low..high-1, every stream on its own.

    h (B, n): carried state, replaced. tokens (B, T + 1). state (B,) uint32: generators.
    Filled: s_used (B, T, S tables), u_used (B, T, U tables): the rows used,
    grad_h (B, T, n): dL/dh after each symbol, grad_o (B, T, n_out): dL/dlogits, losses (B,): nats, summed over the window.
    """
    batch, n = h.shape
    steps = tokens.shape[1] - 1
    n_s = s_meta.shape[0]
    n_u = u_meta.shape[0]
    scale = np.float32(1.0 / (batch * steps))
    for b in range(low, high):
        row = np.empty((steps, n_s), np.int32)
        other = np.empty((steps, n_s), np.int32)
        near = np.empty((steps, n_s), np.int32)
        diff = np.empty((steps, n_s), np.float32)
        u_row = np.empty(n_u, np.int32)
        u_other = np.empty(n_u, np.int32)
        u_near = np.empty(n_u, np.int32)
        u_diff = np.empty(n_u, np.float32)
        x = np.empty((2, n), np.float32)
        x[0] = h[b]
        loss = 0.0
        for t in range(steps):
            old = x[t & 1]
            new = x[1 - (t & 1)]
            e = embed[tokens[b, t]]
            for c in range(n):
                new[c] = e[c]
            _sum(s_rows, s_meta, s_pairs, old, jitter, state, b, row[t], other[t], s_used[b, t], near[t], diff[t], new)
            logits = grad_o[b, t]
            logits[:] = np.float32(0)
            _sum(u_rows, u_meta, u_pairs, new, jitter, state, b, u_row, u_other, u_used[b, t], u_near, u_diff, logits)
            loss += _softmax(logits, tokens[b, t + 1], scale)
            dh = grad_h[b, t]
            dh[:] = np.float32(0)
            _back(u_rows, u_pairs, u_row, u_other, u_near, u_diff, logits, dh)
        h[b] = x[steps & 1]
        losses[b] = loss
        for t in range(steps - 1, 0, -1):
            _back(s_rows, s_pairs, row[t], other[t], near[t], diff[t], grad_h[b, t], grad_h[b, t - 1])


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def adam_tables(start, stop, rows, used_rows, meta, used, grad, first, second, rate, beta1, beta2, epsilon, step, unit, limit):
    """Gradient of tables start..stop-1 (only used rows, Eq. 6) and one Adam step on them.

    rows (R, n_out): weights; used_rows: what the forward pass reads: the weights, or with unit > 0 their rounding to multiples of
    ``unit`` within +-limit of them
    (straight-through). used (B, T, n_t): row numbers; grad (B, T, n_out). first, second: Adam's moments.
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
    bound = np.float32(limit)
    for i in range(start, stop):
        low = meta[i, 0]
        total = np.zeros((meta[i, 3], n_out), np.float32)
        for b in range(batch):
            for t in range(steps):
                line = total[used[b, t, i] - low]
                g = grad[b, t]
                for c in range(n_out):
                    line[c] += g[c]
        for r in range(meta[i, 3]):
            line = total[r]
            w = rows[low + r]
            m = first[low + r]
            v = second[low + r]
            for c in range(n_out):
                g1 = line[c]
                m[c] = b1 * m[c] + (np.float32(1) - b1) * g1
                v[c] = b2 * v[c] + (np.float32(1) - b2) * g1 * g1
                w[c] -= c1 * m[c] / (np.sqrt(c2 * v[c]) + eps)
            if unit > 0:
                z = used_rows[low + r]
                for c in range(n_out):
                    w[c] = min(max(w[c], -bound * q), bound * q)
                    z[c] = np.rint(w[c] * inverse) * q
