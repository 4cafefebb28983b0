"""The SNN transformer with float tables: Eq. 14 and 15, in the paper's variant or the reference program's.

x_i = z_i + sum over the cached positions j before i of V[query bits of z_i | key bits of z_j | bits of PE_{i-j}], all heads of a block at
once; then, unless the block is attention alone, x_i <- x_i + S(x_i); last, logits = U(x_i). Source: E. Izhikevich, Spiking Manifesto
(arXiv 2512.11843); golden/compiled/attention.py computes it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..integer.layer import MAX_NC, Int16
from .anchors import ANCHORS, Anchors, random_anchors
from .layer import Arrays, Float32, FloatLayer, TextModel, check_anchors, layer_arrays, layer_from, taken

Variant = Literal["paper", "reference"]
VARIANTS: tuple[Variant, ...] = ("paper", "reference")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of a transformer. ``n`` latencies, ``blocks`` of ``heads`` of ``n_t`` tables each.

    A table's index has ``n_c`` query bits, ``n_k`` key bits (None: as many) and ``p`` position bits. ``context`` counts a position itself:
    it attends to the context - 1 before it. ``feed``: (n_t, n_c) of the feed-forward layers, or None for attention alone. ``output``:
    likewise of the unembedder. ``n_pe``: neurons of the paper's positional encodings. ``near``: position bits begin by counting the
    distance, the farthest sharing the last number, and each has a pair of neurons of its own (``n_pe`` does not count); else all is
    random, as in the paper. ``anchors``: how pairs of latencies are drawn, by its name in golden/model/anchors.py.
    """

    n: int = 32
    blocks: int = 6
    heads: int = 4
    n_t: int = 16
    n_c: int = 6
    p: int = 4
    context: int = 32
    feed: tuple[int, int] | None = (16, 6)
    output: tuple[int, int] = (16, 6)
    n_pe: int = 32
    n_k: int | None = None
    near: bool = False
    anchors: Anchors = "random"
    variant: Variant = "paper"

    def __post_init__(self) -> None:
        low = {"n": 2, "blocks": 1, "heads": 1, "n_t": 1, "n_c": 1, "p": 0, "context": 2, "n_pe": 2}
        for name, least in low.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if self.keys < 1:
            raise ValueError(f"n_k must be at least 1, not {self.keys}")
        if self.variant == "reference" and self.keys != self.n_c:
            raise ValueError("n_k must equal n_c in the reference variant: query and key share their anchors")
        if self.anchors not in ANCHORS:
            raise ValueError(f"anchors must be one of {', '.join(ANCHORS)}, not {self.anchors!r}")
        if self.index_bits > MAX_NC:
            raise ValueError(f"n_c + n_k + p must be at most {MAX_NC} bits, not {self.n_c} + {self.keys} + {self.p}")
        if self.variant not in VARIANTS:
            raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, not {self.variant!r}")

    @property
    def keys(self) -> int:
        """Key pairs of a table."""
        return self.n_c if self.n_k is None else self.n_k

    @property
    def index_bits(self) -> int:
        return self.n_c + self.keys + self.p


@dataclass(frozen=True, kw_only=True)
class Attention:
    """The heads of one block, their tables one head after another; arrays are changed in place by a trainer.

    ``query``, ``key``: (n_t, n_c, 2) anchors in z_i and z_j; n_t counts the tables of all heads. ``position``: (context, n_pos), row d
    the latencies of PE_d, row 0 unused. ``place``: (n_t, p, 2) anchors in PE_d. ``tables``: (n_t, 2**(n_q + n_k + p), n).
    ``variant`` "reference": ``key`` equals ``query``, and the last column of ``position`` is the constant 0 that all others are compared
    with.
    """

    heads: int
    query: Int16
    key: Int16
    position: Float32
    place: Int16
    tables: Float32
    variant: Variant = "paper"

    @property
    def n_t(self) -> int:
        return self.query.shape[0]

    @property
    def context(self) -> int:
        return self.position.shape[0]


@dataclass(frozen=True, kw_only=True)
class Block:
    """Attention, then a feed-forward layer with residual, unless ``feed`` is None."""

    attention: Attention
    feed: FloatLayer | None


@dataclass(frozen=True, kw_only=True)
class Transformer(TextModel):
    """``blocks``: at least one, all of the same context."""

    blocks: tuple[Block, ...]

    @property
    def context(self) -> int:
        return self.blocks[0].attention.context

    @property
    def head_rows(self) -> int:
        """The most rows that one head adds to a latency."""
        attention = self.blocks[0].attention
        return attention.n_t // attention.heads * (attention.context - 1)

    @classmethod
    def start(cls, *, n_sym: int, shape: Shape, rng: np.random.Generator, spread: float = 1.0) -> "Transformer":
        """All tables zero; embedder and positions uniform in +-``spread``."""

        def layer(size: tuple[int, int], n_out: int) -> FloatLayer:
            return FloatLayer.zero(ANCHORS[shape.anchors](n_t=size[0], n_c=size[1], n=shape.n, rng=rng), n_out=n_out)

        embed = rng.uniform(-spread, spread, (n_sym, shape.n)).astype(np.float32)
        blocks = []
        for _ in range(shape.blocks):
            attention = _attention(shape, rng, spread)
            blocks.append(Block(attention=attention, feed=None if shape.feed is None else layer(shape.feed, shape.n)))
        return cls(embed=embed, blocks=tuple(blocks), output=layer(shape.output, n_sym))

    def arrays(self) -> Arrays:
        named: Arrays = {"embed": self.embed}
        for index, block in enumerate(self.blocks):
            attention = block.attention
            where = f"blocks.{index}"
            for name in ("query", "key", "position", "place", "tables"):
                named[f"{where}.{name}"] = getattr(attention, name)
            named[f"{where}.heads"] = np.array([attention.heads, VARIANTS.index(attention.variant)], np.int16)
            if block.feed is not None:
                named |= layer_arrays(f"{where}.feed", block.feed)
        return named | layer_arrays("output", self.output)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Transformer":
        embed = taken(arrays, "embed", np.float32, ndim=2)
        n_sym, n = embed.shape
        blocks: list[Block] = []
        while f"blocks.{len(blocks)}.query" in arrays:
            where = f"blocks.{len(blocks)}"
            numbers = taken(arrays, f"{where}.heads", np.int16, ndim=1).tolist()
            query, key, place = (taken(arrays, f"{where}.{name}", np.int16, ndim=3) for name in ("query", "key", "place"))
            position, tables = (taken(arrays, f"{where}.{name}", np.float32, ndim=ndim) for name, ndim in (("position", 2), ("tables", 3)))
            if len(numbers) != 2:
                raise ValueError(f"{where}.heads must be two numbers, not {len(numbers)}")
            heads, variant = numbers
            if not len(query) == len(key) == len(place):
                raise ValueError(f"{where} has query, key and position anchors of {len(query)}, {len(key)} and {len(place)} tables")
            if heads < 1 or len(query) % heads or variant not in range(len(VARIANTS)):
                raise ValueError(f"{where}.heads must divide its {len(query)} tables and name a variant, not {heads}, {variant}")
            if VARIANTS[variant] == "reference" and not np.array_equal(query, key):
                raise ValueError(f"{where} must have the same query and key anchors in the reference variant")
            bits = query.shape[1] + key.shape[1] + place.shape[1]
            if tables.shape != (len(query), 1 << bits, n):
                raise ValueError(f"{where} has tables of shape {tables.shape}, which its anchors do not fit")
            check_anchors(f"{where}.query", query, n)
            check_anchors(f"{where}.key", key, n)
            if not 2 <= len(position) <= 1024:
                raise ValueError(f"{where}.position must have 2..1024 rows, not the shape {position.shape}")
            if len(position) != len(arrays["blocks.0.position"]):
                raise ValueError(f"{where}.position must have as many rows as that of blocks.0, not {len(position)}")
            if place.shape[1:] != (0, 2):
                check_anchors(f"{where}.place", place, position.shape[1])
            attention = Attention(
                heads=heads, query=query, key=key, position=position, place=place, tables=tables, variant=VARIANTS[variant]
            )
            feed = layer_from(arrays, f"{where}.feed", n=n, n_out=n) if f"{where}.feed.0.anchors" in arrays else None
            blocks.append(Block(attention=attention, feed=feed))
        if not blocks:
            raise ValueError("there is no block")
        return cls(embed=embed, blocks=tuple(blocks), output=layer_from(arrays, "output", n=n, n_out=n_sym))


def _attention(shape: Shape, rng: np.random.Generator, spread: float) -> Attention:
    count = shape.heads * shape.n_t
    draw = ANCHORS[shape.anchors]
    query = draw(n_t=count, n_c=shape.n_c, n=shape.n, rng=rng)
    tables = np.zeros((count, 1 << shape.index_bits, shape.n), np.float32)
    width = count * shape.p
    if shape.variant == "reference":
        key = query
        place = np.stack([np.arange(width).reshape(count, shape.p), np.full((count, shape.p), width)], axis=2).astype(np.int16)
        position = np.zeros((shape.context, width + 1), np.float32)
        position[:, :-1] = rng.uniform(-spread, spread, (shape.context, width))
    else:
        key = draw(n_t=count, n_c=shape.keys, n=shape.n, rng=rng)
        if shape.near:
            place = np.arange(2 * width, dtype=np.int16).reshape(count, shape.p, 2)
            position = np.zeros((shape.context, 2 * width), np.float32)
        else:
            place = random_anchors(n_t=count, n_c=shape.p, n=shape.n_pe, rng=rng)
            first = np.repeat(np.arange(shape.heads), shape.n_t) * shape.n_pe  # every head has an encoding of its own
            place = (place + first[:, None, None]).astype(np.int16)
            position = rng.uniform(-spread, spread, (shape.context, shape.heads * shape.n_pe)).astype(np.float32)
    if shape.near:
        _count_distances(position, place)
    return Attention(heads=shape.heads, query=query, key=key, position=position, place=place, tables=tables, variant=shape.variant)


def _count_distances(position: Float32, place: Int16) -> None:
    """Every table's bits at distance d become those of d - 1, or of the largest number where that is less, differences being +-1."""
    position[1:] = 0
    p = place.shape[1]
    number = np.minimum(np.arange(len(position) - 1), (1 << p) - 1)
    for r in range(p):
        position[1:, place[:, r, 0]] = np.where(number >> r & 1, 1, -1)[:, None]
