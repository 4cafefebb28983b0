"""The integer forward pass: the contract of docs/reference/numbers.md, vectorised over samples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .network import Int16, Layer, Network, TableGroup

__all__ = ["Trace", "deep_forward", "earliest", "indices", "layer_sum", "rnn_outputs", "rnn_update", "write_back"]

Int32 = npt.NDArray[np.int32]


@dataclass(kw_only=True)
class Trace:
    """What a forward pass went through: ``states`` after each layer (inputs first, outputs last), and the neurons that saturated."""

    states: list[Int16]
    saturations: int = 0


def indices(group: TableGroup, x: Int16) -> Int32:
    """Eq. 1: (batch, n) latencies to (batch, n_t) row indices; bit r = x[a] > x[b]."""
    a, b = group.anchors[..., 0].astype(np.intp), group.anchors[..., 1].astype(np.intp)
    bits = x[:, a] > x[:, b]  # (batch, n_t, n_c); comparing cannot overflow
    return (bits << np.arange(group.n_c, dtype=np.int32)).sum(axis=2, dtype=np.int32)


def layer_sum(layer: Layer, x: Int16) -> Int32:
    """Eq. 2, 3: ``acc`` of (batch, n) latencies, (batch, n_out), before shift and residual."""
    acc = np.zeros((len(x), layer.n_out), np.int32)
    for group in layer.groups:
        rows = indices(group, x)
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


def deep_forward(network: Network, x: Int16) -> Trace:
    """Eq. 10: (batch, n - n_ref) inputs, the reference neurons appended here; ``states[-1]`` are the (batch, n_out) outputs."""
    constants = np.broadcast_to(network.constants, (len(x), network.n_ref))
    state: Int16 = np.concatenate([x, constants], axis=1).astype(np.int16)
    if state.shape[1] != network.n:
        raise ValueError(f"x must have {network.n - network.n_ref} columns, not {x.shape[1]}")
    trace = Trace(states=[state])
    for layer in network.hidden:
        state, count = write_back(layer_sum(layer, state), shift=layer.shift, residual=state)
        trace.states.append(state)
        trace.saturations += count
    outputs, count = write_back(layer_sum(network.output, state), shift=network.output.shift)
    trace.states.append(outputs)
    trace.saturations += count
    return trace


def rnn_outputs(network: Network, h: Int16) -> tuple[Int16, int]:
    """o = U(h): (batch, n) state to (batch, n_out) output latencies, and the neurons that saturated."""
    return write_back(layer_sum(network.output, h), shift=network.output.shift)


def rnn_update(network: Network, h: Int16, symbols: npt.NDArray[np.integer]) -> tuple[Int16, int]:
    """Eq. 11: h <- write-back of S(h) + E[symbol]; ``symbols`` (batch,). Also the neurons that saturated."""
    assert network.embed is not None
    layer = network.hidden[0]
    return write_back(layer_sum(layer, h) + network.embed[symbols], shift=layer.shift)


def earliest(outputs: Int16) -> npt.NDArray[np.intp]:
    """The class of each sample: the neuron of the smallest latency, ties to the lowest neuron."""
    return outputs.argmin(axis=1)
