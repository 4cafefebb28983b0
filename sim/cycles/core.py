"""The core's control, clock by clock: the blocks of this package wired together."""

from dataclasses import dataclass

from firmware.program import Program
from sim.cycles.finish import StepControl
from sim.cycles.index import IndexControl
from sim.cycles.rows import RowControl
from sim.cycles.timing import BEAT_TO_STORE, PAIR_CLOCKS, STORE_TO_RETIRED

__all__ = ["CoreControl", "StepCounts"]


@dataclass(frozen=True, kw_only=True)
class StepCounts:
    """What the core's counters add in one step."""

    clocks: int
    rows: int
    beats: int


class CoreControl:
    """A core with a loaded program, just out of reset. No latency, no table entry: when things happen does not depend on them."""

    def __init__(self, program: Program, *, jitter: bool, k: int) -> None:
        words = [word.emit for word in program.anchor_words()]
        emits = [words[run.anchor_base : run.anchor_base + run.anchor_len] for run in program.runs]
        self.runs = program.runs
        self.indices = IndexControl(program.runs, emits)
        self.rows = RowControl(program.runs)
        self.steps = StepControl(jitter=jitter, k=k)
        self.storing = 0  # bit i: write-back reads the store in i clocks
        self.retiring: tuple[tuple[int, int], ...] = ()  # (clocks until it is retired, run)
        self._clocks = self._rows = self._beats = 0

    def clock(self, *, request: bool) -> StepCounts | None:
        """One clock; the counts of the step that ends in it. ``request``: a step is asked for."""
        stores = self.storing & 1 == 1
        retired = next((self.runs[run] for clocks, run in self.retiring if clocks == 0), None)
        retired_end = retired is not None and retired.end
        finished = self.steps.finishes(retired_end=retired_end)
        accepted = request and (finished or not self.steps.running)
        go = self.steps.go
        claimed = self.indices.claims(go=go)
        granted = self.steps.grants(store_free=not claimed and not stores)
        addressed = self.rows.reads_index(index=self.indices.queue.there, symbol=self.steps.sorted)
        read = addressed and not self.runs[self.rows.run].token

        self._clocks += self.steps.running
        self._request()
        self.rows.clock(addressed=addressed)
        self.indices.clock(go=go, taken=claimed and not stores, retired=retired is not None, read=read)
        sort = retired.n_out if retired is not None and retired.sort else 0
        self.steps.clock(accepted=accepted, finished=finished, granted=granted, retired_end=retired_end, sort=sort)
        return self._count() if finished else None

    def _request(self) -> None:
        """The streamer's beat, and what it will do at the write-back."""
        request = self.rows.request()
        if request is not None:
            run = self.runs[request.run]
            words = PAIR_CLOCKS if run.int4 else 1
            self._rows += request.row
            self._beats += request.reads
            if request.adds and request.closes and run.last:
                self.storing |= (1 << words) - 1 << BEAT_TO_STORE
            if request.final:
                self.retiring += ((BEAT_TO_STORE + words - 1 + STORE_TO_RETIRED, request.run),)
        self.storing >>= 1
        self.retiring = tuple((clocks - 1, run) for clocks, run in self.retiring if clocks)

    def _count(self) -> StepCounts:
        counts = StepCounts(clocks=self._clocks, rows=self._rows, beats=self._beats)
        self._clocks = self._rows = self._beats = 0
        return counts

    def state(self) -> tuple[object, ...]:
        """All that the clocks to come depend on."""
        return (self.indices.state(), self.rows.state(), self.steps.state(), self.storing, self.retiring)
