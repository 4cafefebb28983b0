"""Random integer transformers of every shape the compiler takes, from a seed."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from boards import Board
from firmware import isa
from firmware.compiler import compile_network
from firmware.compiler.tables.arrange import region_start
from firmware.isa import Mode
from firmware.program import Program
from golden.integer.layer import ENTRY_LIMIT, LATENCY_MAX, Layer, TableGroup
from golden.integer.transformer import TransformerNetwork
from golden.integer.transformer.heads import Head, TransformerBlock

from .flashed import ICEBREAKER, small_board
from .networks import random_layer

MAX_RUNS = 20  # of the blocks


def random_pairs(rng: np.random.Generator, *, n: int, n_t: int, count: int) -> np.ndarray:
    first = rng.integers(0, n, (n_t, count))
    second = (first + rng.integers(1, n, (n_t, count))) % n
    return np.stack([first, second], axis=2).astype(np.int16)


class BlockShape(NamedTuple):
    """Heads of one shape; ``shared``: key and query are the same pairs (n_q = n_k then)."""

    parts: tuple[int, ...]
    n_t: int
    n_q: int
    n_k: int
    p: int
    shared: bool
    feed: bool


def random_block(rng: np.random.Generator, shape: BlockShape, *, n: int, context: int) -> TransformerBlock:
    """A block of random heads, whose sums can't leave 16 bits."""
    parts, n_t, n_q, n_k, p, shared, feed = shape
    bits, shift = int(rng.choice([4, 8])), int(rng.integers(0, 4))
    while LATENCY_MAX >> shift < max(parts) * n_t * (context - 1):
        shift -= 1
    limit = min(ENTRY_LIMIT[bits], (LATENCY_MAX >> shift) // (max(parts) * n_t * (context - 1)))
    heads = []
    for _ in range(sum(parts)):
        query = random_pairs(rng, n=n, n_t=n_t, count=n_q)
        heads.append(
            Head(
                query=query,
                key=query if shared else random_pairs(rng, n=n, n_t=n_t, count=n_k),
                place=rng.integers(0, 1 << p, (context - 1, n_t)).astype(np.int16),
                tables=rng.integers(-limit, limit + 1, (n_t, 1 << (n_q + n_k + p), n)).astype(np.int8),
            )
        )
    layer = random_layer(rng, n=n, n_out=n, max_tables=4, max_nc=4) if feed else None
    return TransformerBlock(heads=tuple(heads), parts=parts, bits=bits, shift=shift, feed=layer)


def random_transformer(seed: int, *, max_n: int = 12, blocks: int | None = None, context: int | None = None) -> TransformerNetwork:
    """A small one: up to three blocks, each of its own shape, up to four heads in one to three parts, contexts of 2 to 32 positions.

    It takes at most 24 instructions if no table is parted.
    """
    rng = np.random.default_rng([seed, 4])
    n, n_out = int(rng.integers(2, max_n + 1)), int(rng.integers(2, 10))
    context = int(rng.choice([2, 3, 5, 12, 31, 32])) if context is None else context
    made = []
    for _ in range(rng.integers(1, 4) if blocks is None else blocks):
        shared = rng.random() < 0.3
        n_q = int(rng.integers(1, 4))
        parts = ((1,), (2,), (3,), (1, 1), (2, 1), (1, 1, 1), (2, 2))[int(rng.integers(7))]
        made.append(
            random_block(
                rng,
                BlockShape(
                    parts=parts,
                    n_t=int(rng.integers(1, 6)),
                    n_q=n_q,
                    n_k=n_q if shared else int(rng.integers(1, 4)),
                    p=int(rng.integers(0, 4)),
                    shared=shared,
                    feed=rng.random() < 0.6,
                ),
                n=n,
                context=context,
            )
        )
        runs = sum(1 + 3 * len(block.parts) + (len(block.feed.groups) if block.feed else 0) for block in made)
        if runs > MAX_RUNS:
            made.pop()
            break
    bits = int(rng.choice([4, 8]))
    limit = ENTRY_LIMIT[bits]
    return TransformerNetwork(
        n=n,
        blocks=tuple(made),
        output=random_layer(rng, n=n, n_out=n_out),
        embed=rng.integers(-limit, limit + 1, (n_out, n)).astype(np.int8),
        embed_bits=bits,
        embed_shift=int(rng.integers(0, 4)),
    )


def paper_shaped(*, n_c: int = 3, p: int = 3) -> TransformerNetwork:
    """Table III's 6 blocks of 4 heads of 16 tables, context 32, int4, with n = 32; anchors between the four groups i mod 4 of neurons."""
    rng = np.random.default_rng(3)

    def pairs(n_t: int, count: int) -> np.ndarray:
        groups = rng.permuted(np.tile(np.arange(4), (n_t, count, 1)), axis=2)[..., :2]
        return (groups + 4 * rng.integers(0, 8, (n_t, count, 2))).astype(np.int16)

    def layer(n_t: int, count: int, columns: int) -> Layer:
        tables = rng.integers(-7, 8, (n_t, 1 << count, columns)).astype(np.int8)
        return Layer(groups=(TableGroup(anchors=pairs(n_t, count), tables=tables),), bits=4)

    def head() -> Head:
        place = rng.integers(0, 1 << p, (31, 16)).astype(np.int16)
        tables = rng.integers(-7, 8, (16, 1 << (2 * n_c + p), 32)).astype(np.int8)
        return Head(query=pairs(16, n_c), key=pairs(16, n_c), place=place, tables=tables)

    blocks = tuple(
        TransformerBlock(heads=tuple(head() for _ in range(4)), parts=(4,), bits=4, shift=1, feed=layer(16, 6, 32)) for _ in range(6)
    )
    embed = rng.integers(-7, 8, (65, 32)).astype(np.int8)
    output = layer(32, 6, 65)
    return TransformerNetwork(n=32, blocks=blocks, output=output, embed=embed, embed_bits=4, symbols=tuple(range(65)))


def with_symbols(network: TransformerNetwork) -> TransformerNetwork:
    """The network as one of text: symbols from "a" on."""
    return replace(network, symbols=tuple(range(97, 97 + network.n_out)))


def _bytes_of(program: Program, *modes: Mode) -> int:
    return sum(1 << run.table_log2 for run in program.runs if run.mode in modes for _ in range(run.count)) * program.width.beat_bytes


def lean_anchors(program: Program) -> int:
    """Words of an anchor memory that just does, with all blocks copied."""
    lengths: Counter[str] = Counter()
    seen = set()
    for run, origin in zip(program.runs, program.meta.placement.runs, strict=True):
        if run.anchor_base not in seen:
            lengths[".".join(str(origin.stage).split(".")[:2])] += run.anchor_len
        seen.add(run.anchor_base)
    kept = lengths.pop("output") + lengths.pop("embed", 0)
    return region_start(kept, program.width) + max(lengths.values())


def spread(seed: int, *, share: float = 0.6, comparators: int = 2, **flash: int) -> tuple[TransformerNetwork, Board]:
    """A random transformer, on a board with room for all of it, for a part of its tables on chip, of its anchors, or of both.

    ``share``: of the boards, those with a small memory on chip and a flash; ``flash``: as for :func:`small_board`.
    """
    network, rng = random_transformer(seed), np.random.default_rng([seed, 1])
    board = replace(ICEBREAKER, comparators=comparators)
    program = compile_network(network, board)
    words, width = lean_anchors(program), program.width
    if copying := rng.random() < 0.5:
        words = int(rng.integers(words, max(words, len(program.anchors)) + 1))
    if rng.random() < share:
        blocks = sum(-(-sum(head.n_t for head in heads) // 4) for block in network.blocks for heads in block.groups())
        copies = copying * (len(program.anchors) + 64) * width.anchor_beats
        least = (blocks * isa.SIDE_BEATS + copies) * width.beat_bytes + 64
        tables = _bytes_of(program, Mode.ROWS, Mode.ATTEND)
        board = replace(small_board(least + int(rng.random() * tables) // 8 * 8, **flash), comparators=comparators)
    return network, replace(board, anchor_words=words) if copying else board
