"""The chip's timing checks: what happened when at its pins, and which limit of the datasheet was broken."""

from dataclasses import dataclass

from .timing import FlashTiming


class FlashError(RuntimeError):
    """A limit of the chip was broken; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """``name``: the datasheet's, as tSHSL2, or "contention" where chip and FPGA drive one line, "HOLD#" where IO3 stops the chip.
    ``time``: picoseconds."""

    name: str
    time: int


class Watch:
    """Remembers the times of edges and notes violations; with ``strict`` the first one raises :class:`FlashError`."""

    NEVER = -(1 << 60)

    def __init__(self, timing: FlashTiming, *, strict: bool) -> None:
        self._timing, self._strict = timing, strict
        self.found: list[Violation] = []
        self.cs_rise = self.cs_fall = self.rise = self.fall = self.NEVER
        self.changed = [self.NEVER] * 4  # of each line
        self.sampled = 0  # lines that the last rising edge sampled
        self.deselect = timing.shsl2  # how long CS# must now stay high

    def note(self, name: str, now: int) -> None:
        """A violation."""
        self.found.append(Violation(name=name, time=now))
        if self._strict:
            raise FlashError(f"{name} is broken at {now / 1000:.3f} ns")

    def _require(self, name: str, now: int, since: int, least: int) -> None:
        if now - since < least:
            self.note(name, now)

    def lines(self, now: int, changed: int) -> None:
        """The lines of the mask ``changed`` do."""
        if changed & self.sampled:
            self._require("tCHDX", now, self.rise, self._timing.chdx)
        for line in range(4):
            if changed >> line & 1:
                self.changed[line] = now

    def select(self, now: int) -> None:
        self._require("tSHSL1" if self.deselect == self._timing.shsl1 else "tSHSL2", now, self.cs_rise, self.deselect)
        self._require("tCHSL", now, self.rise, self._timing.chsl)
        self.cs_fall, self.sampled = now, 0

    def release(self, now: int, *, reading: bool) -> None:
        self._require("tCHSH", now, self.rise, self._timing.chsh)
        self.cs_rise, self.sampled = now, 0
        self.deselect = self._timing.shsl1 if reading else self._timing.shsl2

    def clock(self, now: int, *, slow: bool, lines: int, first: bool) -> None:
        """A rising edge with CS# low that samples ``lines``; ``slow``: of command 03h."""
        timing = self._timing
        period = timing.period_read if slow else timing.period
        if first:
            self._require("tSLCH", now, self.cs_fall, timing.slch)
        else:
            self._require("fR" if slow else "FR", now, self.rise, period)
            self._require("tCLL", now, self.fall, period * timing.duty // 100)
        for line in range(4):
            if lines >> line & 1:
                self._require("tDVCH", now, self.changed[line], timing.dvch)
        self.rise, self.sampled = now, lines

    def clock_low(self, now: int, *, slow: bool) -> None:
        """A falling edge with CS# low, after a rising one."""
        timing = self._timing
        self._require("tCLH", now, self.rise, (timing.period_read if slow else timing.period) * timing.duty // 100)
        self.fall = now

    def idle_clock(self, now: int) -> None:
        """A rising edge with CS# high."""
        self._require("tSHCH", now, self.cs_rise, self._timing.shch)
        self.rise, self.sampled = now, 0
