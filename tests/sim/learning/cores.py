"""Cores that learn, and what their tables have become."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import boards
from boards import Board
from firmware.compiler import compile_network
from firmware.isa import Counter, LearnCounter
from firmware.learning import Learning
from firmware.program import Program
from golden.integer.network import Network
from golden.learning.words import Words
from hdl.board.parts import core_params
from hdl.learn.learner import learn_clocks
from sim.cycles import predict
from sim.machines.core import CoreSimulation
from sim.machines.preload import TABLES

WIDTHS = [(8, (1, 1)), (16, (2, 3))]  # lanes; clocks of store and tables


def board_of(lanes: int, clocks: tuple[int, int]) -> Board:
    board = boards.get("icebreaker" if lanes == 8 else "ulx3s_85f")
    return replace(board, lanes=lanes, store_clocks=clocks[0], table_clocks=clocks[1], tiers=board.tiers[:1], learns=True)


def tables_differ(core: CoreSimulation, program: Program) -> str | None:
    """The first beat of the tables on chip that isn't as ``program`` has it."""
    words = np.ascontiguousarray(core.sim.memory(f"core.{TABLES}"))
    now = words.view(np.uint8).reshape(len(words), -1)
    for piece in program.tables:
        due = np.frombuffer(piece.data, np.uint8).reshape(-1, program.width.beat_bytes)
        here = now[piece.beat : piece.beat + len(due), : due.shape[1]]
        if len(wrong := np.argwhere((here != due).any(axis=1))):
            beat = int(wrong[0, 0])
            return f"beat {piece.beat + beat}: {here[beat].tobytes().hex()} instead of {due[beat].tobytes().hex()}"
    return None


def counts_differ(core: CoreSimulation, rows: Words) -> str | None:
    """What the core has counted otherwise than the rule, since both began: its writes, those that a limit held, and whether there were
    any."""
    changed = bool(core.sim["changed"])
    if changed != bool(rows.counts[0]):
        return f"changed is {changed} after {rows.counts[0]} writes"
    for counter, due in zip(LearnCounter, rows.counts.tolist(), strict=True):
        if (counted := core.counter(counter)) != due % (1 << counter.bits):
            return f"{counter.name} is {counted} instead of {due}"
    return None


class LearningCore:
    """A core that learns as ``learning`` says, beside the rule, whose words are ``rows``.

    Each step is asked of a core at rest. ``written``: steps that changed entries. ``stall``: the probability that the tables refuse a
    request; then clocks are not compared.
    """

    def __init__(self, program: Program, board: Board, rows: Words, learning: Learning, *, stall: float = 0) -> None:
        self.core = CoreSimulation(program, params=core_params(board), board=board, stall=stall)
        self.core.learn(learning)
        self.written = 0
        self._board, self._rows = board, rows
        self._quiet = None if stall else predict(program, board, back_to_back=False).clocks_per_step

    def step(self, run: Callable[[], str | None], rule: Callable[[], Network]) -> str | None:
        """One step of the core by ``run`` and of the rule by ``rule``, which gives the network then. What differs: as ``run`` says, the
        clocks, an entry, or a count."""
        before, writes = self.core.counter(Counter.CLOCKS), int(self._rows.counts[0])
        if found := run():
            return found
        clocks, now = self.core.counter(Counter.CLOCKS) - before, rule()
        changed = (int(self._rows.counts[0]) - writes) // 2
        self.written += changed > 0
        if self._quiet is not None and clocks != (due := self._quiet + learn_clocks(changed, table_clocks=self._board.table_clocks)):
            return f"{clocks} clocks instead of {due}"
        return tables_differ(self.core, compile_network(now, self._board)) or counts_differ(self.core, self._rows)
