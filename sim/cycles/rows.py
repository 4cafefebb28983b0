"""Control of the row fetch: indices become rows, one waiting and one streaming beat by beat."""

from collections.abc import Sequence
from typing import NamedTuple

from firmware.isa import Mode, Run, Width
from sim.cycles.cache import CacheControl
from sim.cycles.timing import ROW_QUEUE, RUN_KEEP, RUN_WORDS

_QUIET = (Mode.QUERY, Mode.KEY, Mode.ANCHORS)


class RowSlot(NamedTuple):
    """One row of a run, or two of an int4 couple: ``rows``; ``closes``: no row of the run comes after. ``flash``: it lies there;
    ``asked``: of the far tier, if it does, in its ``bank``."""

    run: int
    rows: int
    closes: bool
    flash: bool
    asked: bool
    bank: int = 0


class Request(NamedTuple):
    """What the streamer does in one clock.

    ``adds``: the entries reach the accumulators (else they are kept for the beat that follows). ``reads``: a beat is read; ``row``: the
    first of its row. ``flash``: it is one of flash. ``closes``: the run's last row, or couple; ``final``: its last beat.
    """

    run: int
    adds: bool
    reads: bool
    row: bool
    flash: bool
    closes: bool
    final: bool


class RowControl:
    """Makes row addresses out of indices, and streams the beats of a row (or of an int4 couple alternately) while the next waits.

    ``cached``: positions in the index cache, as far as they count: not more than the longest attend run takes. With several
    ``width.far_banks`` rows go through a queue to the streamer. ``tight``: beats of the far tier come every two clocks; its int8 rows are
    then not asked before int4 rows have been streamed.
    """

    def __init__(self, runs: Sequence[Run], width: Width, *, cached: int = 0, tight: bool = False) -> None:
        self.runs, self.tight = runs, tight
        self.cache = CacheControl(width)
        self.reach = max((run.n_out for run in runs if run.mode == Mode.ATTEND), default=0)
        self.cached = min(cached, self.reach)
        self.run, self.word, self.left = 0, 0, 0  # run whose addresses are made, clocks of its words read, its tables without address
        self.distance = 1  # of an attend run
        self.half = False  # the first row of an int4 couple has its address
        self.slot: RowSlot | None = None
        self.banks = width.far_banks
        self.queue: tuple[RowSlot, ...] = ()
        self.int4 = False  # the row that went into it last is
        self.stream: RowSlot | None = None
        self.at = 0  # clocks of the streaming row that have passed
        self.pause = False

    @property
    def distances(self) -> int:
        """Passes over the run's tables."""
        run = self.runs[self.run]
        return max(1, min(self.cached, run.n_out)) if run.mode == Mode.ATTEND else 1

    def request(self, *, ending: bool, beside: bool) -> Request | None:
        """What the streamer requests and gets in this clock. ``ending``: a beat of flash is there in the next; ``beside``: it is the
        index cache's turn in the tables tier."""
        if self.stream is None or self.pause:
            return None
        run = self.runs[self.stream.run]
        beat, second = divmod(self.at, 2) if run.int4 else (self.at, 0)
        flash = self.stream.flash and not second
        if beside if not flash else not ending:
            return None
        adds = not run.int4 or second == 1
        last = adds and beat == run.row_beats - 1
        reads = flash if self.stream.flash else adds or self.stream.rows == 2
        return Request(
            run=self.stream.run,
            adds=adds,
            reads=reads,
            row=reads and beat == 0,
            flash=flash,
            closes=self.stream.closes,
            final=last and self.stream.closes,
        )

    @property
    def asks(self) -> int:
        """Beats of the row that is asked of the flash in this clock, else 0."""
        if self.slot is None or self.slot.asked or (self.stream is not None and not self.stream.flash):
            return 0
        if self.queue and not self.queue[-1].flash:
            return 0
        run = self.runs[self.slot.run]
        if self.tight and self.int4 and not run.int4 and (self.queue or self.stream is not None):
            return 0
        return run.row_beats

    @property
    def queued(self) -> bool:
        """Whether the run's indices come from the index maker."""
        run = self.runs[self.run]
        return not run.token and run.mode not in (Mode.ATTEND, Mode.ANCHORS)

    def takes_index(self, *, index: bool, symbol: bool) -> bool:
        """Whether an index is dealt with in this clock. ``index``: one is in the queue; ``symbol``: the step's symbol is known."""
        known = symbol if self.runs[self.run].token else index or not self.queued
        return self.word == RUN_WORDS and self.left > 0 and known and self.cache.there and self.slot is None

    def clock(self, *, addressed: bool, requested: bool, asked: bool, served: bool) -> bool:
        """Whether another pass of an attend run begins. ``addressed``: an index is dealt with (:meth:`takes_index`); ``requested``: a beat
        is requested (:meth:`request`); ``asked``: the flash takes the row it is asked for; ``served``: the tables tier makes the cache's
        access.
        """
        waits = self.slot is not None
        room = len(self.queue) < ROW_QUEUE
        ready = self.cache.there
        self._stream(requested=requested)
        if self.banks > 1:
            self._enqueue(room)
        if asked and self.slot is not None:
            self.slot = self.slot._replace(asked=True)
        self.cache.clock(granted=served, taken=addressed)
        if self.word < RUN_WORDS:
            if self.word != RUN_KEEP or not waits or self.distance > 1:
                self.word += 1
                self.left = self.runs[self.run].count
                if self.word == RUN_WORDS:
                    self.cache.open(mode=self.runs[self.run].mode, count=self.left)
                    return self.distance > 1
        elif self.left == 0:
            if ready:
                self._next_pass()
        elif addressed:
            self._address()
        return False

    def _next_pass(self) -> None:
        if self.runs[self.run].mode in _QUIET:  # the row of zeros by which it ends
            self.slot = RowSlot(run=self.run, rows=1, closes=True, flash=False, asked=True)
        self.word = 0
        if self.distance < self.distances:
            self.distance += 1
        else:
            self.distance = 1
            self.run = 0 if self.runs[self.run].end else self.run + 1

    def _address(self) -> None:
        self.left -= 1
        run = self.runs[self.run]
        flash = run.tier == 1 and (run.mode != Mode.ATTEND or self.cached > 0)
        if run.mode in _QUIET:
            return
        if run.int4 and not flash and not self.half and self.left:
            self.half = True
        else:
            closes = self.left == 0 and self.distance == self.distances
            bank = (run.count - 1 - self.left) % self.banks if flash else 0
            self.slot = RowSlot(run=self.run, rows=1 + self.half, closes=closes, flash=flash, asked=not flash, bank=bank)
            self.half = False

    def _stream(self, *, requested: bool) -> None:
        run = self.runs[self.stream.run] if self.stream else None
        ends = requested and run is not None and self.at == run.row_beats * (1 + run.int4) - 1
        row = self._next()
        if row is not None and (self.stream is None or ends):
            if self.banks > 1:
                self.queue = self.queue[1:]
            else:
                self.slot = None
            self.stream, self.at = row, 0
            # the second word of an int4 couple is being added when the first beat of an int8 row would come
            self.pause = run is not None and run.int4 and not self.runs[row.run].int4
            return
        if ends:
            self.stream = None
        elif requested:
            self.at += 1
        self.pause = False

    def _next(self) -> RowSlot | None:
        """The row that the streamer can take."""
        if self.banks > 1:
            return self.queue[0] if self.queue else None
        return self.slot if self.slot is not None and self.slot.asked else None

    def _enqueue(self, room: bool) -> None:
        """The slot's row goes into the queue; ``room``: there was some when the clock began."""
        if self.slot is not None and self.slot.asked and room:
            self.queue += (self.slot,)
            self.int4 = self.runs[self.slot.run].int4
            self.slot = None

    def advance(self) -> None:
        """A step ends: a position more is cached."""
        self.cached = min(self.cached + 1, self.reach)

    def state(self) -> tuple[int, ...]:
        """All but the distance."""
        slot, stream = ((-1, 0, 0, 0, 0, 0) if row is None else row for row in (self.slot, self.stream))
        own = (self.cached, self.run, self.word, self.left, self.half, self.int4)
        waiting = tuple(number for row in self.queue for number in row)
        return (*own, *slot, *stream, self.at if self.stream else 0, self.pause, *waiting, *self.cache.state())
