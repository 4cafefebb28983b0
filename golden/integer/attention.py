"""The integer transformer, step by step as a core does it, and over a whole text at once: docs/reference/transformer.md."""

import numba
import numpy as np
import numpy.typing as npt

from .forward import Int32, layer_sum, write_back
from .network import Int16
from .transformer import Head, TransformerNetwork

__all__ = ["TransformerState", "stream_outputs"]


def _bits(anchors: Int16, x: Int16) -> Int32:
    """Eq. 1: (positions, n) latencies to (positions, n_t) indices."""
    bits = x[:, anchors[..., 0]] > x[:, anchors[..., 1]]
    return (bits << np.arange(anchors.shape[1], dtype=np.int32)).sum(axis=2, dtype=np.int32)


class TransformerState:
    """One stream: latencies, and per head a ring over the context of the key indices of the positions seen.

    Starts with all latencies 0 and an empty ring. ``saturations`` counts the neurons that saturated since then. Of the last symbol:
    ``states`` are the latencies after each write-back, (n,) each, the embedder's first, and ``rows`` for each block the rows that its
    tables gave, (distances, tables), tables counted through all heads.
    """

    def __init__(self, network: TransformerNetwork) -> None:
        self.network = network
        self.z: Int16 = np.zeros((1, network.n), np.int16)
        self.rings = [[np.zeros((network.context, head.n_t), np.int32) for head in block.heads] for block in network.blocks]
        self.position = 0  # of the next symbol
        self.saturations = 0
        self.states: list[Int16] = []
        self.rows: list[Int32] = []

    def outputs(self) -> Int16:
        """(n_out,) latencies of the unembedder."""
        o, count = write_back(layer_sum(self.network.output, self.z), shift=self.network.output.shift)
        self.saturations += count
        return o[0]

    def update(self, symbol: int) -> Int16:
        """Take one symbol; the (n,) latencies after the last block."""
        network = self.network
        assert network.embed is not None
        z: Int16 = (network.embed[symbol : symbol + 1].astype(np.int16) << network.embed_shift).astype(np.int16)
        here = self.position % network.context
        before = min(self.position, network.context - 1)
        slots = (here - 1 - np.arange(before)) % network.context  # of distances 1, 2, ...
        self.states, self.rows = [z[0]], []
        for block, rings in zip(network.blocks, self.rings, strict=True):
            rows = []  # of all heads, before the first write-back
            for head, ring in zip(block.heads, rings, strict=True):
                ring[here] = _bits(head.key, z)[0]
                rows.append(_head_rows(head, _bits(head.query, z)[0], ring, slots))
            self.rows.append(np.concatenate(rows, axis=1))
            low = 0
            for part in block.parts:
                members = range(low, low + part)
                acc: Int32 = np.stack([_head_sum(block.heads[i], rows[i]) for i in members]).sum(axis=0, keepdims=True, dtype=np.int32)
                z = self._write(acc, shift=block.shift, residual=z)
                low += part
            if block.feed is not None:
                z = self._write(layer_sum(block.feed, z), shift=block.feed.shift, residual=z)
        self.z = z
        self.position += 1
        return z[0]

    def _write(self, acc: Int32, *, shift: int, residual: Int16) -> Int16:
        z, count = write_back(acc, shift=shift, residual=residual)
        self.saturations += count
        self.states.append(z[0])
        return z


def _head_rows(head: Head, query: Int32, ring: Int32, slots: npt.NDArray[np.int64]) -> Int32:
    """(distances, n_t): the rows for all cached positions, ``slots`` in the order of their distances."""
    high = query << (head.key.shape[1] + head.p)
    return (high | ring[slots] << head.p | head.place[: len(slots)]).astype(np.int32)


def _head_sum(head: Head, rows: Int32) -> Int32:
    """(n,): their sum."""
    return head.tables[np.arange(head.n_t), rows].sum(axis=(0, 1), dtype=np.int32)


def stream_outputs(network: TransformerNetwork, symbols: npt.NDArray[np.int32]) -> tuple[Int16, int]:
    """(len(symbols), n_out) outputs before each symbol, from the empty state, and the saturated neurons.

    The same numbers as :class:`TransformerState`, a block at a time over the whole text.
    """
    assert network.embed is not None
    z: Int16 = (network.embed[symbols].astype(np.int16) << network.embed_shift).astype(np.int16)
    saturations = 0
    for block in network.blocks:
        query, key, place, tables = (
            np.concatenate([getattr(head, name) for head in block.heads], axis=axis)
            for name, axis in (("query", 0), ("key", 0), ("place", 1), ("tables", 0))
        )
        ends = np.cumsum([sum(head.n_t for head in heads) for heads in block.groups()])
        shift = (key.shape[1], block.heads[0].p, block.shift)
        saturations += int(_attend(query, key, place, tables, ends, *shift, z.copy(), z))
        if block.feed is not None:
            z, count = write_back(layer_sum(block.feed, z), shift=block.feed.shift, residual=z)
            saturations += count
    z = np.concatenate([np.zeros((1, network.n), np.int16), z])[: len(symbols)]
    outputs, count = write_back(layer_sum(network.output, z), shift=network.output.shift)
    return outputs, saturations + count


@numba.njit(cache=True)
def _index(anchors, x):
    index = 0
    for r in range(anchors.shape[0]):
        index |= int(x[anchors[r, 0]] > x[anchors[r, 1]]) << r
    return index


@numba.njit(cache=True)
def _attend(query, key, place, tables, ends, n_k, p, shift, x, z):
    """z (positions, n) <- the write-backs of all parts, with indices made of x; the number of saturated neurons."""
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
