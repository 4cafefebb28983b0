"""Which slot of the latency store each neuron lies in: no anchor pair may have both its neurons in one slot.

This is graph colouring with a colour a slot and, for neurons whose place is a column of a table, a limited number of places a colour.
Neurons are the nodes, anchor pairs the edges. A greedy colouring comes first, then a tabu search over moves and swaps.
"""

from collections.abc import Iterable

import numpy as np

__all__ = ["colour", "conflicts"]

Edge = tuple[int, int]


def conflicts(edges: Iterable[Edge], slot: np.ndarray) -> list[Edge]:
    """The edges whose two neurons lie in one slot."""
    return [(a, b) for a, b in edges if slot[a] == slot[b]]


def colour(edges: set[Edge], *, places: np.ndarray, limited: np.ndarray, rng: np.random.Generator, patience: int = 300) -> np.ndarray:
    """A slot for each neuron.

    ``places``: (slots,) columns there are in each slot for the neurons marked in ``limited`` (n,); the others may lie anywhere.
    Returns (n,) slots; edges inside a slot are as few as the search finds, best none. It gives up after ``patience`` steps without gain.
    """
    n = len(limited)
    neighbours: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    slot = _greedy(neighbours, places=places, limited=limited, rng=rng)
    return _tabu(edges, neighbours, slot, places=places, limited=limited, rng=rng, patience=patience)


def _greedy(neighbours: list[list[int]], *, places: np.ndarray, limited: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n = len(neighbours)
    slot = np.full(n, -1)
    free = places.astype(int).copy()
    load = np.zeros(len(places), int)
    near = np.zeros((n, len(places)), int)  # neighbours already in each slot
    # limited neurons that watch most come first, so that the free ones fill in around them
    order = sorted(range(n), key=lambda v: (not limited[v], -len(neighbours[v]), rng.random()))
    for v in order:
        allowed = free > 0 if limited[v] else np.ones(len(places), bool)
        choice = min(np.flatnonzero(allowed), key=lambda c: (near[v, c], load[c], rng.random()))
        slot[v] = choice
        load[choice] += 1
        free[choice] -= int(limited[v])
        for u in neighbours[v]:
            near[u, choice] += 1
    return slot


def _tabu(
    edges: set[Edge],
    neighbours: list[list[int]],
    slot: np.ndarray,
    *,
    places: np.ndarray,
    limited: np.ndarray,
    rng: np.random.Generator,
    patience: int,
) -> np.ndarray:
    n = len(slot)
    adjacent = np.zeros((n, n), bool)
    for a, b in edges:
        adjacent[a, b] = adjacent[b, a] = True
    near = np.stack([adjacent[:, slot == c].sum(axis=1) for c in range(len(places))], axis=1)
    free = places - np.bincount(slot[limited], minlength=len(places))
    cost = len(conflicts(edges, slot))
    best, best_cost = slot.copy(), cost
    until = np.zeros((n, len(places)), int)

    def move(v: int, to: int) -> None:
        near[:, slot[v]] -= adjacent[v]
        near[:, to] += adjacent[v]
        if limited[v]:
            free[slot[v]] += 1
            free[to] -= 1
        slot[v] = to

    step, found_at = 0, 0
    while best_cost > 0 and step - found_at < patience:
        step += 1
        clashing = np.flatnonzero(near[np.arange(n), slot] > 0)
        v = int(rng.choice(clashing))
        here = int(slot[v])
        found: tuple[int, int, int] | None = None  # change of cost, other neuron or -1, slot
        for to in range(len(places)):
            if to == here:
                continue
            change = int(near[v, to] - near[v, here])
            partner = -1
            if limited[v] and free[to] <= 0:
                others = np.flatnonzero((slot == to) & limited)
                if not len(others):
                    continue
                deltas = near[others, here] - near[others, to] - 2 * adjacent[others, v]
                pick = int(rng.choice(np.flatnonzero(deltas == deltas.min())))
                partner = int(others[pick])
                change += int(deltas[pick])
            if until[v, to] > step and cost + change >= best_cost:
                continue
            if found is None or change + rng.random() / 2 < found[0]:
                found = (change, partner, to)
        if found is None:
            continue
        change, partner, to = found
        move(v, to)
        if partner >= 0:
            move(partner, here)
            until[partner, to] = step + 5 + int(rng.integers(10))
        until[v, here] = step + 5 + int(rng.integers(10))
        cost += change
        if cost < best_cost:
            best, best_cost, found_at = slot.copy(), cost, step
    return best
