"""Adam on the rows of tables, compiled: golden/model/adam.py's ``adam_step``, the gradient of a row summed first (Eq. 6)."""

from typing import NamedTuple

import numpy as np

from ..model.layer import Float32
from .kernel import kernel
from .layer import MATH
from .rows import adam_row, round_row


class Weights(NamedTuple):
    """Rows under training, (R, n_out) each: ``rows``; ``used``, what the forward pass reads: the rows, or with ``unit`` > 0 their
    rounding to multiples of it, within +-``limit`` of them (straight-through); Adam's moments ``first`` and ``second``."""

    rows: Float32
    used: Float32
    first: Float32
    second: Float32
    unit: float
    limit: float


class Update(NamedTuple):
    """One step of Adam: the scheduled ``rate``, its constants, the number of the ``step`` from 1; ``touched``: on the rows used alone,
    whose moments stand still in between."""

    rate: float
    beta1: float
    beta2: float
    epsilon: float
    step: int
    touched: bool


@kernel(fastmath=MATH)
def adam_tables(start, stop, weights, low, size, used, grad, update):
    """Gradient of tables start..stop-1 (only used rows) and one Adam step on them.

    ``weights``: :class:`Weights`; low, size (n_t,): first row and number of rows of each table. used (B, T, n_t): row numbers;
    grad (B, T, n_out). ``update``: :class:`Update`.
    """
    rows, used_rows, first, second, unit, limit = weights
    rate, beta1, beta2, epsilon, step, touched = update
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


@kernel(fastmath=MATH, forceinline=True)
def adam_table(weights, table, grad, update, share, lanes):
    """One Adam step on a table's rows, from row ``table`` of all on; ``share`` (2**p,): their parts of the rate, by position bits."""
    rows, used_rows, first, second, unit, limit = weights
    rate, beta1, beta2, epsilon, step, touched = update
    c1 = np.float32(rate / (1 - beta1**step))
    c2 = np.float32(1 / (1 - beta2**step))
    b1 = np.float32(beta1)
    b2 = np.float32(beta2)
    one = np.float32(1)
    inverse = np.float32(1 / unit if unit > 0 else 0)
    for r in range(grad.shape[0]):
        if touched and not grad[r].any():
            continue
        scale = c1 * share[np.intp(r) & np.intp(share.shape[0] - 1)]
        constants = (b1, one - b1, b2, one - b2, scale, c2, np.float32(epsilon))
        adam_row(rows, first, second, table + r, grad, r, constants, lanes)
        if unit > 0:
            round_row(rows, used_rows, table + r, np.float32(unit), inverse, np.float32(limit * unit), lanes)
