"""The SDRAM at its pins: CLK, RAS#, CAS#, WE#, BA, A and DQ over time."""

from boards.sdram import SdramPart
from sim.violations import NEVER, Violation, Violations

from .commands import Command, Commands
from .content import Content

ADDRESSED = (Command.LOAD_MODE_REGISTER, Command.PRECHARGE, Command.ACTIVATE, Command.WRITE, Command.READ)


def check_seed(seed: int) -> None:
    """Refuses a seed that the random draws can't begin with."""
    if not 1 <= seed < 1 << 32:
        raise ValueError(f"seed must be 1..{(1 << 32) - 1}, not {seed}")


class SdramChip:
    """An SDRAM of the kind ``part``, as it is when its supply has come up.

    ::

                  .---------- set(clk, command, bank, address, dq, drive) --- the FPGA's pads
        chip <----|
                  '---------- out() --> (levels, lines driven)

    CS# and DQM are low, CKE high. Time is in picoseconds and never goes back. :meth:`set` is told every change of the pins, :meth:`out` may
    be asked at any time not before the last change.

    A word that is read can be relied on from t_ac after the clock that launches it (two after READ) until t_oh after the next one. Around
    that, as long as the chip may drive the lines, every reading gives random levels (a seeded xorshift32, one draw a reading), and so do
    lines that nobody drives. Words never written are random, but always the same.

    Violations are named as the fields of :class:`boards.sdram.SdramPart`, or "t_refi" (sim/sdram/refresh.py), "start", "mode", a command
    that has no place (sim/sdram/commands.py), "contention" (chip and FPGA drive DQ). They are collected in ``violations``; ``strict``: the
    first one raises :class:`sim.violations.ChipError`.
    """

    def __init__(self, part: SdramPart, *, seed: int = 1, strict: bool = True) -> None:
        check_seed(seed)
        self.part = part
        self._content = Content(part, seed)
        self._broken = Violations(strict=strict)
        self._commands = Commands(part, self._broken, self._content)
        self._noise, self._lines, self._pins = seed, (1 << part.bits) - 1, (1 << part.row_bits) - 1
        self._clk, self._command, self._bank, self._address, self._dq, self._drive = 0, int(Command.NOP), 0, 0, 0, 0
        self._rise = self._fall = NEVER
        self._changed = [NEVER] * 3  # command; bank and address; data
        self._sampled = (False, False, False)  # of these, by the last clock
        self._fetched: int | None = None  # by the last clock, and by the one before
        self._waiting: int | None = None
        self._new: int | None = None  # launched by the last clock, and by the one before
        self._old: int | None = None
        self._clash = False  # chip and FPGA drive DQ, and it was told
        self.now = 0

    @property
    def violations(self) -> list[Violation]:
        """What was broken, in order."""
        return self._broken.found

    @property
    def started(self) -> bool:
        """Whether it has been through its start."""
        return self._commands.started

    def fill(self, data: bytes, *, bank: int, row: int, column: int = 0) -> None:
        """Puts ``data``, whole words, the low byte first, into a row from ``column`` on, outside of time."""
        self._content.fill(data, bank=bank, row=row, column=column)

    def row(self, bank: int, row: int) -> bytes:
        """All bytes of a row as they stand now."""
        return self._content.row(bank, row)

    def set(self, now: int, *, clk: int, command: int, bank: int, address: int, dq: int, drive: int) -> None:
        """The FPGA's side of the pins from the time ``now`` on: levels, and the mask of DQ lines it ``drive``s."""
        if now < self.now:
            raise ValueError(f"now must be {self.now} ps or later, not {now}")
        clash = bool(self._drive) and self.driven(now - 1)
        self.now = now
        self._change(
            now,
            command != self._command,
            bank != self._bank or address != self._address,
            bool((dq ^ self._dq) & drive & self._drive | drive ^ self._drive),
        )
        self._command, self._bank, self._address, self._dq, self._drive = command, bank, address, dq, drive
        if clk != self._clk:
            self._clk = clk
            if clk:
                self._rising(now)
            else:
                self._broken.require("t_ch", now, self._rise, self.part.t_ch)
                self._fall = now
        clashes = bool(drive) and self.driven(now)
        if (clash or clashes) and not self._clash:
            self._broken.note("contention", now)
        self._clash = clashes

    def _change(self, now: int, *changed: bool) -> None:
        if any(change and sampled for change, sampled in zip(changed, self._sampled, strict=True)):
            self._broken.require("t_ih", now, self._rise, self.part.t_ih)
        for group, change in enumerate(changed):
            if change:
                self._changed[group] = now

    def _rising(self, now: int) -> None:
        self._broken.require("t_ck", now, self._rise, self.part.t_ck)
        self._broken.require("t_cl", now, self._fall, self.part.t_cl)
        self._commands.rise(now, self._command, self._bank, self._address & self._pins)
        self._sampled = (True, self._command in ADDRESSED, self._commands.writing)
        last = max(changed for changed, sampled in zip(self._changed, self._sampled, strict=True) if sampled)
        self._broken.require("t_is", now, last, self.part.t_is)
        self._rise = now
        self._old, self._new, self._waiting = self._new, self._waiting, self._fetched
        self._fetched = self._commands.step(now, self._input)

    def _input(self) -> int:
        """The word at the lines as the chip sees it."""
        loose = self._lines & ~self._drive
        return self._dq & self._drive | (self._draw() & loose if loose else 0)

    def _draw(self) -> int:
        s = self._noise
        s ^= s << 13 & 0xFFFFFFFF
        s ^= s >> 17
        s ^= s << 5 & 0xFFFFFFFF
        self._noise = s
        return s

    def driven(self, now: int) -> bool:
        """Whether the chip drives DQ, or may still drive it, at the time ``now``."""
        since = now - self._rise
        if self._new is not None:
            return self._old is not None or since >= self.part.t_lz
        return self._old is not None and since < self.part.t_hz

    def out(self, now: int) -> tuple[int, int]:
        """(levels, mask of the lines the chip drives) at the time ``now``; lines it does not drive have level 0."""
        if not self.driven(now):
            return 0, 0
        since = now - self._rise
        if self._new is not None and since >= self.part.t_ac:
            return self._new, self._lines
        if self._old is not None and since < self.part.t_oh:
            return self._old, self._lines
        return self._draw() & self._lines, self._lines

    def read(self, now: int) -> int:
        """The lines as the FPGA sees them at the time ``now``: its own levels where it drives, else the chip's, else random."""
        levels, mask = self.out(now)
        mask &= ~self._drive
        loose = self._lines & ~self._drive & ~mask
        return self._dq & self._drive | levels & mask | (self._draw() & loose if loose else 0)
