"""The integer transformer, step by step as a core does it: docs/reference/transformer.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar, Self

import numpy as np

from ..forward import Int32, indices, layer_sum
from ..layer import MAX_SHIFT, Int8, Int16, Layer, require, require_int, validate_layer
from ..network import RowsRead, TextNetwork, TextState
from ..source import Arrays, Source
from .heads import HEAD_ARRAYS, TransformerBlock, read_block, validate_block


@dataclass(frozen=True, kw_only=True)
class TransformerNetwork(TextNetwork):
    """``blocks`` over the latencies of a position, which begin as its symbol's embedding, shifted left by ``embed_shift``."""

    kind: ClassVar[str] = "transformer"

    blocks: tuple[TransformerBlock, ...]
    embed_shift: int = 0

    @property
    def context(self) -> int:
        return self.blocks[0].heads[0].context

    def layers(self) -> dict[str, Layer]:
        feeds = {f"blocks.{index}.feed": block.feed for index, block in enumerate(self.blocks) if block.feed is not None}
        return feeds | {"output": self.output}

    def with_layers(self, layers: Mapping[str, Layer]) -> Self:
        blocks = [replace(block, feed=layers.get(f"blocks.{index}.feed")) for index, block in enumerate(self.blocks)]
        return replace(self, blocks=tuple(blocks), output=layers["output"])

    def entries(self) -> Iterator[tuple[Int8, int]]:
        yield from super().entries()
        for block in self.blocks:
            for head in block.heads:
                yield head.tables, block.bits

    def reads(self) -> list[RowsRead]:
        """With a full cache."""
        pairs = [sum(head.n_t for head in block.heads) * (self.context - 1) for block in self.blocks]
        attention = [RowsRead(rows=rows, columns=self.n, bits=block.bits) for rows, block in zip(pairs, self.blocks, strict=True)]
        return [*attention, *super().reads()]

    def start(self) -> "TransformerState":
        return TransformerState(self)

    def header(self) -> dict[str, Any]:
        blocks = [{"parts": block.parts, "bits": block.bits, "shift": block.shift} for block in self.blocks]
        return super().header() | {"blocks": blocks, "embed_shift": self.embed_shift}

    def arrays(self) -> Arrays:
        heads = {f"blocks.{b}.heads.{h}": head for b, block in enumerate(self.blocks) for h, head in enumerate(block.heads)}
        named = {f"{where}.{name}": getattr(head, name) for where, head in heads.items() for name in HEAD_ARRAYS}
        return super().arrays() | {name: np.ascontiguousarray(array) for name, array in named.items()}

    @classmethod
    def read_fields(cls, source: Source) -> dict[str, Any]:
        blocks = tuple(read_block(source, number, values) for number, values in enumerate(source.field("blocks", list)))
        return super().read_fields(source) | {"blocks": blocks, "embed_shift": source.field("embed_shift", int)}

    def validate_own(self) -> None:
        require_int(self.embed_shift, 0, MAX_SHIFT, "embed_shift")
        self.validate_embed()
        require(len(self.blocks) >= 1, "blocks must be at least one")
        for index, block in enumerate(self.blocks):
            validate_block(block, name=f"blocks.{index}", n=self.n, context=self.context)
        validate_layer(self.output, name="output", n=self.n, n_out=len(self.embed))


class TransformerState(TextState):
    """Per head a ring over the context of the key indices of the positions seen, at first empty. Of the last symbol: ``states`` are the
    latencies after each write-back, (n,) each, the embedder's first, and ``rows`` for each block the rows that its tables gave,
    (distances, tables), tables counted through all heads.
    """

    network: TransformerNetwork

    def __init__(self, network: TransformerNetwork) -> None:
        super().__init__(network)
        self.rings = [[np.zeros((network.context, head.n_t), np.int32) for head in block.heads] for block in network.blocks]
        self.position = 0  # of the next symbol
        self.states: list[Int16] = []
        self.rows: list[Int32] = []

    def update(self, symbol: int) -> Int16:
        network = self.network
        self.latencies = (network.embed[symbol].astype(np.int16) << network.embed_shift).astype(np.int16)
        here = self.position % network.context
        before = min(self.position, network.context - 1)
        slots = (here - 1 - np.arange(before)) % network.context  # of distances 1, 2, ...
        self.states, self.rows = [self.latencies], []
        for block, rings in zip(network.blocks, self.rings, strict=True):
            z, rows = self.latencies[None], []  # of all heads, before the first write-back
            for head, ring in zip(block.heads, rings, strict=True):
                ring[here] = indices(head.key, z)[0]
                high = indices(head.query, z)[0] << (head.key.shape[1] + head.p)
                rows.append((high | ring[slots] << head.p | head.place[:before]).astype(np.int32))
            self.rows.append(np.concatenate(rows, axis=1))
            pairs = zip(block.heads, rows, strict=True)
            for part in block.parts:
                acc = np.zeros((1, network.n), np.int32)
                for head, chosen in islice(pairs, part):
                    acc += head.tables[np.arange(head.n_t), chosen].sum(axis=(0, 1), dtype=np.int32)
                self._add(acc, shift=block.shift)
            if block.feed is not None:
                self._add(layer_sum(block.feed, self.latencies[None]), shift=block.feed.shift)
        self.position += 1
        return self.latencies

    def _add(self, acc: Int32, *, shift: int) -> None:
        self.latencies = self.write(acc, shift=shift, residual=self.latencies)
        self.states.append(self.latencies)
