"""Which tables of a group go together, and which of their anchor pairs share a word.

P tables are made at a time, a pair of each in one clock, if the neurons they name can be read from different slots. Tables are joined in
twos, those twos in twos again, until P are together. To join two is a matching between their words; which to join, a pairing that leaves
the fewest words over. Tables whose indices are made in two parts, a query and a key, are joined alike in both.
firmware.compiler.store.words picks the addresses.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .matching import in_twos, match
from .readable import NONE, together
from .slots import Ints

Anchors = npt.NDArray[np.int16]
Row = tuple[int | None, ...]
"""One word: for each table of the group its pair (0 .. n_c - 1), or None."""
Rows = tuple[Row, ...]
Group = tuple[tuple[int, ...], Rows]
"""Tables made together, and their words."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``order``: the group's tables in the order of the run. ``groups``: (tables, rows) of P of them at most.

    ``length``: anchor words in all.
    """

    order: tuple[int, ...]
    groups: tuple[Group, ...]

    @property
    def length(self) -> int:
        return sum(len(rows) for _, rows in self.groups)

    def clocks(self, row: int) -> int:
        """Clocks of comparing, and of reading the rows, each ``row`` clocks, where that takes longer."""
        return sum(max(len(rows), len(tables) * row) for tables, rows in self.groups)

    def pairs(self) -> list[tuple[int, ...]]:
        """For each table of ``order``, its pairs in the order they are compared."""
        return [
            tuple(row[lane] for row in rows if row[lane] is not None)  # type: ignore[misc]
            for tables, rows in self.groups
            for lane in range(len(tables))
        ]


def ideal_words(n_t: int, n_c: int, comparators: int) -> int:
    """Anchor words without any bubble; a group takes at least one word for each of its indices to leave."""
    return -(-n_t // comparators) * max(n_c, comparators)


def of_lanes(rows: Rows, lanes: list[int], comparators: int) -> Rows:
    """What ``rows`` compare in some ``lanes``, as a group of its own: at least as many words as comparators, the empty ones first."""
    own = [tuple(row[lane] for lane in lanes) for row in rows]
    own = [row for row in own if any(pair is not None for pair in row)]
    return ((None,) * len(lanes),) * (comparators - len(own)) + tuple(own)


def schedules(
    sources: tuple[Anchors, ...],
    masks: Ints,
    *,
    comparators: int,
    rng: np.random.Generator,
    start: tuple[Schedule, ...] | None = None,
) -> tuple[Schedule, ...]:
    """For each of ``sources`` the words of its anchors (n_t, n_c, 2), neurons having copies in the slots of ``masks`` (n,).

    All have the same order of tables. ``start``: schedules for other masks, whose tables that are together to begin with.
    """
    n_t = len(sources[0])
    items: list[tuple[int, ...]] = [(table,) for table in range(n_t)]
    words: list[list[Rows]] = [[tuple((pair,) for pair in range(anchors.shape[1])) for _ in range(n_t)] for anchors in sources]
    size = 1
    while size < comparators:
        known = [tables for one in start or () for tables, _ in one.groups]
        begin = _halves(known, size, {item: number for number, item in enumerate(items)})
        size *= 2
        joins = [_Join(anchors, items, rows, masks, slots=2 * comparators, size=size) for anchors, rows in zip(sources, words, strict=True)]
        twos = in_twos(len(items), lambda a, b, joins=joins: sum(one.over(a, b) for one in joins), begin, rng)  # type: ignore[misc]
        words = [[one.joined(two) for two in twos] for one in joins]
        items = [tuple(table for number in two for table in items[number]) for two in twos]
    made: list[tuple[tuple[int, ...], list[list[Group]]]] = []  # tables, and their groups in each source
    for number, tables in enumerate(items):
        rows = [one[number] for one in words]
        for lanes in _components(tuple(row for one in rows for row in one)):  # nowhere together: each by itself
            mine = [of_lanes(one, lanes, comparators) for one in rows]
            own = tuple(tables[lane] for lane in lanes)
            made.append(
                (own, [[(tuple(own[i] for i in part), of_lanes(one, part, comparators)) for part in _components(one)] for one in mine])
            )
    # the quickest first: rows wait for the first indices; one table alone that is odd stays last
    made.sort(key=lambda one: (-len(one[0]), sum(len(rows) for found in one[1] for _, rows in found), one[0]))
    order = tuple(t for tables, _ in made for t in tables)
    return tuple(
        Schedule(order=order, groups=tuple(group for _, groups in made for group in groups[source])) for source in range(len(sources))
    )


def _halves(groups: list[tuple[int, ...]], size: int, items: dict[tuple[int, ...], int]) -> list[tuple[int, int]]:
    """Items of ``size`` tables, by number, that stand beside each other in one of ``groups``, each once."""
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for tables in groups:
        for at in range(0, len(tables) - size, 2 * size):
            pair = items.get(tables[at : at + size]), items.get(tables[at + size : at + 2 * size])
            if pair[0] is not None and pair[1] is not None and not taken & set(pair):
                pairs.append((pair[0], pair[1]))
                taken.update(pairs[-1])
    return pairs


def _components(rows: Rows) -> list[list[int]]:
    """The lanes of ``rows``, those together that share a word or are joined by others that do."""
    left = [{lane} for lane in range(len(rows[0]))]
    for row in rows:
        named = {lane for lane, pair in enumerate(row) if pair is not None}
        touched = [one for one in left if one & named]
        if len(touched) > 1:
            left = [one for one in left if not one & named] + [set().union(*touched)]
    return sorted(sorted(one) for one in left)


class _Join:
    """The words that items of one source have in common: a matching for each two items, made once."""

    def __init__(self, anchors: Anchors, items: list[tuple[int, ...]], rows: list[Rows], masks: Ints, *, slots: int, size: int) -> None:
        self._items, self._rows, self._n_c, self._size = items, rows, anchors.shape[1], size
        self._anchors, self._masks, self._slots = anchors, masks, slots
        self._starts = np.cumsum([0, *map(len, rows)])[:-1]
        self._known: dict[tuple[int, int], list[int]] = {}

    @cached_property
    def _possible(self) -> list[list[int]]:
        """Of each word of all items, for each item the mask of its words that it may join."""
        named = [
            list(
                dict.fromkeys(
                    v for table, pair in zip(tables, row, strict=True) if pair is not None for v in self._anchors[table, pair].tolist()
                )
            )
            for tables, rows in zip(self._items, self._rows, strict=True)
            for row in rows
        ]
        neurons = np.full((len(named), max(map(len, named))), NONE, np.int64)
        for number, one in enumerate(named):
            neurons[number, : len(one)] = one
        good = together(neurons, self._masks, self._slots)
        place = np.concatenate([np.arange(len(rows)) for rows in self._rows])
        bits = np.where(good, np.uint64(1) << place.astype(np.uint64), np.uint64(0))
        return np.add.reduceat(bits, self._starts, axis=1).tolist()  # type: ignore[no-any-return]

    def _matched(self, a: int, b: int) -> list[int]:
        """For each word of the greater of two items its partner in the other, or -1."""
        key = (min(a, b), max(a, b))
        if key not in self._known:
            start, count = int(self._starts[key[0]]), len(self._rows[key[0]])
            possible = [self._possible[word][key[1]] for word in range(start, start + count)]
            self._known[key] = match(possible, len(self._rows[key[1]]))
        return self._known[key]

    def over(self, a: int, b: int) -> int:
        """Words more than the ideal that items a and b take."""
        lone = self._matched(a, b).count(-1)
        words = len(self._rows[min(a, b)]) + lone
        return words - self._n_c if lone < len(self._rows[max(a, b)]) else max(words - self._n_c, 2 * self._size - self._n_c)

    def joined(self, two: tuple[int, ...]) -> Rows:
        """The words of one or two items: those that are alone first."""
        if len(two) == 1:
            return self._rows[two[0]]
        a, b = (self._rows[number] for number in two)
        partner = self._matched(*two)
        lanes = len(self._items[two[0]]), len(self._items[two[1]])
        first = [a[r] + (None,) * lanes[1] for r in sorted(set(range(len(a))) - set(partner))]
        second = [(None,) * lanes[0] + row for s, row in enumerate(b) if partner[s] < 0]
        return (*first, *second, *(a[r] + b[s] for s, r in enumerate(partner) if r >= 0))
