"""The integer forward pass of a layer: the contract of docs/reference/numbers.md, vectorised over samples."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .layer import Int16, Layer

Int32 = npt.NDArray[np.int32]


def indices(anchors: Int16, x: Int16) -> Int32:
    """Eq. 1: pairs (n_t, n_c, 2) in (batch, n) latencies to (batch, n_t) row indices; bit r = x[a] > x[b]."""
    bits = x[:, anchors[..., 0]] > x[:, anchors[..., 1]]  # (batch, n_t, n_c); comparing cannot overflow
    return (bits << np.arange(anchors.shape[1], dtype=np.int32)).sum(axis=2, dtype=np.int32)


def layer_sum(layer: Layer, x: Int16) -> Int32:
    """Eq. 2, 3: ``acc`` of (batch, n) latencies, (batch, n_out), before shift and residual."""
    acc = np.zeros((len(x), layer.n_out), np.int32)
    for group in layer.groups:
        rows = indices(group.anchors, x)
        for table in range(group.n_t):
            acc += group.tables[table][rows[:, table]]
    return acc


def write_back(acc: Int32, *, shift: int, residual: Int16 | None = None) -> tuple[Int16, int]:
    """y = saturate16((acc << shift) + residual), and how many neurons saturated."""
    wide = acc.astype(np.int32) << shift
    if residual is not None:
        wide = wide + residual
    y = np.clip(wide, -32768, 32767)
    return y.astype(np.int16), int(np.count_nonzero(y != wide))


def earliest(outputs: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The class of each sample: the neuron of the smallest latency, ties to the lowest neuron."""
    return outputs.argmin(axis=1)
