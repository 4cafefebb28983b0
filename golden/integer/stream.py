"""Streaming a text through an integer rnn or transformer: bits per character, counted as docs/reference/numbers.md says."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from ..tasks import text as text_module
from . import attention as transformer_integer
from .forward import rnn_outputs, rnn_update
from .network import Int16, Layer, Network, NetworkError
from .transformer import TransformerNetwork

__all__ = ["Score", "score", "stream_outputs", "stream_outputs_reference"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Bits per character over ``characters`` bytes, and the neurons that saturated on the way."""

    bits: float
    characters: int
    saturations: int


def stream_outputs_reference(network: Network, symbols: npt.NDArray[np.int32]) -> tuple[Int16, int]:
    """(len(symbols), n_out) outputs o = U(h) before each symbol, h_0 = 0, and the saturated neurons, in plain NumPy."""
    h: Int16 = np.zeros((1, network.n), np.int16)
    outputs = np.empty((len(symbols), network.n_out), np.int16)
    saturations = 0
    for index, symbol in enumerate(symbols):
        o, count = rnn_outputs(network, h)
        h, more = rnn_update(network, h, np.array([symbol]))
        outputs[index] = o[0]
        saturations += count + more
    return outputs, saturations


def stream_outputs(network: Network, symbols: npt.NDArray[np.int32]) -> tuple[Int16, int]:
    """The same numbers by a compiled loop; also those of a transformer."""
    if isinstance(network, TransformerNetwork):
        return transformer_integer.stream_outputs(network, symbols)
    assert network.embed is not None
    outputs = np.empty((len(symbols), network.n_out), np.int16)
    s, u = _flat(network.hidden[0]), _flat(network.output)
    shifts = (network.hidden[0].shift, network.output.shift)
    return outputs, int(_stream(network.embed, *s, *u, *shifts, symbols, outputs))


def score(network: Network, data: bytes) -> Score:
    """Every byte of ``data`` streamed with the state carried, the first one predicted from h_0 = 0 (a transformer: z = 0)."""
    if network.kind == "deep" or network.symbols is None:
        raise NetworkError("the network is no text network: it has no symbols")
    if not data:
        raise NetworkError("the text to score is empty")
    symbols = text_module.encode(network.symbols, data)
    outputs, saturations = stream_outputs(network, symbols)
    bits = 0.0
    for low in range(0, len(symbols), 4096):
        logits = outputs[low : low + 4096] * -(2.0**-network.out_frac)
        logits -= logits.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(logits, symbols[low : low + 4096, None], axis=1)[:, 0]
        bits += float((np.log(np.exp(logits).sum(axis=1)) - chosen).sum() / np.log(2))
    if text_module.UNKNOWN in network.symbols:
        count = int(np.count_nonzero(symbols == network.symbols.index(text_module.UNKNOWN)))
        bits += count * float(np.log2(text_module.unseen(network.symbols)))
    return Score(bits=bits / len(symbols), characters=len(symbols), saturations=saturations)


def _flat(layer: Layer) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """rows (R, n_out) int16, per table (first row, first pair, n_c) int32, pairs (P, 2) int32."""
    rows = np.concatenate([group.tables.reshape(-1, layer.n_out) for group in layer.groups]).astype(np.int16)
    pairs = np.concatenate([group.anchors.reshape(-1, 2) for group in layer.groups]).astype(np.int32)
    meta = []
    row = pair = 0
    for group in layer.groups:
        for _ in range(group.n_t):
            meta.append((row, pair, group.n_c))
            row, pair = row + (1 << group.n_c), pair + group.n_c
    return rows, np.array(meta, np.int32), pairs


@numba.njit(cache=True)
def _add(rows, meta, pairs, x, acc):
    for i in range(meta.shape[0]):
        index = 0
        for r in range(meta[i, 2]):
            pair = pairs[meta[i, 1] + r]
            index |= int(x[pair[0]] > x[pair[1]]) << r
        line = rows[meta[i, 0] + index]
        for c in range(acc.shape[0]):
            acc[c] += line[c]


@numba.njit(cache=True)
def _store(acc, shift, y):
    count = 0
    for c in range(acc.shape[0]):
        wide = acc[c] << shift
        kept = min(max(wide, -32768), 32767)
        count += int(kept != wide)
        y[c] = kept
    return count


@numba.njit(cache=True)
def _stream(embed, s_rows, s_meta, s_pairs, u_rows, u_meta, u_pairs, s_shift, u_shift, symbols, outputs):
    n = embed.shape[1]
    h = np.zeros(n, np.int16)
    acc = np.empty(n, np.int32)
    out = np.empty(outputs.shape[1], np.int32)
    saturations = 0
    for t in range(symbols.shape[0]):
        out[:] = 0
        _add(u_rows, u_meta, u_pairs, h, out)
        saturations += _store(out, u_shift, outputs[t])
        acc[:] = embed[symbols[t]]
        _add(s_rows, s_meta, s_pairs, h, acc)
        saturations += _store(acc, s_shift, h)
    return saturations
