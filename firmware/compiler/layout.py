"""Where every neuron lies in the latency store.

From word 0: the state region (the columns the hidden layers write, in an order the compiler chooses), the output region (in neuron
order, as the sorter reads it), then static neurons, which no layer changes, wherever their slots suit the anchors. The order of the
state's columns is what keeps the two neurons of an anchor pair in different slots. Where no order does, some neurons get a second
column, or a second static copy.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware import isa

from .banks import Edge, colour, conflicts
from .errors import CompileError

__all__ = ["Layout", "Shape", "place_neurons", "region_words"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the layout has to hold.

    ``n``: neurons. ``static``: (n,) those that no layer writes. ``constant``: (n,) the reference neurons. ``edges``: anchor pairs, a < b.
    ``wide``: the state has int4 rows, so that its words come in twos. ``output_words``: words of the output region.
    """

    n: int
    static: npt.NDArray[np.bool_]
    constant: npt.NDArray[np.bool_]
    edges: frozenset[Edge]
    wide: bool
    output_words: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where neurons and regions lie.

    ``copies``: the addresses of each neuron, the first one its own.
    ``columns``: the neuron of each column of the state region, -1 for none.
    ``state_words``, ``output_base``, ``output_words``: regions in words. ``top``: the first address nothing uses.
    """

    copies: list[list[int]]
    columns: npt.NDArray[np.int32]
    state_words: int
    output_base: int
    output_words: int
    top: int


def region_words(columns: int, *, wide: bool) -> int:
    """Words of a region that ``columns`` are written to: at least two (a row of one beat is too short), even for int4."""
    words = max(2, -(-columns // isa.LANES))
    return words + (words & 1) if wide else words


def place_neurons(shape: Shape, board: Board, *, rng: np.random.Generator, constant_copies: int = 1, input_copies: int = 1) -> Layout:
    """A layout in which every anchor pair can be read in one word; of static neurons with pairs, that many copies (at most one a slot)."""
    moving = ~shape.static
    words = region_words(int(moving.sum()), wide=shape.wide) if moving.any() else 0
    width = isa.slot_banks(board.comparators)
    count = isa.LANES // width
    slot = colour(set(shape.edges), places=np.full(count, words * width), limited=moving, rng=rng)
    slots = [[int(s)] for s in slot]
    used = np.bincount(slot[moving], minlength=count)
    for v in _cover(conflicts(shape.edges, slot), shape.static):
        if shape.static[v]:
            slots[v].append(int((slot[v] + 1 + rng.integers(count - 1)) % count))
            continue
        if not (np.delete(used, slot[v]) < words * width).any():
            words = region_words(words * isa.LANES + 1, wide=shape.wide)
        second = min((c for c in range(count) if c != slot[v]), key=lambda c: (used[c], rng.random()))
        slots[v].append(int(second))
        used[second] += 1
    _more_copies(shape, slots, count, rng, constant_copies=constant_copies, input_copies=input_copies)
    return _addresses(shape, slots, words, board)


def _cover(bad: list[Edge], static: npt.NDArray[np.bool_]) -> list[int]:
    """Neurons that touch every edge of ``bad``, greedily; static ones first, since their copies cost no column."""
    chosen = []
    while bad:
        ends = sorted({v for edge in bad for v in edge})
        best = max(ends, key=lambda v: (static[v], sum(v in edge for edge in bad)))
        chosen.append(best)
        bad = [edge for edge in bad if best not in edge]
    return chosen


def _more_copies(
    shape: Shape, slots: list[list[int]], count: int, rng: np.random.Generator, *, constant_copies: int, input_copies: int
) -> None:
    degree = np.zeros(shape.n, int)
    for edge in shape.edges:
        degree[list(edge)] += 1
    load = np.zeros(count)
    for v, places in enumerate(slots):
        load[places] += degree[v] / len(places)
    for v in np.flatnonzero(shape.static & (degree > 0)).tolist():
        wanted = min(count, constant_copies if shape.constant[v] else input_copies)
        while len(slots[v]) < wanted:
            choice = min(set(range(count)) - set(slots[v]), key=lambda c: (load[c], rng.random()))
            slots[v].append(choice)
            load[choice] += degree[v] / len(slots[v])


def _addresses(shape: Shape, slots: list[list[int]], words: int, board: Board) -> Layout:
    width = isa.slot_banks(board.comparators)
    count = isa.LANES // width
    columns = np.full(words * isa.LANES, -1, np.int32)
    copies: list[list[int]] = [[] for _ in range(shape.n)]
    next_state = [0] * count  # places taken of each slot, counted through its banks word by word
    next_static = [(words + shape.output_words) * width] * count
    for turn in range(count):
        for v, places in enumerate(slots):
            if turn < len(places):
                taken = next_static if shape.static[v] else next_state
                word, bank = divmod(taken[places[turn]], width)
                address = word * isa.LANES + places[turn] * width + bank
                taken[places[turn]] += 1
                copies[v].append(address)
                if not shape.static[v]:
                    columns[address] = v
    top_words = -(-max(next_static) // width)
    limit = min(board.store_latencies // isa.LANES, isa.ZERO_WORD)
    if top_words > limit:
        raise CompileError(
            f"the network needs {top_words * isa.LANES} latencies of store ({words * isa.LANES} for the state, "
            f"{shape.output_words * isa.LANES} for the outputs, the rest for inputs), "
            f"{board.name} has {limit * isa.LANES}: the latency store is full"
        )
    return Layout(
        copies=copies,
        columns=columns,
        state_words=words,
        output_base=words,
        output_words=shape.output_words,
        top=top_words * isa.LANES,
    )
