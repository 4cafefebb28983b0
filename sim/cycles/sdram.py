"""Control of an SDRAM tier: rows asked, opened and read, refreshes, and the clocks in which their beats end."""

from typing import NamedTuple

from boards import SdramClocks
from sim.cycles.timing import SDRAM_QUEUE, SDRAM_READ_TO_WORDS

BANKS = 4


class Access(NamedTuple):
    """Of a row: its bank, and beats left to open."""

    bank: int
    beats: int


class Opened(NamedTuple):
    """What of a row lies in one page: its bank and the bursts left to read."""

    bank: int
    bursts: int


class SdramControl:
    """Takes rows while there is room in its queue; how long they take depends on their banks and on when the step began.

    ``clocks``: of the chip. ``beat_bursts``: bursts of a beat; ``page_beats``: beats of a page.
    """

    def __init__(self, *, clocks: SdramClocks, beat_bursts: int, page_beats: int) -> None:
        self.clocks, self.beat_bursts, self.page_beats = clocks, beat_bursts, page_beats
        self.queue: tuple[Access, ...] = ()
        self.access: Access | None = None
        self.opened: Opened | None = None
        self.ripe = 0  # clocks until what is opened can be read
        self.current: Opened | None = None
        self.pace = 0  # clocks until the next burst
        self.used: frozenset[int] = frozenset()
        self.closing = (0,) * BANKS
        self.endings: tuple[int, ...] = ()  # clocks until the one before a beat's last words
        self.left = clocks.interval - 1
        self.owed = self.under_way = self.opening = 0

    @property
    def beat_clocks(self) -> int:
        """Clocks in which a beat comes."""
        return self.beat_bursts * self.clocks.burst

    def takes(self, *, asked: bool) -> bool:
        """Whether a row is taken in this clock. ``asked``: one is offered."""
        return asked and len(self.queue) < SDRAM_QUEUE

    @property
    def ending(self) -> bool:
        """Whether a beat ends in the next clock."""
        return 0 in self.endings

    def clock(self, *, taken: int, bank: int, begins: bool) -> None:
        """``taken``: beats of the row that is taken in this clock, else 0, and its ``bank``. ``begins``: a step does."""
        hold = bool(self.owed or self.under_way or self.opening)
        idle = self.opened is None and self.current is None and not self.used and not any(self.closing)
        given = self.owed > 0 and not self.under_way and idle
        access, queue = self.access, self.queue
        opens = access is not None and self.opened is None and access.bank not in self.used and not self.closing[access.bank] and not hold
        crosses = access is not None and access.beats > self.page_beats
        first = self.pace == 0 and self.current is None and self.opened is not None and self.ripe == 0
        reads = self.opened if first else self.current if self.pace == 0 else None

        self.endings = tuple(clocks - 1 for clocks in self.endings if clocks)
        self.closing = tuple(max(0, clocks - 1) for clocks in self.closing)
        self.ripe, self.pace = max(0, self.ripe - 1), max(0, self.pace - 1)
        if first:
            self.opened = None
        if reads is not None:
            self._read(reads)
        if opens and access is not None:
            self.opened = Opened(access.bank, min(access.beats, self.page_beats) * self.beat_bursts)
            self.ripe = self.clocks.open - 1
            self.used |= {access.bank}
            self.access = access._replace(beats=access.beats - self.page_beats) if crosses else None
        if (access is None or (opens and not crosses)) and queue:
            self.access, self.queue = queue[0], queue[1:]
        if taken:
            self.queue += (Access(bank, taken),)
        self._refresh(given=given, begins=begins)

    def _read(self, row: Opened) -> None:
        self.pace = self.clocks.burst - 1
        if (row.bursts - 1) % self.beat_bursts == 0:
            self.endings += (SDRAM_READ_TO_WORDS + self.clocks.burst - 3,)
        self.current = row._replace(bursts=row.bursts - 1) if row.bursts > 1 else None
        if self.current is None:
            self.used -= {row.bank}
            self.closing = tuple(self.clocks.close - 1 if bank == row.bank else clocks for bank, clocks in enumerate(self.closing))

    def _refresh(self, *, given: bool, begins: bool) -> None:
        clocks, in_flight = self.clocks, self.under_way > 0 or given
        self.under_way, self.opening = max(0, self.under_way - 1), max(0, self.opening - 1)
        due = self.left == 0
        self.left = clocks.interval - 1 if due else self.left - 1
        self.owed += due - given
        if given:
            self.under_way = clocks.refresh - 1
        if begins:
            self.left, self.opening, self.owed = clocks.interval - 1, clocks.refresh + 1, int(not in_flight)

    def state(self) -> tuple[object, ...]:
        refresh = (self.left, self.owed, self.under_way, self.opening)
        return (self.queue, self.access, self.opened, self.ripe, self.current, self.pace, self.used, self.closing, self.endings, refresh)
