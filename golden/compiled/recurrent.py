"""The compiled window pass of the recurrent network (Eq. 11): golden/model/rnn.py's ``window_pass``, one stream at a time."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..model.layer import Float32
from .kernel import kernel
from .layer import MATH, Flat, add_rows_of, back, look, softmax_row


class LayerWindow(NamedTuple):
    """A layer and what a window leaves behind: ``rows`` that the forward pass reads, ``flat``; ``state`` (B, n_t) uint32, generators of the
    jitter; ``used`` (B, T, n_t), the rows added; ``grad`` (B, T, n_out), dL/d(the sum)."""

    rows: Float32
    flat: Flat
    state: npt.NDArray[np.uint32]
    used: npt.NDArray[np.int32]
    grad: Float32


@kernel(fastmath=MATH)
def window_pass(start, stop, embed, hidden, output, h, tokens, jitter, losses):
    """Forward and backward of one window for streams start..stop-1, every stream on its own.

    ``hidden``, ``output``: :class:`LayerWindow`; ``hidden.grad`` becomes dL/dh after each symbol, ``output.grad`` dL/dlogits. h (B, n): the
    carried state, replaced. tokens (B, T + 1). Filled: losses (B,): nats, summed over the window.
    """
    batch, n = h.shape
    steps = tokens.shape[1] - 1
    s, u = hidden.flat, output.flat
    n_s = s.low.shape[0]
    n_u = u.low.shape[0]
    scale = np.float32(1.0 / (batch * steps))
    work = (np.empty(max(s.a.shape[0], u.a.shape[0]), np.float32), np.empty(max(n_s, n_u), np.float32))
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
            look(s, old, jitter, hidden.state[k], work, (row[t], flip[t], hidden.used[k, t], near[t], diff[t]))
            add_rows_of(hidden.rows, hidden.used[k, t], new)
            logits = output.grad[k, t]
            logits[:] = np.float32(0)
            seen = (u_row, u_flip, output.used[k, t], u_near, u_diff)
            look(u, new, jitter, output.state[k], work, seen)
            add_rows_of(output.rows, output.used[k, t], logits)
            loss += softmax_row(logits, tokens[k, t + 1], scale)
            dh = hidden.grad[k, t]
            dh[:] = np.float32(0)
            back(output.rows, u, seen, logits, dh)
        h[k] = x[steps & 1]
        losses[k] = loss
        for t in range(steps - 1, 0, -1):
            back(hidden.rows, s, (row[t], flip[t], hidden.used[k, t], near[t], diff[t]), hidden.grad[k, t], hidden.grad[k, t - 1])
