"""The compiled passes of the recurrent network on vectors (Eq. 11), forward and back through time, one signal at a time."""

import numpy as np

from .kernel import kernel
from .layer import MATH, add_rows_of, back, look


@kernel(fastmath=MATH)
def signal_forward(start, stop, hidden, output, seen, states, logits, x, lengths, jitter):
    """The outputs of signals start..stop-1.

    ``hidden``, ``output``: (rows, flat) of each layer. x (B, T, n): inputs and references of each step behind n_h free columns, which
    become the state before it. lengths (B,). ``states``: of the jitter, (B, n_t) uint32 each. Filled: ``seen`` of each layer, the last step
    of a signal repeated behind its end; logits (B, T, n_out), there 0.
    """
    s_rows, s = hidden
    u_rows, u = output
    n_h = s_rows.shape[1]
    work = (np.empty(max(s.a.shape[0], u.a.shape[0]), np.float32), np.empty(max(s.low.shape[0], u.low.shape[0]), np.float32))
    s_row, s_flip, s_used, s_near, s_diff = seen[0]
    u_row, u_flip, u_used, u_near, u_diff = seen[1]
    h = np.empty(n_h, np.float32)
    v = np.empty(x.shape[2], np.float32)
    for k in range(start, stop):
        h[:] = np.float32(0)
        for t in range(lengths[k]):
            x[k, t, :n_h] = h
            look(s, x[k, t], jitter, states[0][k], work, (s_row[k, t], s_flip[k, t], s_used[k, t], s_near[k, t], s_diff[k, t]))
            h[:] = np.float32(0)
            add_rows_of(s_rows, s_used[k, t], h)
            v[:] = x[k, t]
            v[:n_h] = h
            look(u, v, jitter, states[1][k], work, (u_row[k, t], u_flip[k, t], u_used[k, t], u_near[k, t], u_diff[k, t]))
            logits[k, t] = np.float32(0)
            add_rows_of(u_rows, u_used[k, t], logits[k, t])
        for t in range(lengths[k], x.shape[1]):
            s_used[k, t] = s_used[k, lengths[k] - 1]
            u_used[k, t] = u_used[k, lengths[k] - 1]
            logits[k, t] = np.float32(0)


@kernel(fastmath=MATH)
def signal_back(start, stop, hidden, output, seen, d_logits, d_hidden, lengths):
    """From dL/dlogits (B, T, n_out) to dL/dh, d_hidden (B, T, n_h), of each step, 0 behind a signal's end; the rest as on the way forward,
    which has left ``seen``."""
    s_rows, s = hidden
    u_rows, u = output
    n_h = s_rows.shape[1]
    s_row, s_flip, s_used, s_near, s_diff = seen[0]
    u_row, u_flip, u_used, u_near, u_diff = seen[1]
    n = max(s.a.max(), s.b.max(), u.a.max(), u.b.max(), n_h - 1) + 1
    d = np.empty(n, np.float32)
    for k in range(start, stop):
        d[:] = np.float32(0)
        for t in range(d_hidden.shape[1] - 1, -1, -1):
            if t >= lengths[k]:
                d_hidden[k, t] = np.float32(0)
                continue
            back(u_rows, u, (u_row[k, t], u_flip[k, t], u_used[k, t], u_near[k, t], u_diff[k, t]), d_logits[k, t], d)
            d_hidden[k, t] = d[:n_h]
            d[:] = np.float32(0)
            back(s_rows, s, (s_row[k, t], s_flip[k, t], s_used[k, t], s_near[k, t], s_diff[k, t]), d_hidden[k, t], d)
