"""Matchings: of the words of two items, and of items in twos."""

from collections.abc import Callable

import numpy as np

LOOKS = 128
"""Others that an item is compared with."""


def match(possible: list[int], count: int) -> list[int]:
    """A maximum matching of left and right words: ``possible[r]`` is the mask of the ``count`` right ones that left word r may join. For
    each right word its left one, or -1."""
    partner = [-1] * count
    left = 0  # right words not yet tried in this search

    def augment(word: int) -> bool:
        nonlocal left
        while options := possible[word] & left:
            low = options & -options
            left ^= low
            other = low.bit_length() - 1
            if partner[other] < 0 or augment(partner[other]):
                partner[other] = word
                return True
        return False

    for word in range(len(possible)):
        left = (1 << count) - 1
        augment(word)
    return partner


def in_twos(count: int, over: Callable[[int, int], int], pairs: list[tuple[int, int]], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Items 0 .. ``count`` - 1 in twos, the words over the ideal few: ``pairs``, then greedily, then by exchanging partners. An odd item
    comes last, alone.

    Each item is compared with ``LOOKS`` others at most, and each pair with as many pairs, so that the time grows as their number does.
    """
    paired = {t for pair in pairs for t in pair}
    left = [t for t in rng.permutation(count).tolist() if t not in paired]
    waiting: list[int] = []
    while left:
        a = left.pop(0)
        b = next((t for t in left[:LOOKS] if over(a, t) == 0), None)
        if b is None:
            waiting.append(a)
        else:
            left.remove(b)
            pairs.append((a, b))
    single = waiting.pop() if count % 2 else None
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
