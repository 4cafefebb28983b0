"""The chip's timing checks: what happened when at its pins, and which limit of the datasheet was broken."""

from sim.violations import NEVER, Violations

from .timing import FlashTiming


class Watch(Violations):
    """Remembers the times of edges and notes violations, named as in the data sheet (tSHSL2)."""

    def __init__(self, timing: FlashTiming, *, strict: bool) -> None:
        super().__init__(strict=strict)
        self._timing = timing
        self.cs_rise = self.cs_fall = self.rise = self.fall = NEVER
        self.changed = [NEVER] * 4  # of each line
        self.sampled = 0  # lines that the last rising edge sampled
        self.deselect = timing.shsl2  # how long CS# must now stay high

    def lines(self, now: int, changed: int) -> None:
        """The lines of the mask ``changed`` do."""
        if changed & self.sampled:
            self.require("tCHDX", now, self.rise, self._timing.chdx)
        for line in range(4):
            if changed >> line & 1:
                self.changed[line] = now

    def select(self, now: int) -> None:
        self.require("tSHSL1" if self.deselect == self._timing.shsl1 else "tSHSL2", now, self.cs_rise, self.deselect)
        self.require("tCHSL", now, self.rise, self._timing.chsl)
        self.cs_fall, self.sampled = now, 0

    def release(self, now: int, *, reading: bool) -> None:
        self.require("tCHSH", now, self.rise, self._timing.chsh)
        self.cs_rise, self.sampled = now, 0
        self.deselect = self._timing.shsl1 if reading else self._timing.shsl2

    def clock(self, now: int, *, slow: bool, lines: int, first: bool) -> None:
        """A rising edge with CS# low that samples ``lines``; ``slow``: of command 03h."""
        timing = self._timing
        period = timing.period_read if slow else timing.period
        if first:
            self.require("tSLCH", now, self.cs_fall, timing.slch)
        else:
            self.require("fR" if slow else "FR", now, self.rise, period)
            self.require("tCLL", now, self.fall, period * timing.duty // 100)
        for line in range(4):
            if lines >> line & 1:
                self.require("tDVCH", now, self.changed[line], timing.dvch)
        self.rise, self.sampled = now, lines

    def clock_low(self, now: int, *, slow: bool) -> None:
        """A falling edge with CS# low, after a rising one."""
        timing = self._timing
        self.require("tCLH", now, self.rise, (timing.period_read if slow else timing.period) * timing.duty // 100)
        self.fall = now

    def idle_clock(self, now: int) -> None:
        """A rising edge with CS# high."""
        self.require("tSHCH", now, self.cs_rise, self._timing.shch)
        self.rise, self.sampled = now, 0
