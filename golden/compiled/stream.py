"""A text through an integer network by compiled loops, and its score, counted as golden/integer/stream.py says."""

from functools import singledispatch

import numpy as np

from ..integer.forward import layer_sum, write_back
from ..integer.layer import Int16, NetworkError
from ..integer.network import Network, TextNetwork
from ..integer.recurrent import RecurrentNetwork
from ..integer.stream import Score, bits_of, text_network
from ..integer.symbols import Symbols, encode
from ..integer.transformer import TransformerNetwork
from ..integer.transformer.heads import TransformerBlock
from .kernel import kernel
from .layer import flatten


def score(network: Network, data: bytes) -> Score:
    """Every byte of ``data`` streamed with the state carried, the first one predicted from the empty state."""
    reader, names = text_network(network)
    if not data:
        raise NetworkError("the text to score is empty")
    symbols = encode(names, data)
    outputs, saturations = stream_outputs(reader, symbols)
    return Score(bits=bits_of(reader, symbols, outputs) / len(symbols), characters=len(symbols), saturations=saturations)


@singledispatch
def stream_outputs(network: TextNetwork, symbols: Symbols) -> tuple[Int16, int]:
    """(len(symbols), n_out) outputs before each symbol, from the empty state, and the saturated neurons."""
    raise TypeError(f"{type(network).__name__} can't be streamed")


@stream_outputs.register
def _recurrent(network: RecurrentNetwork, symbols: Symbols) -> tuple[Int16, int]:
    outputs = np.empty((len(symbols), network.n_out), np.int16)
    s, u = ((*flatten(layer), layer.shift) for layer in (network.hidden[0], network.output))
    return outputs, int(_stream(network.embed, s, u, symbols, outputs))


@stream_outputs.register
def _transformer(network: TransformerNetwork, symbols: Symbols) -> tuple[Int16, int]:
    """A block at a time over the whole text."""
    z: Int16 = (network.embed[symbols].astype(np.int16) << network.embed_shift).astype(np.int16)
    saturations = 0
    for block in network.blocks:
        saturations += attend_block(block, z)
        if block.feed is not None:
            z, count = write_back(layer_sum(block.feed, z), shift=block.feed.shift, residual=z)
            saturations += count
    z = np.concatenate([np.zeros((1, network.n), np.int16), z])[: len(symbols)]
    outputs, count = write_back(layer_sum(network.output, z), shift=network.output.shift)
    return outputs, saturations + count


def attend_block(block: TransformerBlock, z: Int16) -> int:
    """z (positions, n) <- the write-backs of the block's heads; the number of saturated neurons."""
    query, key, place, tables = (
        np.concatenate([getattr(head, name) for head in block.heads], axis=axis)
        for name, axis in (("query", 0), ("key", 0), ("place", 1), ("tables", 0))
    )
    ends = np.cumsum([sum(head.n_t for head in heads) for heads in block.groups()])
    return int(_attend((query, key, place, tables), ends, (key.shape[1], block.heads[0].p), block.shift, z.copy(), z))


@kernel()
def _add(rows, flat, x, acc):
    groups, a, b, low, _ = flat
    for g in range(groups.shape[0]):
        first, n_t, n_c, pair = groups[g]
        for i in range(n_t):
            index = 0
            for r in range(n_c):
                p = pair + r * n_t + i
                index |= int(x[a[p]] > x[b[p]]) << r
            line = rows[low[first + i] + index]
            for c in range(acc.shape[0]):
                acc[c] += line[c]


@kernel()
def store(acc, shift, y):
    """y <- saturate16(acc << shift); the number of saturated neurons."""
    count = 0
    for c in range(acc.shape[0]):
        wide = acc[c] << shift
        kept = min(max(wide, -32768), 32767)
        count += int(kept != wide)
        y[c] = kept
    return count


@kernel()
def _stream(embed, s, u, symbols, outputs):
    s_rows, s_flat, s_shift = s
    u_rows, u_flat, u_shift = u
    n = embed.shape[1]
    h = np.zeros(n, np.int16)
    acc = np.empty(n, np.int32)
    out = np.empty(outputs.shape[1], np.int32)
    saturations = 0
    for t in range(symbols.shape[0]):
        out[:] = 0
        _add(u_rows, u_flat, h, out)
        saturations += store(out, u_shift, outputs[t])
        acc[:] = embed[symbols[t]]
        _add(s_rows, s_flat, h, acc)
        saturations += store(acc, s_shift, h)
    return saturations


@kernel()
def _index(anchors, x):
    index = 0
    for r in range(anchors.shape[0]):
        index |= int(x[anchors[r, 0]] > x[anchors[r, 1]]) << r
    return index


@kernel()
def _attend(heads, ends, bits, shift, x, z):
    """z (positions, n) <- the write-backs of all parts, with indices made of x; the number of saturated neurons."""
    query, key, place, tables = heads
    n_k, p = bits
    reach, n_t = place.shape
    keys = np.empty((x.shape[0], n_t), np.int32)
    acc = np.empty(x.shape[1], np.int32)
    saturations = 0
    for i in range(x.shape[0]):
        first = 0
        for end in ends:
            acc[:] = 0
            for t in range(first, end):
                keys[i, t] = _index(key[t], x[i]) << p
                high = _index(query[t], x[i]) << (n_k + p)
                for d in range(1, min(reach, i) + 1):
                    row = tables[t, high | keys[i - d, t] | place[d - 1, t]]
                    for c in range(acc.shape[0]):
                        acc[c] += row[c]
            first = end
            for c in range(acc.shape[0]):
                wide = (acc[c] << shift) + z[i, c]
                kept = min(max(wide, -32768), 32767)
                saturations += int(kept != wide)
                z[i, c] = kept
    return saturations
