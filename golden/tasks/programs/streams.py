"""Many streams through a text network side by side, in NumPy; each equal to the one of golden/integer/network.py's ``TextState``."""

from abc import ABC, abstractmethod
from functools import singledispatch

import numpy as np

from ...integer.forward import Int32, indices, layer_sum, write_back
from ...integer.layer import Int16
from ...integer.network import TextNetwork
from ...integer.recurrent import RecurrentNetwork
from ...integer.symbols import Symbols
from ...integer.transformer.network import TransformerNetwork


class Streams(ABC):
    """``count`` streams at their beginning; ``latencies`` (count, n)."""

    def __init__(self, network: TextNetwork, count: int) -> None:
        self.network = network
        self.latencies: Int16 = np.zeros((count, network.n), np.int16)

    def outputs(self) -> Int16:
        """(count, n_out) output latencies, before the next symbols."""
        output = self.network.output
        return write_back(layer_sum(output, self.latencies), shift=output.shift)[0]

    @abstractmethod
    def update(self, symbols: Symbols) -> None:
        """Take a symbol of each stream, (count,)."""


class RecurrentStreams(Streams):
    """Of Eq. 11."""

    network: RecurrentNetwork

    def update(self, symbols: Symbols) -> None:
        layer = self.network.hidden[0]
        self.latencies = write_back(layer_sum(layer, self.latencies) + self.network.embed[symbols], shift=layer.shift)[0]


class TransformerStreams(Streams):
    """Of docs/reference/transformer.md; per head a ring of keys, (context, count, n_t)."""

    network: TransformerNetwork

    def __init__(self, network: TransformerNetwork, count: int) -> None:
        super().__init__(network, count)
        self._rings = [[np.zeros((network.context, count, head.n_t), np.int32) for head in block.heads] for block in network.blocks]
        self._position = 0

    def update(self, symbols: Symbols) -> None:
        network = self.network
        z: Int16 = (network.embed[symbols].astype(np.int16) << network.embed_shift).astype(np.int16)
        here = self._position % network.context
        before = min(self._position, network.context - 1)
        slots = (here - 1 - np.arange(before)) % network.context  # of distances 1, 2, ...
        for block, rings in zip(network.blocks, self._rings, strict=True):
            sums = []
            for head, ring in zip(block.heads, rings, strict=True):
                ring[here] = indices(head.key, z)
                high = indices(head.query, z) << (head.key.shape[1] + head.p)
                acc: Int32 = np.zeros(z.shape, np.int32)
                for slot, place in zip(slots, head.place, strict=False):
                    rows = high | ring[slot] << head.p | place
                    acc += head.tables[np.arange(head.n_t), rows].sum(axis=1, dtype=np.int32)
                sums.append(acc)
            first = 0
            for part in block.parts:
                z = write_back(np.sum(sums[first : first + part], axis=0), shift=block.shift, residual=z)[0]
                first += part
            if block.feed is not None:
                z = write_back(layer_sum(block.feed, z), shift=block.feed.shift, residual=z)[0]
        self.latencies = z
        self._position += 1


@singledispatch
def streams(network: TextNetwork, count: int) -> Streams:
    """``count`` streams through ``network``."""
    raise TypeError(f"{type(network).__name__} has no streams side by side")


@streams.register
def _recurrent(network: RecurrentNetwork, count: int) -> Streams:
    return RecurrentStreams(network, count)


@streams.register
def _transformer(network: TransformerNetwork, count: int) -> Streams:
    return TransformerStreams(network, count)
