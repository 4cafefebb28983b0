"""Which tables of a group go together, and which of their anchor pairs share a word.

P = 2 tables are made at a time, a pair of each in one clock, if the neurons they name can be read from different slots. For two
given tables this is a matching between their pairs; for the tables of a group, a pairing of tables that leaves the fewest words over.
Tables whose indices are made in two parts, a query and a key, are paired alike in both.
Here a neuron is only the set of slots it has copies in, a bit mask; firmware.compiler.store.words picks the addresses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import numpy as np
import numpy.typing as npt

Anchors = npt.NDArray[np.int16]
Bools = npt.NDArray[np.bool_]
Row = tuple[int | None, ...]
"""One word: for each lane the pair (0 .. n_c - 1) of its table, or None."""
Group = tuple[tuple[int, ...], tuple[Row, ...]]
"""Tables made together, and their words."""
LOOKS = 128
"""Others that a table is compared with."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``order``: the group's tables in the order of the run. ``groups``: (tables, rows) of each P of them, or of one alone.

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


def single_words(pairs: tuple[int, ...], *, comparators: int) -> tuple[Row, ...]:
    """The words of one table by itself, its ``pairs`` in this order."""
    rest = (None,) * (comparators - 1)
    return ((None, *rest),) * (comparators - len(pairs)) + tuple((pair, *rest) for pair in pairs)


@cache
def _free_choices() -> Bools:
    """(16, 16, 16, 16): whether four neurons, each with copies in the slots of a mask, can be read from different slots."""
    lookup = np.zeros((16,) * 4, np.bool_)
    bit = np.arange(16)[:, None] >> np.arange(4) & 1
    for order in permutations(range(4)):
        one, two, three, four = (bit[:, slot].astype(bool) for slot in order)
        lookup |= one[:, None, None, None] & two[:, None, None] & three[:, None] & four
    return lookup


def readable(anchors: Anchors, masks: npt.NDArray[np.int64]) -> Bools:
    """(m, m): whether two of the pairs (m, 2) can share a word of four slots, the neurons having copies in the slots of ``masks``."""
    lookup = _free_choices()
    a, b = anchors[:, 0].astype(np.intp), anchors[:, 1].astype(np.intp)
    # a neuron that both pairs name is read once: in the second pair it may be anywhere, and takes the slot that is left
    second_a = np.where((a == a[:, None]) | (a == b[:, None]), 15, masks[a])
    second_b = np.where((b == a[:, None]) | (b == b[:, None]), 15, masks[b])
    return lookup[masks[a][:, None], masks[b][:, None], second_a, second_b]


def schedules(
    sources: tuple[Anchors, ...],
    masks: npt.NDArray[np.int64],
    *,
    comparators: int,
    rng: np.random.Generator,
    start: tuple[Schedule, ...] | None = None,
) -> tuple[Schedule, ...]:
    """For each of ``sources`` the words of its anchors (n_t, n_c, 2), neurons having copies in the slots of ``masks`` (n,); P = 1 or 2.

    All have the same order of tables. ``start``: schedules for other masks, whose pairs of tables to begin with.
    """
    n_t = len(sources[0])
    if comparators == 1:
        return tuple(
            Schedule(
                order=tuple(range(n_t)),
                groups=tuple(((t,), single_words(tuple(range(anchors.shape[1])), comparators=1)) for t in range(n_t)),
            )
            for anchors in sources
        )
    matchers = [_Matcher(anchors, masks, comparators) for anchors in sources]
    pairs = [(tables[0], tables[1]) for one in start or () for tables, _ in one.groups if len(tables) == 2]
    made: list[tuple[tuple[int, ...], list[list[Group]]]] = []  # tables, and their groups in each source
    for tables in _pair_tables(n_t, lambda a, b: sum(one.over(a, b) for one in matchers), list(dict.fromkeys(pairs)), rng):
        groups = [one.groups(tables) for one in matchers]
        if all(len(found) == len(tables) for found in groups):  # nowhere together
            made += [((table,), [[found[i]] for found in groups]) for i, table in enumerate(tables)]
        else:
            made.append((tables, groups))
    # the quickest first: rows wait for the first indices; one table alone that is odd stays last
    made.sort(key=lambda one: (-len(one[0]), sum(len(rows) for found in one[1] for _, rows in found), one[0]))
    order = tuple(t for tables, _ in made for t in tables)
    return tuple(
        Schedule(order=order, groups=tuple(group for _, groups in made for group in groups[source])) for source in range(len(sources))
    )


class _Matcher:
    """Which pairs of two tables of one source can share a word: a matching for each two tables, made once."""

    def __init__(self, anchors: Anchors, masks: npt.NDArray[np.int64], comparators: int) -> None:
        n_t, self._n_c, _ = anchors.shape
        self._comparators = comparators
        good = readable(anchors.reshape(-1, 2), masks).reshape(n_t, self._n_c, n_t, self._n_c)
        self._bits = (good << np.arange(self._n_c)).sum(axis=3)  # (n_t, n_c, n_t): the pairs of the other table, as a mask
        self._known: dict[tuple[int, int], list[int]] = {}

    def _matched(self, a: int, b: int) -> list[int]:
        """For each pair of table b (the greater), its partner in table a, or -1."""
        key = (min(a, b), max(a, b))
        if key not in self._known:
            self._known[key] = _match(self._bits[key[0], :, key[1]].tolist(), self._n_c)
        return self._known[key]

    def over(self, a: int, b: int) -> int:
        """Words more than the ideal that tables a and b take."""
        missing = self._matched(a, b).count(-1)
        return missing if missing < self._n_c else max(self._n_c, 2 * self._comparators - self._n_c)

    def groups(self, tables: tuple[int, ...]) -> list[Group]:
        """One group of one or two tables, or two of one each where no pair of theirs can share a word."""
        n_c, comparators = self._n_c, self._comparators
        partner = self._matched(*tables) if len(tables) == 2 else []
        if len(tables) == 1 or partner.count(-1) == n_c:
            return [((t,), single_words(tuple(range(n_c)), comparators=comparators)) for t in tables]
        full: list[Row] = [(r, s) for s, r in enumerate(partner) if r >= 0]
        alone = sorted(set(range(n_c)) - set(partner)), [s for s in range(n_c) if partner[s] < 0]
        bubbles: list[Row] = [(None, None)] * (comparators - n_c)
        # the word that emits must be full: those with one pair come first
        return [(tables, tuple(bubbles + [(r, None) for r in alone[0]] + [(None, s) for s in alone[1]] + full))]


def _match(possible: list[int], n_c: int) -> list[int]:
    """A maximum matching: ``possible[r]`` is the mask of right pairs that left pair r may join. For each right pair its left one, or -1."""
    partner = [-1] * n_c
    left = 0  # right pairs not yet tried in this search

    def augment(pair: int) -> bool:
        nonlocal left
        while options := possible[pair] & left:
            low = options & -options
            left ^= low
            other = low.bit_length() - 1
            if partner[other] < 0 or augment(partner[other]):
                partner[other] = pair
                return True
        return False

    for pair in range(n_c):
        left = (1 << n_c) - 1
        augment(pair)
    return partner


def _pair_tables(
    n_t: int, over: Callable[[int, int], int], pairs: list[tuple[int, int]], rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Two tables a group, the words over the ideal few: ``pairs``, then greedily, then by exchanging partners. An odd table comes last.

    Each table is compared with ``LOOKS`` others at most, and each pair with as many pairs, so that the time grows as their number does.
    """
    paired = {t for pair in pairs for t in pair}
    left = [t for t in rng.permutation(n_t).tolist() if t not in paired]
    waiting: list[int] = []
    while left:
        a = left.pop(0)
        b = next((t for t in left[:LOOKS] if over(a, t) == 0), None)
        if b is None:
            waiting.append(a)
        else:
            left.remove(b)
            pairs.append((a, b))
    single = waiting.pop() if n_t % 2 else None
    while waiting:
        a = waiting.pop(0)
        b = min(waiting[:LOOKS], key=lambda t: over(a, t))
        waiting.remove(b)
        pairs.append((a, b))
    better = True
    while better:
        better = False
        for i in range(len(pairs)):
            if single is not None:
                for keep, drop in (pairs[i], pairs[i][::-1]):
                    if over(keep, single) < over(*pairs[i]):
                        pairs[i], single, better = (keep, single), drop, True
                        break
            first = max(0, min(i - LOOKS // 2, len(pairs) - LOOKS))
            for j in range(len(pairs))[first : first + LOOKS] if over(*pairs[i]) else ():
                (a, b), (c, d) = pairs[i], pairs[j]
                if i == j or not over(a, b):
                    continue
                now = over(a, b) + over(c, d)
                for e, f in (((a, c), (b, d)), ((a, d), (b, c))):
                    if over(*e) + over(*f) < now:
                        pairs[i], pairs[j], better = e, f, True
                        break
    groups: list[tuple[int, ...]] = sorted((min(pair), max(pair)) for pair in pairs)
    return groups if single is None else [*groups, (single,)]
