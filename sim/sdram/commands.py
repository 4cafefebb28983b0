"""What an SDRAM makes of its commands: the start, banks and bursts, with every limit on the times between them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from boards.sdram import SdramPart
from sim.violations import NEVER, Violations

from .content import Content
from .refresh import Refresh

A10 = 1 << 10


class Command(IntEnum):
    """RAS#, CAS# and WE#, from bit 2 down, with CS# low."""

    LOAD_MODE_REGISTER = 0
    AUTO_REFRESH = 1
    PRECHARGE = 2
    ACTIVATE = 3
    WRITE = 4
    READ = 5
    BURST_TERMINATE = 6
    NOP = 7

    @property
    def title(self) -> str:
        """The data sheets' name."""
        return self.name.replace("_", " ")


@dataclass
class Bank:
    """``row``: the open one; ``activated``, ``precharged``, ``wrote``: when last; ``auto``: the clock from which on it precharges by
    itself, None where it does not, after a write (``auto_write``) not before t_wr; ``told``: that the row is open for too long."""

    row: int | None = None
    activated: int = NEVER
    precharged: int = NEVER
    wrote: int = NEVER
    auto: int | None = None
    auto_write: bool = False
    told: bool = False


@dataclass(kw_only=True)
class Burst:
    """One under way: ``done`` of the ``length`` words in the block around ``column``; ``auto``: a precharge follows by itself."""

    bank: int
    row: int
    column: int
    length: int
    write: bool
    auto: bool
    done: int = 0


class Commands:
    """Rising clock after rising clock: :meth:`rise`, then :meth:`step`.

    A command that has no place in the chip's state is noted by its name, in the start as "start", and does nothing; so does a mode that is
    not modelled ("mode"). One that comes too early is noted by the name of the limit, and done.
    """

    def __init__(self, part: SdramPart, violations: Violations, content: Content) -> None:
        self._part, self._content = part, content
        self._note, self._require = violations.note, violations.require
        self._refresh = Refresh(part, violations)
        self._banks = [Bank() for _ in range(4)]
        self._burst: Burst | None = None
        self._length, self._single = 1, False
        self._clock = 0
        self._first: int | None = None  # time of the first clock
        self._stage = 0  # 0 before PRECHARGE ALL, then one more than the AUTO REFRESHes
        self.started = False
        self._moded = NEVER  # clock of the last LOAD MODE REGISTER
        self._refreshed = NEVER

    @property
    def writing(self) -> bool:
        """Whether this clock takes a word."""
        return self._burst is not None and self._burst.write

    def rise(self, now: int, command: int, bank: int, address: int) -> None:
        """A rising clock."""
        self._clock += 1
        if self._first is None:
            self._first = now
        self._refresh.check(now)
        for one in self._banks:
            if one.row is not None and not one.told and now - one.activated > self._part.t_ras_max:
                one.told = True
                self._note("t_ras_max", now)
        for one in self._banks:
            if one.auto is not None and self._clock >= one.auto and not (one.auto_write and now - one.wrote < self._part.t_wr):
                self._close(now, one)
        if command != Command.NOP:
            self._command(now, Command(command), bank, address)

    def step(self, now: int, sample: Callable[[], int]) -> int | None:
        """The burst's word of this clock: one that is read, to be launched two clocks later, or None; ``sample()`` gives one to write."""
        burst = self._burst
        if burst is None:
            return None
        inside = burst.length - 1
        number = self._content.number(burst.bank, burst.row, burst.column & ~inside | burst.column + burst.done & inside)
        burst.done += 1
        if burst.done == burst.length:
            self._burst = None
        if not burst.write:
            return self._content[number]
        self._content[number] = sample()
        self._banks[burst.bank].wrote = now
        return None

    def _command(self, now: int, command: Command, bank: int, address: int) -> None:
        self._require("t_rfc", now, self._refreshed, self._part.t_rfc)
        if self._clock - self._moded < self._part.t_mrd:
            self._note("t_mrd", now)
        if not self.started and not self._start(now, command, address):
            return
        match command:
            case Command.ACTIVATE:
                self._activate(now, bank, address)
            case Command.READ | Command.WRITE:
                self._access(now, command, bank, address)
            case Command.PRECHARGE:
                self._precharge(now, range(4) if address & A10 else [bank])
            case Command.AUTO_REFRESH:
                if self._idle(now, command):
                    self._refreshed = now
                    self._refresh.refresh(now)
            case Command.LOAD_MODE_REGISTER:
                if self._idle(now, command):
                    self._mode(now, bank << 13 | address)
            case Command.BURST_TERMINATE:
                if self._burst is not None and self._burst.auto:
                    self._illegal(now, command)
                else:
                    self._burst = None

    def _illegal(self, now: int, command: Command) -> None:
        self._note(command.title, now)

    def _start(self, now: int, command: Command, address: int) -> bool:
        """Whether the command has its place in the start, and is done as ever."""
        if self._stage == 0 and command is Command.PRECHARGE and address & A10:
            assert self._first is not None
            self._require("t_start", now, self._first, self._part.t_start)
            for one in self._banks:
                one.precharged = now
            self._stage = 1
            return False
        refreshing = self._stage >= 1 and command in (Command.PRECHARGE, Command.AUTO_REFRESH)
        if not refreshing and not (self._stage >= 3 and command is Command.LOAD_MODE_REGISTER):
            self._note("start", now)
            return False
        self._stage += command is Command.AUTO_REFRESH
        return True

    def _idle(self, now: int, command: Command) -> bool:
        if any(one.row is not None for one in self._banks):
            self._illegal(now, command)
            return False
        self._require("t_rp", now, max(one.precharged for one in self._banks), self._part.t_rp)
        return True

    def _mode(self, now: int, mode: int) -> None:
        """Bits 2..0 burst length, 3 interleaved, 6..4 CAS latency, 9 single write."""
        if mode & ~0b10_0000_0111 != 0b011_0000 or mode & 7 > 3:
            self._note("mode", now)
            return
        self._length, self._single = 1 << (mode & 3), bool(mode >> 9)
        self._moded = self._clock
        if not self.started:
            self.started = True
            self._refresh.begin(now)

    def _activate(self, now: int, number: int, address: int) -> None:
        bank = self._banks[number]
        if bank.row is not None:
            self._illegal(now, Command.ACTIVATE)
            return
        self._require("t_rp", now, bank.precharged, self._part.t_rp)
        self._require("t_rc", now, bank.activated, self._part.t_rc)
        self._require("t_rrd", now, max(one.activated for one in self._banks if one is not bank), self._part.t_rrd)
        bank.row, bank.activated, bank.told = address, now, False

    def _access(self, now: int, command: Command, number: int, address: int) -> None:
        bank = self._banks[number]
        if bank.row is None or bank.auto is not None or (self._burst is not None and self._burst.auto):
            self._illegal(now, command)
            return
        self._require("t_rcd", now, bank.activated, self._part.t_rcd)
        write, auto = command is Command.WRITE, bool(address & A10)
        length = 1 if write and self._single else self._length
        column = address & (1 << self._part.column_bits) - 1
        self._burst = Burst(bank=number, row=bank.row, column=column, length=length, write=write, auto=auto)
        if auto:
            bank.auto, bank.auto_write = self._clock + length, write

    def _precharge(self, now: int, numbers: range | list[int]) -> None:
        if any(self._banks[number].auto is not None for number in numbers):
            self._illegal(now, Command.PRECHARGE)
            return
        for number in numbers:
            self._close(now, self._banks[number])
        if self._burst is not None and self._burst.bank in numbers:
            self._burst = None

    def _close(self, now: int, bank: Bank) -> None:
        """A precharge, by command or by itself; of an idle bank it is nothing."""
        if bank.row is not None:
            self._require("t_ras", now, bank.activated, self._part.t_ras)
            self._require("t_wr", now, bank.wrote, self._part.t_wr)
            bank.row, bank.auto, bank.precharged = None, None, now
