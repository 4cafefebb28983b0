"""The flash chip at its pins: CS#, CLK and IO0..IO3 over time."""

from sim.violations import Violation

from .found import Found
from .pins import Watch
from .protocol import Protocol


class FlashChip:
    """A W25Q128JV of 16 MiB.

    ::

                  .---------- set(cs_n, clk, io, drive) --- the FPGA's pads
        chip <----|
                  '---------- out() --> (levels, lines driven)

    Time is in picoseconds and never goes back. :meth:`set` is told every change of the pins, :meth:`out` may be asked at any time not
    before the last change. An output that changes is *unstable* from tCLQX to tCLQV after the falling edge, and after CS# until tSHQZ:
    every reading of it gives random levels (a seeded xorshift32, one draw a reading).

    ``content`` stands from ``offset`` on, the rest reads FFh. ``found``: the chip before its first transaction. ``strict``: the first
    violation raises :class:`sim.violations.ChipError`; they are collected in ``violations`` otherwise. Names are the data sheet's, as
    tSHSL2, or "contention" where chip and FPGA drive one line, "HOLD#" where IO3 stops the chip.
    """

    def __init__(self, content: bytes = b"", found: Found | None = None, *, offset: int = 0, strict: bool = True) -> None:
        found = found or Found()
        self.timing = found.timing
        self.protocol = Protocol(content, found, offset=offset)
        self._watch = Watch(self.timing, strict=strict)
        self._pulled, self._stuck, self._absent, self._noise = found.pulled, found.stuck, found.absent, found.seed
        self._cs_n, self._clk, self._io, self._drive = 1, 0, 15, 0
        self._rises = 0  # in this transaction
        self._old: tuple[int, int] | None = None  # what was driven before the last falling edge
        self._new: tuple[int, int] | None = None
        self._held = False  # HOLD# stops the clock
        self._clash = False  # contention in this transaction was told
        self.now = 0

    @property
    def violations(self) -> list[Violation]:
        """What was broken, in order."""
        return self._watch.found

    @property
    def quad(self) -> bool:
        """QE as it works now."""
        return self.protocol.quad

    @property
    def continuous(self) -> bool:
        """In continuous read mode."""
        return self.protocol.continuous

    @property
    def asleep(self) -> bool:
        """Powered down, or on the way there, at the time ``now``."""
        rest = self.protocol.rest_name
        return self.protocol.after_rest_asleep if rest and self.now >= self.protocol.rest_until else self.protocol.asleep or rest == "tDP"

    def set(self, now: int, *, cs_n: int, clk: int, io: int, drive: int) -> None:
        """The FPGA's side of the pins from the time ``now`` on: levels, and the mask of lines it ``drive``s."""
        if now < self.now:
            raise ValueError(f"now must be {self.now} ps or later, not {now}")
        self.now = now
        changed = (io ^ self._io) & drive & self._drive | drive ^ self._drive
        self._io, self._drive = io, drive
        if self._absent or self._stuck is not None:
            return
        if changed:
            self._watch.lines(now, changed)
        if cs_n != self._cs_n:
            self._cs_n = cs_n
            if cs_n:
                self._watch.release(now, reading=self.protocol.deselect(now))
            else:
                self._select(now)
        if clk != self._clk:
            self._clk = clk
            if self._cs_n:
                if clk:
                    self._watch.idle_clock(now)
            elif clk:
                self._rise(now)
            elif self._rises:
                self._fall(now)
        if not self._clash and drive & self.driven(now):
            self._clash = True
            self._watch.note("contention", now)

    def _select(self, now: int) -> None:
        self._watch.select(now)
        if name := self.protocol.select(now):
            self._watch.note(name, now)
        self._rises, self._held, self._clash = 0, False, False
        self._old = self._new = None

    def _rise(self, now: int) -> None:
        lines = self.protocol.lines
        self._watch.clock(now, slow=self.protocol.command == 0x03, lines=lines, first=not self._rises)
        self._rises += 1
        level = self._inputs(lines)
        # 4.4: with QE = 0, IO3 is HOLD#; asleep, nothing is held
        self._held = not self.protocol.quad and not self._inputs(8) & 8
        if self._held:
            self._watch.note("HOLD#", now)
            return
        self.protocol.rise(now, level)

    def _fall(self, now: int) -> None:
        self._watch.clock_low(now, slow=self.protocol.command == 0x03)
        if not self._held:
            self._old, self._new = self._new, self.protocol.output(now)

    def _inputs(self, lines: int) -> int:
        """Levels the chip sees on ``lines``."""
        return self._io & self._drive | self._loose(lines & ~self._drive)

    def _loose(self, lines: int) -> int:
        """Levels of lines that nobody drives: 1 where they are pulled, else random, by one draw for all."""
        floating = lines & ~self._pulled
        return self._pulled & lines | (self._draw() & floating if floating else 0)

    def _draw(self) -> int:
        s = self._noise
        s ^= s << 13 & 0xFFFFFFFF
        s ^= s >> 17
        s ^= s << 5 & 0xFFFFFFFF
        self._noise = s
        return s >> 28

    def driven(self, now: int) -> int:
        """The lines, as a mask, that the chip drives or may still drive at the time ``now``."""
        if self._new is None:
            return 0
        if self._cs_n and now - self._watch.cs_rise >= self.timing.shqz:
            self._old = self._new = None
            return 0
        return self._new[1]

    def out(self, now: int) -> tuple[int, int]:
        """(levels, mask of the lines the chip drives) at the time ``now``; lines it does not drive have level 0."""
        if self._absent:
            return 0, 0
        if self._stuck is not None:
            return 15 * self._stuck, 15
        mask = self.driven(now)
        if not mask:
            return 0, 0
        assert self._new is not None
        since = now - self._watch.fall
        if self._cs_n or (since < self.timing.clqv and (since >= self.timing.clqx or self._old is None)):
            return self._draw() & mask, mask
        levels = self._new[0] if since >= self.timing.clqv or self._old is None else self._old[0]
        return levels & mask, mask

    def read(self, now: int) -> int:
        """The lines as the FPGA sees them at the time ``now``: its own levels where it drives, else the chip's, else pulled or random."""
        levels, mask = self.out(now)
        mask &= ~self._drive
        return self._io & self._drive | levels & mask | self._loose(15 & ~self._drive & ~mask)
