"""A LUT layer over a batch of windows, compiled: what golden/compiled/rnn.py does within its recurrent loop, for layers of any depth."""

import numba
import numpy as np

from .rnn import MATH, _back, _look, _softmax, _sum

__all__ = ["layer_back", "layer_forward", "softmax"]


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def layer_forward(start, stop, rows, flat, x, y, jitter, state, row, flip, used, near, diff):
    """y (B, T, n_out) += S(x) for streams start..stop-1; x (B, T, n) and y may be one array.

    ``rows``, ``flat``: as :func:`golden.compiled.rnn.flatten` makes them. Filled, (B, T, n_t): what :func:`layer_back` needs, and
    ``used``, the rows added. ``state`` (B, n_t) uint32: generators of the jitter.
    """
    gap = np.empty(flat.a.shape[0], np.float32)
    least = np.empty(flat.low.shape[0], np.float32)
    for k in range(start, stop):
        for i in range(x.shape[1]):
            seen = (row[k, i], flip[k, i], used[k, i], near[k, i], diff[k, i])
            _look(flat.groups, flat.a, flat.b, flat.low, x[k, i], jitter, state[k], gap, least, *seen)
            _sum(rows, used[k, i], y[k, i])


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def layer_back(start, stop, rows, flat, row, flip, near, diff, grad, dx):
    """dx (B, T, n) += Eq. 8 from dL/dy ``grad`` (B, T, n_out), which must be another array."""
    for k in range(start, stop):
        for i in range(grad.shape[1]):
            _back(rows, flat.a, flat.b, flat.low, row[k, i], flip[k, i], near[k, i], diff[k, i], grad[k, i], dx[k, i])


@numba.njit(fastmath=MATH, nogil=True, cache=True)
def softmax(start, stop, logits, tokens, scale, losses):
    """losses (B,): nats of tokens (B, T + 1) but the first, summed over a window; ``logits`` (B, T, n_sym) become scale * (p - onehot)."""
    for k in range(start, stop):
        losses[k] = 0.0
        for i in range(logits.shape[1]):
            losses[k] += _softmax(logits[k, i], tokens[k, i + 1], scale)
