"""Where tables lie in a memory tier: first fit, largest alignment first, other orders and split runs where that fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, permutations

from boards import Tier
from firmware import isa

from .errors import CompileError

__all__ = ["Item", "Piece", "holes", "place"]

TRIES = 720


@dataclass(frozen=True, kw_only=True)
class Item:
    """Equal tables to place, in beats: ``stride`` from one to the next (a power of two, their alignment too), ``used`` of the last one.

    ``data_bytes``: what the network itself needs, for messages. ``together``: tables that may not be parted (0: none may).
    """

    name: str
    count: int
    stride: int
    used: int
    data_bytes: int
    together: int = 2

    def extent(self, count: int) -> int:
        return (count - 1) * self.stride + self.used


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Tables ``start`` .. ``start + count - 1`` of item number ``item`` at beat ``base``; they end before beat ``end``."""

    item: int
    start: int
    count: int
    base: int
    end: int


def place(items: list[Item], tier: Tier, *, board: str) -> list[Piece]:
    """Pieces by item and table; refuses with the sizes when the tier is too small."""
    size = tier.size // isa.BEAT_BYTES
    by_alignment = sorted(range(len(items)), key=lambda i: (-items[i].stride, -items[i].extent(items[i].count)))
    for split in (False, True):
        for order in islice(permutations(by_alignment), TRIES):
            pieces = _first_fit(items, order, size, split=split)
            if pieces is not None:
                return sorted(pieces, key=lambda piece: (piece.item, piece.start))
    total = sum(item.extent(item.count) for item in items) * isa.BEAT_BYTES
    parts = ", ".join(f"{item.name} {_kib(item.extent(item.count) * isa.BEAT_BYTES)} ({_kib(item.data_bytes)} of entries)" for item in items)
    raise CompileError(f"the network needs {_kib(total)} for its tables ({parts}), {board} has {_kib(tier.size)}: tier {tier.name} is full")


def holes(pieces: list[Piece], size: int) -> list[tuple[int, int]]:
    """(first beat, beats) between and behind the pieces of a tier of ``size`` beats."""
    found, at = [], 0
    for piece in sorted(pieces, key=lambda piece: piece.base):
        if piece.base > at:
            found.append((at, piece.base - at))
        at = max(at, piece.end)
    if at < size:
        found.append((at, size - at))
    return found


def _first_fit(items: list[Item], order: Iterable[int], size: int, *, split: bool) -> list[Piece] | None:
    pieces: list[Piece] = []
    for index in order:
        item = items[index]
        done = 0
        while done < item.count:
            left = item.count - done
            room = [(base, _fits(item, base, beats, size)) for base, beats in holes(pieces, size)]
            whole = next(((base, left) for base, fits in room if fits >= left), None)
            if whole is None:
                if not split or not item.together:
                    return None
                part = max(room, key=lambda place: place[1], default=(0, 0))
                whole = (part[0], part[1] - part[1] % item.together)
                if whole[1] <= 0:
                    return None
            base, count = -(-whole[0] // item.stride) * item.stride, whole[1]
            pieces.append(Piece(item=index, start=done, count=count, base=base, end=base + item.extent(count)))
            done += count
    return pieces


def _fits(item: Item, base: int, beats: int, size: int) -> int:
    """Tables of ``item`` that fit into the hole at ``base``."""
    start = -(-base // item.stride) * item.stride
    room = min(base + beats, size) - start
    return 0 if room < item.used else 1 + (room - item.used) // item.stride


def _kib(size: int) -> str:
    return f"{size / 1024:.1f} KiB"
