"""Where tables lie in a memory: first fit, largest alignment first, other orders and split runs where that fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, permutations

TRIES = 720


@dataclass(frozen=True, kw_only=True)
class Item:
    """Equal tables to place, in beats: ``stride`` from one to the next (a power of two, their alignment too), ``used`` of the last one.

    ``row_beats``, ``int4``: of a row; ``reads``: rows of each table read in a step. ``data_bytes``: what the network itself needs, for
    messages. ``together``: tables that may not be parted (0: none may, and the step waits for its row). ``grain``: between tiers tables
    are parted at multiples of it. ``pinned``: no rows, but words that have to lie on chip.
    """

    name: str
    count: int
    stride: int
    used: int
    data_bytes: int
    row_beats: int = 1
    int4: bool = False
    reads: int = 1
    together: int = 2
    grain: int = 1
    pinned: bool = False

    def extent(self, count: int) -> int:
        return (count - 1) * self.stride + self.used if count else 0


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Tables ``start`` .. ``start + count - 1`` of item number ``item`` at beat ``base`` of a tier; they end before beat ``end``."""

    item: int
    start: int
    count: int
    base: int
    end: int
    tier: int = 0


@dataclass(frozen=True, kw_only=True)
class Area:
    """Beats ``base`` .. ``end - 1`` of tier number ``tier``; pieces stand at least ``gap`` beats apart."""

    end: int
    base: int = 0
    gap: int = 0
    tier: int = 0


def fit(items: list[Item], area: Area, *, tries: int = TRIES, split: bool = True) -> list[Piece] | None:
    """Pieces by item and table, or None where no way was found. Runs stay whole where they can, and always without ``split``.

    ``tries``: orders to try, whole and then split.
    """
    wanted = [i for i, item in enumerate(items) if item.count]
    if sum(items[i].extent(items[i].count) for i in wanted) > area.end - area.base:
        return None
    by_alignment = sorted(wanted, key=lambda i: (-items[i].stride, -items[i].extent(items[i].count)))
    for parted in (False, True)[: 1 + split]:
        for order in islice(permutations(by_alignment), tries):
            pieces = _first_fit(items, order, area, split=parted)
            if pieces is not None:
                return sorted(pieces, key=lambda piece: (piece.item, piece.start))
    return None


def holes(pieces: list[Piece], area: Area) -> list[tuple[int, int]]:
    """(first beat, beats) that are free between and behind the pieces."""
    found, at = [], area.base
    for piece in sorted(pieces, key=lambda piece: piece.base):
        if piece.base - area.gap > at:
            found.append((at, piece.base - area.gap - at))
        at = max(at, piece.end + area.gap)
    if at < area.end:
        found.append((at, area.end - at))
    return found


def _first_fit(items: list[Item], order: Iterable[int], area: Area, *, split: bool) -> list[Piece] | None:
    pieces: list[Piece] = []
    for index in order:
        item = items[index]
        done = 0
        while done < item.count:
            left = item.count - done
            room = [(base, _fits(item, base, beats)) for base, beats in holes(pieces, area)]
            whole = next(((base, left) for base, fits in room if fits >= left), None)
            if whole is None:
                if not split or not item.together:
                    return None
                part = max(room, key=lambda place: place[1], default=(0, 0))
                whole = (part[0], part[1] - part[1] % item.together)
                if whole[1] <= 0:
                    return None
            base, count = -(-whole[0] // item.stride) * item.stride, whole[1]
            pieces.append(Piece(item=index, start=done, count=count, base=base, end=base + item.extent(count), tier=area.tier))
            done += count
    return pieces


def _fits(item: Item, base: int, beats: int) -> int:
    """Tables of ``item`` that fit into the hole at ``base``."""
    room = base + beats - -(-base // item.stride) * item.stride
    return 0 if room < item.used else 1 + (room - item.used) // item.stride
