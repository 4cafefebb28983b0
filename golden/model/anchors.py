"""Which pairs of neurons a table watches: random, covering, or random among four groups (by gain: golden/tasks/fitting/gain.py)."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from ..integer.layer import Int16


def random_anchors(*, n_t: int, n_c: int, n: int, rng: np.random.Generator) -> Int16:
    """(n_t, n_c, 2) pairs of different neurons; no neuron twice in a table while ``n`` suffices."""
    _check(n)
    anchors = np.empty((n_t, n_c, 2), np.int16)
    per_deal = n // 2
    for table in range(n_t):
        for low in range(0, n_c, per_deal):
            count = min(per_deal, n_c - low)
            anchors[table, low : low + count] = rng.permutation(n)[: 2 * count].reshape(count, 2)
    return anchors


def covering_anchors(*, n_t: int, n_c: int, n: int, rng: np.random.Generator) -> Int16:
    """(n_t, n_c, 2) pairs: each is watched before one repeats, neurons as evenly as a tournament's rounds (the circle method) allow."""
    _check(n)
    rounds = np.concatenate(_rounds(n))
    needed = n_t * n_c
    names = rng.permutation(n)
    pairs = names[rounds[np.arange(needed) % len(rounds)]]
    swap = rng.random(needed) < 0.5
    pairs[swap] = pairs[swap, ::-1]
    return pairs.reshape(n_t, n_c, 2).astype(np.int16)


def grouped_anchors(*, n_t: int, n_c: int, n: int, rng: np.random.Generator) -> Int16:
    """(n_t, n_c, 2) random pairs of neurons of different groups, neuron i being of group i mod 4.

    The pairs number r of tables 2 t and 2 t + 1 take one neuron of each group; no neuron is taken twice in a table while the groups
    suffice. A core that reads four memories at a time finds the neurons of each group in one of them, and so needs no second copy of any,
    however small and densely watched the state is.
    """
    _check(n)
    if n < 4:
        raise ValueError(f"n must be at least 4 to make groups, not {n}")
    anchors = np.empty((n_t + n_t % 2, n_c, 2), np.int16)
    for table in range(0, n_t, 2):
        decks = [4 * rng.permutation((n - group + 3) // 4) + group for group in range(4)]
        for pair in range(n_c):
            groups = rng.permutation(4)
            neurons = np.array([decks[group][pair % len(decks[group])] for group in groups])
            anchors[table : table + 2, pair] = neurons.reshape(2, 2)
    return anchors[:n_t]


Anchors = Literal["random", "covering", "grouped"]
ANCHORS: dict[Anchors, Callable[..., Int16]] = {"random": random_anchors, "covering": covering_anchors, "grouped": grouped_anchors}


def _rounds(n: int) -> list[np.ndarray]:
    """All pairs of 0..n-1 in rounds in which each occurs once (but one sits out when n is odd)."""
    size = n + n % 2  # with an odd n, pairs with the extra one are left out
    rounds = []
    for turn in range(size - 1):
        ring = [size - 1, *((turn + np.arange(size - 1)) % (size - 1))]
        pairs = np.array([(ring[k], ring[-k]) for k in range(1, size // 2)] + [(ring[0], ring[size // 2])], dtype=np.int64)
        rounds.append(pairs[(pairs < n).all(axis=1)])
    return rounds


def _check(n: int) -> None:
    if n < 2:
        raise ValueError(f"n must be at least 2 to make pairs, not {n}")
