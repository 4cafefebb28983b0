"""Which slot of the latency store each neuron lies in: a weighted graph colouring with few colours.

Neurons are the nodes. An edge joins two neurons that must be read in one clock, so that they may not share a slot; its weight says
how much that matters. Neurons whose place is a column of a table have a limited number of places in each slot. A greedy colouring is
followed by a tabu search over moves and swaps.
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def conflicts(weights: Ints, slot: Ints) -> list[tuple[int, int]]:
    """The edges whose two neurons share a slot."""
    a, b = np.nonzero(weights)
    same = (slot[a] == slot[b]) & (a < b)
    return list(zip(a[same].tolist(), b[same].tolist(), strict=True))


def colour(
    weights: Ints, *, places: Ints, limited: npt.NDArray[np.bool_], rng: np.random.Generator, start: Ints | None = None, patience: int = 300
) -> Ints:
    """A slot for each neuron, (n,).

    ``weights``: (n, n), symmetric, 0 where there is no edge. ``places``: for each slot, the columns it has for the neurons marked in
    ``limited`` (n,); the others may lie anywhere. ``start``: slots to begin with. The weight inside slots is as little as the
    search finds, best none; it gives up after ``patience`` steps without gain.
    """
    slot = _greedy(weights, places=places, limited=limited, rng=rng) if start is None else start.copy()
    return _tabu(weights, slot, places=places, limited=limited, rng=rng, patience=patience)


def _greedy(weights: Ints, *, places: Ints, limited: npt.NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    n, count = len(weights), len(places)
    slot = np.full(n, -1)
    free = places.copy()
    load = np.zeros(count, np.int64)
    near = np.zeros((n, count), np.int64)
    degree = weights.sum(axis=1)
    # the limited neurons that are watched most come first, so that the others fill in around them
    for v in sorted(range(n), key=lambda v: (not limited[v], -degree[v], rng.random())):
        allowed = np.flatnonzero(free > 0) if limited[v] else np.arange(count)
        choice = min(allowed.tolist(), key=lambda c: (near[v, c], load[c], rng.random()))
        slot[v] = choice
        load[choice] += 1
        free[choice] -= int(limited[v])
        near[:, choice] += weights[v]
    return slot


def _tabu(weights: Ints, slot: Ints, *, places: Ints, limited: npt.NDArray[np.bool_], rng: np.random.Generator, patience: int) -> Ints:
    n, count = len(slot), len(places)
    near = np.stack([weights[:, slot == c].sum(axis=1) for c in range(count)], axis=1)
    free = places - np.bincount(slot[limited], minlength=count)
    every = np.arange(n)
    cost = int(near[every, slot].sum()) // 2
    best, best_cost = slot.copy(), cost
    until = np.zeros((n, count), np.int64)

    def pick(among: npt.NDArray[np.intp]) -> int:
        return int(among[rng.integers(len(among))])

    def move(v: int, to: int) -> None:
        near[:, slot[v]] -= weights[v]
        near[:, to] += weights[v]
        if limited[v]:
            free[slot[v]] += 1
            free[to] -= 1
        slot[v] = to

    step, found_at = 0, 0
    while best_cost > 0 and step - found_at < patience:
        step += 1
        v = pick(np.flatnonzero(near[every, slot] > 0))
        here = int(slot[v])
        found: tuple[int, int, int] | None = None  # change of cost, other neuron or -1, slot
        for to in range(count):
            if to == here:
                continue
            change, partner = int(near[v, to] - near[v, here]), -1
            if limited[v] and free[to] <= 0:
                others = np.flatnonzero((slot == to) & limited)
                if not len(others):
                    continue
                changes = near[others, here] - near[others, to] - 2 * weights[others, v]
                least = pick(np.flatnonzero(changes == changes.min()))
                partner = int(others[least])
                change += int(changes[least])
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
