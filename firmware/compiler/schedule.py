"""Anchor words of a group of tables: which tables go together, and in which order their pairs are compared.

Two tables are made at a time, a pair of each in one clock, if the four latencies lie in different slots of the store (or share an address).
For two given tables this is a matching between their pairs; for the tables of a run, a pairing of tables that leaves the fewest
clocks over.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware import isa
from firmware.program import AnchorWord, Lane

__all__ = ["Schedule", "ideal_words", "match", "pair_options", "schedule"]

Options = npt.NDArray[np.int32]
"""(..., n_options, 2): the addresses a pair may be read from, each entry free of conflicts in itself."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``order``: the group's tables in the order of the run. ``pairs``: for each of them, its pairs in the order they are shifted in.

    ``words``: a list for each P tables of ``order``.
    """

    order: tuple[int, ...]
    pairs: tuple[tuple[int, ...], ...]
    words: tuple[tuple[AnchorWord, ...], ...]

    @property
    def length(self) -> int:
        return sum(len(group) for group in self.words)


def ideal_words(n_t: int, n_c: int, comparators: int) -> int:
    """Anchor words without any bubble; a group takes at least one word for each of its indices to leave."""
    return -(-n_t // comparators) * max(n_c, comparators)


def pair_options(anchors: npt.NDArray[np.int16], copies: list[list[int]], *, comparators: int) -> Options:
    """(n_t, n_c, n_options, 2) addresses for pairs of neurons, ``copies`` giving the addresses of each neuron.

    Pairs with fewer options repeat their first. Every pair must have one: the layout sees to it.
    """
    found = {(a, b): _options(copies[a], copies[b], comparators) for a, b in {(int(a), int(b)) for a, b in anchors.reshape(-1, 2)}}
    width = max(len(options) for options in found.values())
    padded = {pair: options + options[:1] * (width - len(options)) for pair, options in found.items()}
    n_t, n_c, _ = anchors.shape
    flat = [padded[int(a), int(b)] for a, b in anchors.reshape(-1, 2)]
    return np.array(flat, np.int32).reshape(n_t, n_c, width, 2)


def _options(a: list[int], b: list[int], comparators: int) -> list[tuple[int, int]]:
    return [(x, y) for x in a for y in b if isa.slot_of(x, comparators) != isa.slot_of(y, comparators) or x == y]


def match(left: Options, right: Options) -> list[tuple[int, int, int, int]]:
    """The most pairs of two tables that can share a word: (pair of left, of right, option of left, of right), (n_c, options, 2) each."""
    a = left[:, None, :, None, :, None]
    b = right[None, :, None, :, None, :]
    width = isa.slot_banks(2)
    clash = ((a % isa.LANES // width == b % isa.LANES // width) & (a != b)).any(axis=(4, 5))
    n_left, n_right, wide, wide_right = clash.shape
    good = ~clash.reshape(n_left, n_right, wide * wide_right)
    possible = good.any(axis=2)
    partner = [-1] * n_right  # of each right pair

    def augment(pair: int, seen: set[int]) -> bool:
        for other in np.flatnonzero(possible[pair]).tolist():
            if other not in seen:
                seen.add(other)
                if partner[other] < 0 or augment(partner[other], seen):
                    partner[other] = pair
                    return True
        return False

    for pair in range(n_left):
        augment(pair, set())
    chosen = []
    for other, pair in enumerate(partner):
        if pair >= 0:
            option = int(np.flatnonzero(good[pair, other])[0])
            chosen.append((pair, other, option // wide_right, option % wide_right))
    return sorted(chosen)


def schedule(options: Options, *, comparators: int, rng: np.random.Generator) -> Schedule:
    """The anchor words of tables whose pairs may be read as ``options`` (n_t, n_c, n_options, 2) says; P = 1 or 2."""
    n_t, n_c = options.shape[:2]
    known: dict[tuple[int, int], int] = {}

    def over(a: int, b: int) -> int:
        """Words more than n_c that tables a and b take together."""
        key = (min(a, b), max(a, b))
        if key not in known:
            known[key] = n_c - len(match(options[key[0]], options[key[1]]))
        return known[key]

    groups: list[tuple[int, ...]] = [(t,) for t in range(n_t)] if comparators == 1 else _pair_tables(n_t, over, rng)
    words, pairs = [], []
    for group in groups:
        made, orders = _words(options, group, comparators)
        words.append(made)
        pairs += orders
    return Schedule(order=tuple(t for group in groups for t in group), pairs=tuple(pairs), words=tuple(words))


def _pair_tables(n_t: int, over: Callable[[int, int], int], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Two tables a group, the words over the ideal few: greedily, then by exchanging partners. An odd table comes last."""
    left = rng.permutation(n_t).tolist()
    pairs: list[tuple[int, int]] = []
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
    pairs += zip(waiting[::2], waiting[1::2], strict=True)
    better = True
    while better:
        better = False
        for i in range(len(pairs)):
            if single is not None and over(*pairs[i]):
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
    groups: list[tuple[int, ...]] = sorted(tuple(sorted(pair)) for pair in pairs)
    return groups if single is None else [*groups, (single,)]


def _words(options: Options, group: tuple[int, ...], comparators: int) -> tuple[tuple[AnchorWord, ...], list[tuple[int, ...]]]:
    """The words of one group, and the order in which each of its tables' pairs appears in them."""
    n_c = options.shape[1]
    rows: list[list[tuple[int, Lane] | None]] = []  # a word: for each lane, its pair and addresses
    if len(group) == 1:
        rows = [[(r, _pair(options[group[0], r, 0]))] for r in range(n_c)]
    else:
        a, b = group
        matched = match(options[a], options[b])
        rows = [[(r, _pair(options[a, r, i])), (s, _pair(options[b, s, j]))] for r, s, i, j in matched]
        alone = sorted(set(range(n_c)) - {m[0] for m in matched}), sorted(set(range(n_c)) - {m[1] for m in matched})
        rows += [[(r, _pair(options[a, r, 0])), None] for r in alone[0]]
        rows += [[None, (s, _pair(options[b, s, 0]))] for s in alone[1]]
    rows += [[None] * len(group)] * (comparators - len(rows))
    orders = [tuple(cell[0] for row in rows if (cell := row[lane]) is not None) for lane in range(len(group))]
    words = []
    for number, row in enumerate(rows):
        lanes = [None if cell is None else cell[1] for cell in row] + [None] * (comparators - len(row))
        words.append(AnchorWord(lanes=tuple(lanes), emit=len(group) if number == len(rows) - 1 else 0))
    return tuple(words), orders


def _pair(option: npt.NDArray[np.int32]) -> tuple[int, int]:
    return int(option[0]), int(option[1])
