"""The search for a layout and a schedule that fit each other: few columns of state, then few clocks lost.

A schedule says which pairs share a word; all neurons of a word want different slots. So slots are coloured for the pairs alone, a
schedule made, slots coloured again for the words of that schedule, and so on while it helps. Copies of inputs make it easy: they come
in when single copies lose clocks. A bubble costs no clock where a group's rows take longer to read than its pairs to compare.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from boards import Board

from ..errors import CompileError
from .layout import Layout, Shape, add_copies, addresses
from .schedule import Anchors, Row, Rows, Schedule, ideal_words, schedules
from .slots import Ints, colour, conflicts

TRIES = 2  # starts for each number of copies
PATIENCE = 4  # colourings without gain
COPIES = ((1, 1), (4, 1), (4, 2), (4, 3))  # of reference neurons, of inputs
ROUNDS = 12  # colourings at most
FEW, LONG = 6, 5_000  # neurons of the state that lack a slot by so little that a long search is worth it: each costs a column
PAIR = 8  # weight of a pair that can't be read at all, in words that take one clock more

Sources = tuple[Anchors, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``schedules``: for each family given to :func:`search`, one for each of its sources."""

    layout: Layout
    schedules: list[tuple[Schedule, ...]]
    clocks: int
    room: int  # anchor words there are

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """Compared in this order: anchor words beyond those there are, words of state, clocks, anchor words."""
        words = sum(schedule.length for family in self.schedules for schedule in family)
        return max(0, words - self.room), self.layout.state_words, self.clocks, words


def search(families: list[Sources], row_clocks: list[int], shape: Shape, board: Board, *, room: int) -> Plan:
    """The plan with the fewest state words, then the fewest clocks, then the fewest anchor words.

    ``families``: of each, its sources, anchors (n_t, n_c, 2); ``row_clocks``: of its tables, in their tier, 0 where the rows come later.
    ``room``: anchor words there are. Once a plan loses no clock, no more copies are tried.
    """
    searched = _Search(families, row_clocks, shape, board, room)
    best: Plan | None = None
    refused = CompileError("no layout was found")
    for level, copies in enumerate(COPIES if shape.static.any() else COPIES[:1]):
        for attempt in range(TRIES):
            try:
                plan = searched.attempt(copies, np.random.default_rng([level, attempt]))
            except CompileError as error:
                refused = error
                break
            if best is None or plan.cost < best.cost:
                best = plan
            if best.cost[:3] <= searched.ideal[:3]:
                return best
    if best is None:
        raise refused
    return best


class _Search:
    """What all attempts share: the edges of ``pairs`` between neurons to compare, and the ``ideal`` cost of a plan."""

    def __init__(self, families: list[Sources], row_clocks: list[int], shape: Shape, board: Board, room: int) -> None:
        self.families, self.row_clocks, self.shape, self.board, self.room = families, row_clocks, shape, board, room
        self.pairs = np.zeros((shape.n, shape.n), np.int64)
        count = shape.width.comparators
        clocks = words = 0
        for sources, row in zip(families, row_clocks, strict=True):
            for anchors in sources:
                n_t, n_c, _ = anchors.shape
                clocks += n_t // count * max(n_c, count * max(1, row)) + (max(n_c, count, n_t % count * row) if n_t % count else 0)
                words += ideal_words(n_t, n_c, count)
                _join(self.pairs, anchors.reshape(-1, 2), PAIR)
        self.ideal = (0, shape.state_words, clocks, words)

    def attempt(self, copies: tuple[int, int], rng: np.random.Generator) -> Plan:
        """The best plan of one start, with so many copies of reference neurons and of inputs."""
        shape, pairs = self.shape, self.pairs
        places = np.full(shape.slots, shape.state_words * shape.width.slot_banks, np.int64)
        slot: Ints | None = None
        starts: list[tuple[Schedule, ...] | None] = [None] * len(self.families)
        wanted = pairs
        best: Plan | None = None
        idle = 0
        for number in range(ROUNDS):
            slot = colour(wanted, places=places, limited=~shape.static, rng=rng, start=slot)
            if number == 0 and 0 < sum(not shape.static[list(edge)].any() for edge in conflicts(pairs, slot)) <= FEW:
                slot = colour(pairs, places=places, limited=~shape.static, rng=rng, start=slot, patience=LONG)
            own = add_copies(shape, slot, conflicts(pairs, slot), rng=rng, constant_copies=copies[0], input_copies=copies[1])
            masks = np.array([sum(1 << s for s in slots) for slots in own], np.int64)
            made = [
                schedules(sources, masks, comparators=shape.width.comparators, rng=rng, start=start)
                for sources, start in zip(self.families, starts, strict=True)
            ]
            clocks = sum(one.clocks(row) for family, row in zip(made, self.row_clocks, strict=True) for one in family)
            plan = Plan(layout=addresses(shape, own, self.board), schedules=made, clocks=clocks, room=self.room)
            idle += 1
            if best is None or plan.cost < best.cost:
                best, idle = plan, 0
            if best.cost <= self.ideal or copies != COPIES[0] or idle == PATIENCE:
                break
            starts = list(made)
            wanted = pairs + _word_edges(self.families, made, shape.n, rng)
        assert best is not None
        return best


def _join(weights: Ints, edges: npt.NDArray[np.integer], weight: int) -> None:
    a, b = edges[:, 0].astype(np.intp), edges[:, 1].astype(np.intp)
    weights[a, b] = weight
    weights[b, a] = weight


def _word_edges(families: list[Sources], made: list[tuple[Schedule, ...]], n: int, rng: np.random.Generator) -> Ints:
    """Neurons that share a word of the schedules, or would if each word that is not full had those of the other tables for company."""
    weights = np.zeros((n, n), np.int64)
    plans = ((anchors, plan) for sources, plans in zip(families, made, strict=True) for anchors, plan in zip(sources, plans, strict=True))
    for anchors, plan in plans:
        for tables, rows in plan.groups:
            for row in _filled(rows, rng) if len(tables) > 1 else ():
                named = [anchors[table, pair] for table, pair in zip(tables, row, strict=True) if pair is not None]
                for one, two in combinations(named, 2):
                    _join(weights, np.array([(x, y) for x in one for y in two if x != y]).reshape(-1, 2), 1)
    return weights


def _filled(rows: Rows, rng: np.random.Generator) -> list[Row]:
    """``rows``, with those that have a pair in the first lane joined by others, drawn by lot, until they have one in every lane."""
    full = [row for row in rows if None not in row]
    first = [row for row in rows if None in row and row[0] is not None]
    others = [row for row in rows if row[0] is None and any(pair is not None for pair in row)]
    others = [others[i] for i in rng.permutation(len(others)).tolist()]
    for row in first:
        for other in list(others):
            if all(a is None or b is None for a, b in zip(row, other, strict=True)):
                row = tuple(b if a is None else a for a, b in zip(row, other, strict=True))
                others.remove(other)
        full.append(row)
    return full
