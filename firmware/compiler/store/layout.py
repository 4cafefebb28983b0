"""Where every neuron lies in the latency store.

From word 0: the state region (the columns the hidden layers write, in an order the compiler chooses), the output region (in neuron
order, as the sorter reads it), then static neurons, which no layer changes, wherever their slots suit the anchors. A neuron's slot
follows from its column, so the order of the state's columns decides what can be read in one word. Where no order suits an anchor
pair, one of its neurons gets a second column, or a second static copy.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware import isa

from ..errors import CompileError
from .slots import Ints


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the layout has to hold.

    ``n``: neurons. ``static``: (n,) those that no layer writes. ``constant``: (n,) the reference neurons.
    ``watched``: (n,) anchor pairs each is in. ``wide``: the state has int4 rows, so that its words come in twos.
    ``output_words``: words of the output region. ``width``: of the core.
    """

    n: int
    static: npt.NDArray[np.bool_]
    constant: npt.NDArray[np.bool_]
    watched: Ints
    wide: bool
    output_words: int
    width: isa.Width

    @property
    def slots(self) -> int:
        return self.width.slots

    @property
    def state_words(self) -> int:
        """Words of the state region without second columns."""
        return 0 if self.static.all() else region_words(int((~self.static).sum()), self.width, wide=self.wide)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where neurons and regions lie.

    ``copies``: the addresses of each neuron, the first one its own.
    ``columns``: the neuron of each column of the state region, -1 for none.
    ``state_words``, ``output_base``, ``output_words``: regions in words. ``top``: the first address nothing uses.
    ``width``: of the core.
    """

    copies: list[list[int]]
    columns: npt.NDArray[np.int32]
    state_words: int
    output_base: int
    output_words: int
    top: int
    width: isa.Width


def region_words(columns: int, width: isa.Width, *, wide: bool) -> int:
    """Words of a region that ``columns`` are written to: at least two (a row of one beat is too short), even for int4."""
    words = max(2, -(-columns // width.lanes))
    return words + (words & 1) if wide else words


def add_copies(
    shape: Shape, slot: Ints, clashing: list[tuple[int, int]], *, rng: np.random.Generator, constant_copies: int = 1, input_copies: int = 1
) -> list[list[int]]:
    """The slots of each neuron: ``slot`` (n,), a second one where pairs clash, and as many as told for static neurons with pairs."""
    slots = [[int(s)] for s in slot]
    load = np.zeros(shape.slots)
    for v, own in enumerate(slots):
        load[own] += shape.watched[v]
    wanted = np.where(shape.constant, constant_copies, input_copies) * (shape.static & (shape.watched > 0))
    for v in _cover(clashing, shape.static):
        wanted[v] = max(2, int(wanted[v]))
    used = np.bincount(slot[~shape.static], minlength=shape.slots)
    for v, count in enumerate(np.minimum(wanted, shape.slots).tolist()):
        heights = load if shape.static[v] else used
        while len(slots[v]) < count:
            choice = min(set(range(shape.slots)) - set(slots[v]), key=lambda s: (heights[s], rng.random()))
            slots[v].append(choice)
            load[choice] += shape.watched[v] / len(slots[v])
            used[choice] += not shape.static[v]
    return slots


def _cover(clashing: list[tuple[int, int]], static: npt.NDArray[np.bool_]) -> list[int]:
    """Neurons that touch every edge of ``clashing``, greedily; static ones first, since their copies cost no column."""
    chosen = []
    while clashing:
        edges = Counter(v for edge in clashing for v in edge)
        best = max(sorted(edges), key=lambda v: (static[v], edges[v]))
        chosen.append(best)
        clashing = [edge for edge in clashing if best not in edge]
    return chosen


def addresses(shape: Shape, slots: list[list[int]], board: Board) -> Layout:
    """An address in each slot of each neuron; refuses when the store is too small."""
    banks, lanes = shape.width.slot_banks, shape.width.lanes
    in_state = np.zeros(shape.slots, np.int64)
    for v in np.flatnonzero(~shape.static).tolist():
        in_state[slots[v]] += 1
    words = shape.state_words
    while words * banks < int(in_state.max()):
        words = region_words(words * lanes + 1, shape.width, wide=shape.wide)
    state = [0] * lanes
    static = [words + shape.output_words] * lanes
    copies: list[list[int]] = [[] for _ in range(shape.n)]
    order = np.full(words * lanes, -1, np.int32)
    for turn in range(shape.slots):
        for v, own in enumerate(slots):
            if turn < len(own):
                heights = static if shape.static[v] else state
                bank = min(range(own[turn] * banks, (own[turn] + 1) * banks), key=heights.__getitem__)
                address = heights[bank] * lanes + bank
                heights[bank] += 1
                copies[v].append(address)
                if not shape.static[v]:
                    order[address] = v
    top = max(static)
    if top > isa.ZERO_WORD:
        raise CompileError(
            f"the network needs {top * lanes} latencies of store ({words * lanes} for the state, "
            f"{shape.output_words * lanes} for the outputs, the rest for inputs), "
            f"{board.name} has {shape.width.latencies}: the latency store is full"
        )
    return Layout(
        copies=copies,
        columns=order,
        state_words=words,
        output_base=words,
        output_words=shape.output_words,
        top=top * lanes,
        width=shape.width,
    )
