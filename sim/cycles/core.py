"""The core's control, clock by clock: the blocks of this package wired together."""

from dataclasses import dataclass, field

from firmware.program import Program
from sim.cycles.finish import StepControl
from sim.cycles.flash import FlashControl
from sim.cycles.index import IndexControl, emits_of_runs
from sim.cycles.rows import RowControl
from sim.cycles.sdram import SdramControl
from sim.cycles.timing import BEAT_TO_STORE, PAIR_CLOCKS, STORE_TO_RETIRED


@dataclass(frozen=True, kw_only=True)
class StepCounts:
    """What the core's counters add in one step. ``retired``: of each of its runs, the clock of the step in which it is retired."""

    clocks: int
    rows: int
    beats: int
    flash: int
    retired: tuple[int, ...] = field(default=(), compare=False)


Counts = tuple[int, ...]


class PassRecord:
    """How the passes of an attend run over its tables began, one for each distance: those that go as earlier ones need not be simulated.

    What happens in a pass depends on the core's state where it begins and on whether it is the run's last. So where a state comes again,
    the passes since come again too, as long as none of them is the last.
    """

    def __init__(self) -> None:
        self._began: dict[object, tuple[int, Counts]] = {}

    def ahead(self, *, distance: int, distances: int, state: object, counts: Counts) -> tuple[int, Counts]:
        """Passes that can be left out, and what the counters add in them. Pass ``distance`` of ``distances`` begins, in ``state``, the
        core's counters stand at ``counts``; called for each pass from the second on."""
        if distance == 2:
            self._began.clear()
        earlier, then = self._began.setdefault(state, (distance, counts))
        times = (distances - distance) // (distance - earlier) if distance > earlier else 0
        return times * (distance - earlier), tuple(times * (now - before) for now, before in zip(counts, then, strict=True))


class CoreControl:
    """A core with a loaded program, just out of reset. No latency, no table entry: when things happen does not depend on them.

    ``far``: the control of the far tier; it is not used where no run lies there. ``cached``: positions that its index cache holds.
    ``store_clocks``, ``table_clocks``: in which the latency store and the tables on chip are read.
    """

    def __init__(
        self,
        program: Program,
        *,
        jitter: bool,
        k: int,
        far: FlashControl | SdramControl,
        cached: int = 0,
        store_clocks: int = 1,
        table_clocks: int = 1,
    ) -> None:
        self.runs, self.store_clocks, self.table_clocks = program.runs, store_clocks, table_clocks
        self.indices = IndexControl(program.runs, emits_of_runs(program), comparators=program.width.comparators, store_clocks=store_clocks)
        tight = isinstance(far, SdramControl) and far.beat_clocks == 2
        self.rows = RowControl(program.runs, program.width, cached=cached, tight=tight)
        self.far = far
        self.steps = StepControl(jitter=jitter, k=k, store_clocks=store_clocks)
        self.storing = 0  # bit i: write-back reads the store in i clocks
        self.retiring: tuple[tuple[int, int], ...] = ()  # (clocks until it is retired, run)
        self.under_way = 0  # bit i: an access of the index cache had its turn in the tier i + 1 clocks ago
        self.urgent = False  # the tables tier must serve the streamer in this clock, for the next byte of flash follows
        self._passes = PassRecord()
        self._clocks = self._rows = self._beats = self._flash = 0
        self._retired: tuple[int, ...] = ()

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
        addressed = self.rows.takes_index(index=self.indices.queue.there, symbol=self.steps.sorted)
        read = addressed and self.rows.queued
        beside = self.rows.cache.asks and not self.urgent and not self.under_way
        turns = self.under_way << 1 | beside
        served = turns >> self.table_clocks - 1 == 1
        self.under_way = turns & (1 << self.table_clocks - 1) - 1

        self._clocks += self.steps.running
        if retired is not None:
            self._retired += (self._clocks,)
        requested = self._request(beside=beside)
        row = self.rows.asks
        taken = self.far.takes(asked=row > 0)
        self.far.clock(taken=row * taken, bank=self.rows.slot.bank if self.rows.slot else 0, begins=accepted)
        repeated = self.rows.clock(addressed=addressed, requested=requested, asked=taken, served=served)
        self.indices.clock(go=go, taken=claimed and not stores, retired=retired is not None, read=read)
        sort = retired.n_out if retired is not None and retired.sort else 0
        self.steps.clock(accepted=accepted, finished=finished, granted=granted, retired_end=retired_end, sort=sort)
        if repeated:
            self._skip()
        if not finished:
            return None
        self.rows.advance()
        counts = StepCounts(clocks=self._clocks, rows=self._rows, beats=self._beats, flash=self._flash, retired=self._retired)
        self._clocks = self._rows = self._beats = self._flash = 0
        self._retired = ()
        return counts

    def _request(self, *, beside: bool) -> bool:
        """The streamer's beat, and what it will do at the write-back; whether there is one. ``beside``: the tier serves the cache."""
        request = self.rows.request(ending=self.far.ending, beside=beside)
        self.urgent = request is not None and request.flash and self.runs[request.run].int4
        if request is not None:
            run = self.runs[request.run]
            words = PAIR_CLOCKS if run.int4 else 1
            self._rows += request.row
            self._beats += request.reads
            self._flash += request.flash
            if request.adds and request.closes and run.last:
                self.storing |= (1 << words) - 1 << BEAT_TO_STORE + self.table_clocks
            if request.final:
                clocks = BEAT_TO_STORE + words - 1 + STORE_TO_RETIRED + self.table_clocks + self.store_clocks
                self.retiring += ((clocks, request.run),)
        self.storing >>= 1
        self.retiring = tuple((clocks - 1, run) for clocks, run in self.retiring if clocks)
        return request is not None

    def _skip(self) -> None:
        """Where a pass over an attend run's tables begins: leaves out those that would repeat earlier ones."""
        rows, counts = self.rows, (self._clocks, self._rows, self._beats, self._flash)
        passes, added = self._passes.ahead(distance=rows.distance, distances=rows.distances, state=self._state(), counts=counts)
        rows.distance += passes
        self._clocks, self._rows, self._beats, self._flash = (now + more for now, more in zip(counts, added, strict=True))

    def _state(self) -> tuple[object, ...]:
        waiting = (self.storing, self.retiring, self.urgent, self.under_way)
        return (self.indices.state(), self.rows.state(), self.far.state(), self.steps.state(), *waiting)

    def state(self) -> tuple[object, ...]:
        """All that the clocks to come depend on."""
        return (self.rows.distance, *self._state())
