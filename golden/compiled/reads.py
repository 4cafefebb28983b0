"""Every row that an integer network reads on the way through a text, by compiled loops."""

from collections.abc import Iterator
from functools import singledispatch
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..integer.forward import indices, layer_sum, write_back
from ..integer.layer import Int16, Layer
from ..integer.network import TextNetwork
from ..integer.recurrent import RecurrentNetwork
from ..integer.symbols import Symbols
from ..integer.transformer import TransformerNetwork
from .kernel import kernel
from .layer import flatten
from .stream import attend_block, store

AT_ONCE = 1 << 13  # symbols
NOTHING = -1

Int32 = npt.NDArray[np.int32]


class Reads(NamedTuple):
    """``rows`` (symbols, reads) of ``layer``, numbered through all of its tables, -1: none; those of the symbols from ``start`` on. Output
    rows are read before a symbol, to predict it; all others when it is taken."""

    layer: str
    start: int
    rows: Int32


def row_counts(network: TextNetwork) -> dict[str, int]:
    """The rows that each layer has, all tables together, by the names of :class:`Reads`."""
    found = {name: sum(group.tables[..., 0].size for group in layer.groups) for name, layer in network.layers().items()}
    for number, block in enumerate(network.blocks if isinstance(network, TransformerNetwork) else ()):
        found |= {f"blocks.{number}.heads.{place}": head.tables[..., 0].size for place, head in enumerate(block.heads)}
    return found


def layer_rows(layer: Layer, x: Int16) -> Int32:
    """(positions, n_t) rows that a layer reads for latencies (positions, n), numbered through all of its tables."""
    found, first = [], 0
    for group in layer.groups:
        found.append(indices(group.anchors, x) + first + (np.arange(group.n_t, dtype=np.int32) << group.n_c))
        first += group.n_t << group.n_c
    return np.concatenate(found, axis=1)


@singledispatch
def reads(network: TextNetwork, symbols: Symbols) -> Iterator[Reads]:
    """All reads while ``symbols`` are streamed from the empty state, a layer of some symbols at a time."""
    raise TypeError(f"the reads of {type(network).__name__} aren't told")


@reads.register
def _recurrent(network: RecurrentNetwork, symbols: Symbols) -> Iterator[Reads]:
    hidden, output = network.hidden[0], network.output
    rows, flat = flatten(hidden)
    h = np.zeros(network.n, np.int16)
    for start in range(0, len(symbols), AT_ONCE):
        some = symbols[start : start + AT_ONCE]
        s_rows, u_rows = np.empty((len(some), hidden.n_t), np.int32), np.empty((len(some), output.n_t), np.int32)
        _step(network.embed, (rows, flat, hidden.shift), flatten(output)[1], some, h, (s_rows, u_rows))
        yield Reads("hidden.0", start, s_rows)
        yield Reads("output", start, u_rows)


@reads.register
def _transformer(network: TransformerNetwork, symbols: Symbols) -> Iterator[Reads]:
    z: Int16 = (network.embed[symbols].astype(np.int16) << network.embed_shift).astype(np.int16)
    for number, block in enumerate(network.blocks):
        for place, head in enumerate(block.heads):
            more = head.key.shape[1] + head.p
            first = np.arange(head.n_t, dtype=np.int32) * head.tables.shape[1]
            high, key = (indices(head.query, z) << more) + first, indices(head.key, z) << head.p
            for start in range(0, len(symbols), AT_ONCE):
                at = np.arange(start, min(start + AT_ONCE, len(symbols)))[:, None]
                back = at - 1 - np.arange(network.context - 1)
                rows = high[at] | key[np.maximum(back, 0)] | head.place
                rows[back < 0] = NOTHING
                yield Reads(f"blocks.{number}.heads.{place}", start, rows.reshape(len(at), -1).astype(np.int32))
        attend_block(block, z)
        if block.feed is not None:
            yield from _plain(f"blocks.{number}.feed", block.feed, z)
            z = write_back(layer_sum(block.feed, z), shift=block.feed.shift, residual=z)[0]
    yield from _plain("output", network.output, np.concatenate([np.zeros((1, network.n), np.int16), z])[: len(symbols)])


def _plain(name: str, layer: Layer, x: Int16) -> Iterator[Reads]:
    for start in range(0, len(x), AT_ONCE):
        yield Reads(name, start, layer_rows(layer, x[start : start + AT_ONCE]))


@kernel()
def _look(flat, x, found):
    groups, a, b, low, _ = flat
    for g in range(groups.shape[0]):
        first, n_t, n_c, pair = groups[g]
        for i in range(n_t):
            index = 0
            for r in range(n_c):
                p = pair + r * n_t + i
                index |= int(x[a[p]] > x[b[p]]) << r
            found[first + i] = low[first + i] + index


@kernel()
def _step(embed, hidden, output, symbols, h, found):
    rows, flat, shift = hidden
    s_rows, u_rows = found
    acc = np.empty(embed.shape[1], np.int32)
    for t in range(symbols.shape[0]):
        _look(output, h, u_rows[t])
        _look(flat, h, s_rows[t])
        acc[:] = embed[symbols[t]]
        for row in s_rows[t]:
            line = rows[row]
            for c in range(acc.shape[0]):
                acc[c] += line[c]
        store(acc, shift, h)
