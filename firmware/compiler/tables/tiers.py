"""Which tables lie in which tier: on chip if all fit, else those on chip that cost most clocks in the far tier for their size.

A row of the far tier costs clocks for its address and for every beat, one on chip a clock a beat. What a table saves on chip is the same
for all tables of an item, and its size too: a bounded knapsack, solved exactly by dynamic programming (then rounded down where tables are
parted by fours only). What must lie on chip comes first, then the token's table: nothing hides its row's address.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from boards import Board, Tier
from firmware import isa

from ..errors import CompileError
from .placement import Area, Item, Piece, fit

FAR = 1  # the tier outside of the FPGA is the second
GAP_BYTES = 24  # between pieces in a flash, for the ends of two sections and a filler between them
END_BYTES = 16  # behind the last piece, for the ends of its section and of the image
TRIES = 24  # orders
NAMED = 3  # items that a message names


def row_clocks(item: Item, tier: Tier, lanes: int) -> int:
    """Clocks of one row of ``item`` in ``tier``, to a core of ``lanes``."""
    return item.row_beats * tier.beat_clocks(lanes) + tier.row_clocks


def place(items: list[Item], board: Board, *, whole: bool = False, zero: bool = False) -> list[Piece]:
    """Pieces by item and table; refuses with the sizes when the tiers are too small. ``whole``: no item is parted between tiers,
    nor on chip where there is a far tier.

    ``zero``: the last beat of tier 0 stays free, because it is kept zero; so it does if an int4 item has tables in the far tier, whose rows
    are added to it.
    """
    size = isa.Width.of(board).beat_bytes
    near, far = Area(end=board.tiers[0].size // size - zero), board.far
    pieces = fit(items, near, split=far is None or not whole)
    if pieces is not None:
        return pieces
    if far is None:
        raise CompileError(_full(items, board, board.tiers[0]))
    pieces = _on_chip(items, near, board, whole=whole)
    if not zero and any(item.int4 and _count(pieces, i) < item.count for i, item in enumerate(items)):
        pieces = _on_chip(items, replace(near, end=near.end - 1), board, whole=whole)
    kept = [_count(pieces, i) for i in range(len(items))]
    left = [replace(item, count=item.count - count) for item, count in zip(items, kept, strict=True)]
    rest = _in_flash(left, far, size) if board.sdram is None else _in_banks(left, far, size, banks=board.far_banks)
    if rest is None:
        raise CompileError(_full(items, board, far))
    return [*pieces, *(replace(piece, start=piece.start + kept[piece.item]) for piece in rest)]


def _in_flash(items: list[Item], flash: Tier, beat_bytes: int) -> list[Piece] | None:
    end = (flash.base + flash.size - END_BYTES) // beat_bytes
    area = Area(base=-(-flash.base // beat_bytes), end=end, gap=-(-GAP_BYTES // beat_bytes), tier=FAR)
    return fit(items, area, tries=TRIES)


def _in_banks(items: list[Item], sdram: Tier, beat_bytes: int, *, banks: int) -> list[Piece] | None:
    """The tables of an item in the ``banks`` by turns, so that as many of them lie beside one another; places are those in a bank."""
    area = Area(end=sdram.size // banks // beat_bytes, tier=FAR)
    pieces = fit([replace(item, count=-(-item.count // banks)) for item in items], area, tries=TRIES)
    if pieces is None:
        return None
    return [
        replace(piece, start=banks * piece.start, count=min(banks * piece.count, items[piece.item].count - banks * piece.start))
        for piece in pieces
    ]


def _count(pieces: list[Piece], item: int) -> int:
    return sum(piece.count for piece in pieces if piece.item == item)


def _on_chip(items: list[Item], area: Area, board: Board, *, whole: bool) -> list[Piece]:
    """The pieces that save most clocks in ``area``."""

    def fitted() -> list[Piece] | None:
        return fit([replace(item, count=count) for item, count in zip(items, chosen, strict=True)], area, tries=TRIES, split=not whole)

    chosen = [item.count * item.pinned for item in items]
    if fitted() is None:
        pinned = [item for item in items if item.pinned]
        raise CompileError(_full(pinned, board, board.tiers[0], what="what must lie on chip"))
    for i in (i for i, item in enumerate(items) if not item.together and not item.pinned):
        chosen[i] = 1
        if fitted() is None:
            chosen[i] = 0
    room = area.end - area.base - sum(item.extent(count) for item, count in zip(items, chosen, strict=True))
    others = [i for i, item in enumerate(items) if item.together and not item.pinned]
    unit = min((items[i].stride for i in others), default=1)
    while True:
        counts = _knapsack([items[i] for i in others], room // unit, unit, board, whole=whole)
        for i, count in zip(others, counts, strict=True):
            chosen[i] = count if count == items[i].count else count - count % items[i].grain
        pieces = fitted()
        if pieces is not None:
            return pieces
        room -= unit  # alignment leaves a hole that nothing fits


def _knapsack(items: Sequence[Item], room: int, unit: int, board: Board, *, whole: bool) -> list[int]:
    """Tables of each of ``items`` that together save most clocks within ``room`` units of ``unit`` beats, however parted."""
    assert board.far is not None
    best = np.zeros(room + 1, np.int64)
    taken: list[tuple[int, int, int, np.ndarray]] = []  # item, tables, units, and where they are worth it
    for i, item in enumerate(items):
        saved = item.reads * (row_clocks(item, board.far, board.lanes) - row_clocks(item, board.tiers[0], board.lanes))
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


def _full(items: list[Item], board: Board, full: Tier, *, what: str = "its tables") -> str:
    """One sentence: what is needed, the largest of it, what the tiers up to ``full`` have and how much is lacking."""
    size = isa.Width.of(board).beat_bytes
    total = sum(item.extent(item.count) for item in items) * size
    largest = sorted(items, key=lambda item: item.extent(item.count), reverse=True)[:NAMED]
    needs = ", ".join(_need(item, size) for item in items if item in largest)
    needs = f"the largest of {len(items)} are {needs}" if len(items) > NAMED else needs
    tiers = board.tiers[: board.tiers.index(full) + 1]
    has = " and ".join(_kib(tier.size) + (f" of {tier.name}" if len(board.tiers) > 1 else "") for tier in tiers)
    lack = total - sum(tier.size for tier in tiers)
    short = f"{_kib(lack)} too few" if lack > 0 else "too few for where they may begin"
    return f"the network needs {_kib(total)} for {what} ({needs}), {board.name} has {has}, {short}: tier {full.name} is full"


def _need(item: Item, beat_bytes: int) -> str:
    size = f"{item.name} {_kib(item.extent(item.count) * beat_bytes)}"
    return size if item.pinned else f"{size} ({_kib(item.data_bytes)} of entries)"


def _kib(size: int) -> str:
    return f"{size / 1024:.1f} KiB"
