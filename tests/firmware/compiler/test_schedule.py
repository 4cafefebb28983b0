"""Which pairs are read in one clock, against trying everything; schedules of one, two and four comparators."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.compiler.store.readable import NONE, together
from firmware.compiler.store.schedule import Schedule, ideal_words, schedules

from ..execution import first_difference
from ..networks import random_network, random_text_network


def tried(neurons: set[int], masks: np.ndarray, slots: int) -> bool:
    """Whether some choice of a copy of each neuron takes no slot twice."""
    options = [[slot for slot in range(slots) if masks[neuron] >> slot & 1] for neuron in neurons]
    return any(len(set(choice)) == len(choice) for choice in product(*options))


@pytest.mark.parametrize(("slots", "q"), [(4, 2), (8, 4)])
@pytest.mark.parametrize("seed", range(3))
def test_together_is_what_trying_finds(seed: int, slots: int, q: int) -> None:
    """Words of up to ``q`` neurons: in twos they fill the slots."""
    rng = np.random.default_rng(seed)
    n = 3 * slots
    copies = rng.integers(1, 4, n).clip(max=slots)
    masks = np.array([sum(1 << int(slot) for slot in rng.permutation(slots)[:count]) for count in copies], np.int64)
    words: list[list[int]] = []
    while len(words) < 24:
        word = rng.permutation(n)[: rng.integers(1, q + 1)].tolist()
        if tried(set(word), masks, slots):
            words.append(word)
    neurons = np.array([word + [NONE] * (q - len(word)) for word in words], np.int64)
    found = together(neurons, masks, slots)
    wanted = [[tried({*one, *other}, masks, slots) for other in words] for one in words]
    assert found.tolist() == wanted
    assert {False, True} == set(found.ravel().tolist())


def checked(schedule: Schedule, *, n_t: int, n_c: int, comparators: int) -> None:
    """Each pair of each table once, in groups that are as long as their indices take to leave."""
    assert sorted(schedule.order) == list(range(n_t))
    assert all(sorted(pairs) == list(range(n_c)) for pairs in schedule.pairs())
    for tables, rows in schedule.groups:
        assert 1 <= len(tables) <= comparators <= len(rows)
        assert all(len(row) == len(tables) for row in rows)


@pytest.mark.parametrize("comparators", [1, 2, 4])
@pytest.mark.parametrize(("n_t", "n_c"), [(1, 3), (5, 1), (6, 4), (7, 5), (16, 6)])
def test_schedules_hold_every_pair(n_t: int, n_c: int, comparators: int) -> None:
    rng, n = np.random.default_rng(n_t), 64
    slot = rng.integers(0, 2 * comparators, n)
    first = rng.integers(0, n, (n_t, n_c))
    apart = (first + rng.integers(1, n, (n_t, n_c))) % n
    for _ in range(50):
        clash = slot[first] == slot[apart]
        apart = np.where(clash, (apart + 1) % n, apart)
    assert not (slot[first] == slot[apart]).any()
    sources = tuple(np.stack(pair, axis=2).astype(np.int16) for pair in ((first, apart), (apart, first)))
    query, key = schedules(sources, 1 << slot, comparators=comparators, rng=rng)
    assert query.order == key.order
    again, _ = schedules(sources, 1 << slot, comparators=comparators, rng=rng, start=(query, key))
    for schedule in (query, key, again):
        checked(schedule, n_t=n_t, n_c=n_c, comparators=comparators)
        assert schedule.length >= ideal_words(n_t, n_c, comparators)


@pytest.mark.parametrize("lanes", [8, 16, 32])
@pytest.mark.parametrize("seed", range(8))
def test_four_comparators(seed: int, lanes: int) -> None:
    network = random_network(seed) if seed % 4 else random_text_network(seed)
    board = replace(boards.get("ulx3s_85f"), lanes=lanes, comparators=4)
    program = compile_network(network, board)
    assert program.width == isa.Width(lanes=lanes, comparators=4)
    groups = [group for layer in (*network.hidden, network.output) for group in layer.groups]
    assert len(program.anchors) >= sum(ideal_words(group.n_t, group.n_c, 4) for group in groups)
    assert first_difference(network, program, seed=seed, size=board.tiers[0].size) is None
