"""Control of the row fetch: indices become rows, one waiting and one streaming beat by beat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from firmware.isa import Run
from sim.cycles.timing import RUN_KEEP, RUN_WORDS

__all__ = ["Request", "RowControl", "RowSlot"]

State = tuple[int, ...]


@dataclass(frozen=True)
class RowSlot:
    """One row of a run, or two of an int4 couple: ``rows``; ``closes``: no row of the run comes after. ``asked``: of the flash, if it is
    there that the row lies."""

    run: int
    rows: int
    closes: bool
    asked: bool


@dataclass(frozen=True)
class Request:
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
    """Makes row addresses out of indices, and streams the beats of a row (or of an int4 couple alternately) while the next waits."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.run, self.word, self.left = 0, 0, 0  # run whose addresses are made, clocks of its words read, its tables without address
        self.half = False  # the first row of an int4 couple has its address
        self.slot: RowSlot | None = None
        self.stream: RowSlot | None = None
        self.at = 0  # clocks of the streaming row that have passed
        self.pause = False

    def request(self, *, ending: bool) -> Request | None:
        """What the streamer requests and gets in this clock. ``ending``: a beat of flash is there in the next."""
        if self.stream is None or self.pause:
            return None
        run = self.runs[self.stream.run]
        beat, second = divmod(self.at, 2) if run.int4 else (self.at, 0)
        flash = run.tier == 1 and not second
        if flash and not ending:
            return None
        adds = not run.int4 or second == 1
        reads = flash if run.tier else adds or self.stream.rows == 2
        last = adds and beat == run.row_beats - 1
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
        if self.slot is None or self.slot.asked or (self.stream is not None and not self.runs[self.stream.run].tier):
            return 0
        return self.runs[self.slot.run].row_beats

    def reads_index(self, *, index: bool, symbol: bool) -> bool:
        """Whether a row address is made in this clock. ``index``: one is in the queue; ``symbol``: the step's symbol is known."""
        known = symbol if self.runs[self.run].token else index
        return self.word == RUN_WORDS and self.left > 0 and known and self.slot is None

    def clock(self, *, addressed: bool, requested: bool, asked: bool) -> None:
        """``addressed``: a row address is made (:meth:`reads_index`); ``requested``: a beat is (:meth:`request`); ``asked``: the flash
        takes the row it is asked for."""
        waits = self.slot is not None
        self._stream(requested=requested)
        if asked and self.slot is not None:
            self.slot = replace(self.slot, asked=True)
        if self.word < RUN_WORDS:
            if self.word != RUN_KEEP or not waits:
                self.word += 1
                self.left = self.runs[self.run].count
        elif self.left == 0:
            self.word = 0
            self.run = 0 if self.runs[self.run].end else self.run + 1
        elif addressed:
            self._address()

    def _address(self) -> None:
        self.left -= 1
        run = self.runs[self.run]
        if run.int4 and not run.tier and not self.half and self.left:
            self.half = True
        else:
            self.slot = RowSlot(run=self.run, rows=1 + self.half, closes=self.left == 0, asked=not run.tier)
            self.half = False

    def _clocks(self, row: RowSlot) -> int:
        run = self.runs[row.run]
        return run.row_beats * 2 if run.int4 else run.row_beats

    def _stream(self, *, requested: bool) -> None:
        ends = requested and self.stream is not None and self.at == self._clocks(self.stream) - 1
        if self.slot is not None and self.slot.asked and (self.stream is None or ends):
            before = self.stream
            self.stream, self.slot, self.at = self.slot, None, 0
            # the second word of an int4 couple is being added when the first beat of an int8 row would come
            self.pause = before is not None and self.runs[before.run].int4 and not self.runs[self.stream.run].int4
            return
        if ends:
            self.stream = None
        elif requested:
            self.at += 1
        self.pause = False

    def state(self) -> State:
        rows = [(-1, 0, 0, 0) if row is None else (row.run, row.rows, row.closes, row.asked) for row in (self.slot, self.stream)]
        return (self.run, self.word, self.left, self.half, *rows[0], *rows[1], self.at if self.stream else 0, self.pause)
