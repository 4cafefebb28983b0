"""Which tables lie in which tier: on chip if all fit, else those on chip that cost most clocks in the flash for their size.

A row of a flash costs clocks for its address and for every beat, one on chip a clock a beat. What a table saves on chip is the same for
all tables of an item, and its size too: a bounded knapsack, solved exactly by dynamic programming. The token's table comes first of
all: its row is the last of a step, so that nothing hides its address.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from boards import Board, Tier
from firmware import isa

from .errors import CompileError
from .placement import Area, Item, Piece, fit

__all__ = ["FLASH", "place", "row_clocks"]

FLASH = 1  # a flash is the second tier
GAP_BYTES = 3 * isa.BEAT_BYTES  # between pieces in a flash, for the ends of two sections and a filler between them
END_BYTES = 2 * isa.BEAT_BYTES  # behind the last piece, for the ends of its section and of the image
TRIES = 24  # orders


def row_clocks(item: Item, tier: Tier) -> int:
    """Clocks of one row of ``item`` in ``tier``."""
    return item.row_beats * tier.beat_clocks + tier.row_clocks


def place(items: list[Item], board: Board, *, whole: bool = False) -> list[Piece]:
    """Pieces by item and table; refuses with the sizes when the tiers are too small. ``whole``: no item is parted between tiers.

    If an int4 item has tables in flash, the last beat of tier 0 stays free: such rows are added to it, and it is kept zero.
    """
    near = Area(end=board.tiers[0].size // isa.BEAT_BYTES)
    pieces = fit(items, near)
    if pieces is not None:
        return pieces
    flash = board.flash
    if flash is None:
        raise CompileError(_full(items, board, board.tiers[0]))
    pieces = _on_chip(items, near, board, whole=whole)
    if any(item.int4 and _count(pieces, i) < item.count for i, item in enumerate(items)):
        pieces = _on_chip(items, replace(near, end=near.end - 1), board, whole=whole)
    kept = [_count(pieces, i) for i in range(len(items))]
    left = [replace(item, count=item.count - count) for item, count in zip(items, kept, strict=True)]
    end = (flash.base + flash.size - END_BYTES) // isa.BEAT_BYTES
    far = Area(base=-(-flash.base // isa.BEAT_BYTES), end=end, gap=GAP_BYTES // isa.BEAT_BYTES, tier=FLASH)
    rest = fit(left, far, tries=TRIES)
    if rest is None:
        raise CompileError(_full(items, board, flash))
    return [*pieces, *(replace(piece, start=piece.start + kept[piece.item]) for piece in rest)]


def _count(pieces: list[Piece], item: int) -> int:
    return sum(piece.count for piece in pieces if piece.item == item)


def _on_chip(items: list[Item], area: Area, board: Board, *, whole: bool) -> list[Piece]:
    """The pieces that save most clocks in ``area``."""

    def fitted() -> list[Piece] | None:
        return fit([replace(item, count=count) for item, count in zip(items, chosen, strict=True)], area, tries=TRIES)

    chosen = [0] * len(items)
    room = area.end - area.base
    for i in (i for i, item in enumerate(items) if not item.together):
        chosen[i] = 1
        if fitted() is None:
            chosen[i] = 0
        room -= chosen[i] * items[i].used
    others = [i for i, item in enumerate(items) if item.together]
    unit = min((items[i].stride for i in others), default=1)
    while True:
        counts = _knapsack([items[i] for i in others], room // unit, unit, board, whole=whole)
        for i, count in zip(others, counts, strict=True):
            chosen[i] = count
        pieces = fitted()
        if pieces is not None:
            return pieces
        room -= unit  # alignment leaves a hole that nothing fits


def _knapsack(items: Sequence[Item], room: int, unit: int, board: Board, *, whole: bool) -> list[int]:
    """Tables of each of ``items`` that together save most clocks within ``room`` units of ``unit`` beats."""
    assert board.flash is not None
    best = np.zeros(room + 1, np.int64)
    taken: list[tuple[int, int, int, np.ndarray]] = []  # item, tables, units, and where they are worth it
    for i, item in enumerate(items):
        saved = row_clocks(item, board.flash) - row_clocks(item, board.tiers[0])
        for tables in [item.count] if whole else _chunks(item.count):
            size = -(-item.extent(tables) // unit) if tables == item.count else tables * item.stride // unit
            if size > room:
                continue
            with_it = np.concatenate([np.full(size, -1), best[: room + 1 - size] + tables * saved])
            taken.append((i, tables, size, with_it > best))
            best = np.maximum(best, with_it)
    counts = [0] * len(items)
    at = room
    for i, tables, size, worth in reversed(taken):
        if worth[at]:
            counts[i] += tables
            at -= size
    return counts


def _chunks(count: int) -> list[int]:
    """Numbers that add up to ``count``, and some of them to every number below it."""
    chunks = []
    while count:
        chunks.append((count + 1) // 2)
        count //= 2
    return chunks


def _full(items: list[Item], board: Board, full: Tier) -> str:
    total = sum(item.extent(item.count) for item in items) * isa.BEAT_BYTES
    needs = ", ".join(f"{i.name} {_kib(i.extent(i.count) * isa.BEAT_BYTES)} ({_kib(i.data_bytes)} of entries)" for i in items)
    has = " and ".join(_kib(tier.size) + (f" of {tier.name}" if len(board.tiers) > 1 else "") for tier in board.tiers)
    return f"the network needs {_kib(total)} for its tables ({needs}), {board.name} has {has}: tier {full.name} is full"


def _kib(size: int) -> str:
    return f"{size / 1024:.1f} KiB"
