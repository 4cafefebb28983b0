"""Which tables of a group go together, and which of their anchor pairs share a word.

P = 2 tables are made at a time, a pair of each in one clock, if the neurons they name can be read from different slots. For two
given tables this is a matching between their pairs; for the tables of a group, a pairing of tables that leaves the fewest words over.
Here a neuron is only the set of slots it has copies in, a bit mask; firmware.compiler.words picks the addresses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import numpy as np
import numpy.typing as npt

__all__ = ["Row", "Schedule", "ideal_words", "readable", "schedule", "single_words"]

Bools = npt.NDArray[np.bool_]
Row = tuple[int | None, ...]
"""One word: for each lane the pair (0 .. n_c - 1) of its table, or None."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``order``: the group's tables in the order of the run. ``groups``: (tables, rows) of each P of them, or of one alone.

    ``length``: anchor words in all.
    """

    order: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], tuple[Row, ...]], ...]

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


def readable(anchors: npt.NDArray[np.int16], masks: npt.NDArray[np.int64]) -> Bools:
    """(m, m): whether two of the pairs (m, 2) can share a word of four slots, the neurons having copies in the slots of ``masks``."""
    lookup = _free_choices()
    a, b = anchors[:, 0].astype(np.intp), anchors[:, 1].astype(np.intp)
    # a neuron that both pairs name is read once: in the second pair it may be anywhere, and takes the slot that is left
    second_a = np.where((a == a[:, None]) | (a == b[:, None]), 15, masks[a])
    second_b = np.where((b == a[:, None]) | (b == b[:, None]), 15, masks[b])
    return lookup[masks[a][:, None], masks[b][:, None], second_a, second_b]


def schedule(
    anchors: npt.NDArray[np.int16],
    masks: npt.NDArray[np.int64],
    *,
    comparators: int,
    rng: np.random.Generator,
    start: Schedule | None = None,
) -> Schedule:
    """The words of tables with ``anchors`` (n_t, n_c, 2), neurons having copies in the slots of ``masks`` (n,); P = 1 or 2.

    ``start``: a schedule for other masks, whose pairs of tables to begin with.
    """
    n_t, n_c, _ = anchors.shape
    if comparators == 1:
        groups = tuple(((t,), single_words(tuple(range(n_c)), comparators=1)) for t in range(n_t))
        return Schedule(order=tuple(range(n_t)), groups=groups)
    good = readable(anchors.reshape(-1, 2), masks).reshape(n_t, n_c, n_t, n_c)
    bits = (good << np.arange(n_c)).sum(axis=3)  # (n_t, n_c, n_t): the pairs of the other table, as a mask
    known: dict[tuple[int, int], list[int]] = {}

    def matched(a: int, b: int) -> list[int]:
        """For each pair of table b (the greater), its partner in table a, or -1."""
        key = (min(a, b), max(a, b))
        if key not in known:
            known[key] = _match(bits[key[0], :, key[1]].tolist(), n_c)
        return known[key]

    def over(a: int, b: int) -> int:
        """Words more than the ideal that tables a and b take."""
        missing = matched(a, b).count(-1)
        return missing if missing < n_c else max(n_c, 2 * comparators - n_c)

    made: list[tuple[tuple[int, ...], tuple[Row, ...]]] = []
    pairs = [] if start is None else [(tables[0], tables[1]) for tables, _ in start.groups if len(tables) == 2]
    for tables in _pair_tables(n_t, over, pairs, rng):
        partner = matched(*tables) if len(tables) == 2 else []
        if len(tables) == 1 or partner.count(-1) == n_c:
            made += [((t,), single_words(tuple(range(n_c)), comparators=comparators)) for t in tables]
            continue
        full: list[Row] = [(r, s) for s, r in enumerate(partner) if r >= 0]
        alone = sorted(set(range(n_c)) - set(partner)), [s for s in range(n_c) if partner[s] < 0]
        bubbles: list[Row] = [(None, None)] * (comparators - n_c)
        # the word that emits must be full: those with one pair come first
        made.append((tables, tuple(bubbles + [(r, None) for r in alone[0]] + [(None, s) for s in alone[1]] + full)))
    # the quickest first: rows wait for the first indices; one table alone that is odd stays last
    made.sort(key=lambda group: (-len(group[0]), len(group[1]), group[0]))
    return Schedule(order=tuple(t for tables, _ in made for t in tables), groups=tuple(made))


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
    """Two tables a group, the words over the ideal few: ``pairs``, then greedily, then by exchanging partners. An odd table comes last."""
    paired = {t for pair in pairs for t in pair}
    left = [t for t in rng.permutation(n_t).tolist() if t not in paired]
    waiting: list[int] = []
    while left:
        a = left.pop(0)
        b = next((t for t in left if over(a, t) == 0), None)
        if b is None:
            waiting.append(a)
        else:
            left.remove(b)
            pairs.append((a, b))
    single = waiting.pop() if n_t % 2 else None
    while waiting:
        a = waiting.pop(0)
        b = min(waiting, key=lambda t: over(a, t))
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
            for j in range(len(pairs)):
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
