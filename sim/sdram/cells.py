"""The FPGA's IO registers and pads between a design and an SDRAM whose clock is twice the design's.

A clock of the design has two slots, each with a command. Data leave with the first slot's command, and the lines are let go in the second.
The SDRAM's clock rises in the middle of each slot. DQ is sampled four times a clock.
"""

from dataclasses import dataclass, fields
from heapq import heappop, heappush

from .chip import SdramChip
from .commands import Command


@dataclass(frozen=True, kw_only=True)
class SdramPads:
    """Delays in picoseconds: ``out`` from a register to the chip's pins, ``out_clk`` to its clock pin, ``back`` from DQ to the register
    that samples it."""

    out: int = 0
    out_clk: int = 0
    back: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ValueError(f"{field.name} must be 0 or more picoseconds, not {getattr(self, field.name)}")


def check_period(period: int) -> None:
    """Refuses a clock whose quarter isn't whole picoseconds."""
    if period < 4 or period % 4:
        raise ValueError(f"period must be a multiple of 4 picoseconds, not {period}")


class SdramCells:
    """``chip`` behind ``pads``, clocked with ``period`` picoseconds (a multiple of 4); the first edge is at the time ``start``.

    ::

        edge n at the time n * period; before it the design presents   command, bank, address (two slots), dq_o, dq_oe
        slot 0 at the pins        from n              (+ out) on, with data where dq_oe is 1
        slot 1                    from n + 1/2        (+ out) on, without
        the chip's clock rises    at n + 1/4 and 3/4  (+ out_clk), and falls at n and n + 1/2
        dq_i after edge n         DQ at n - 3/2, n - 5/4, n - 1, n - 3/4  (- back), the first in the low bits

    :meth:`edge` is called once a clock.
    """

    def __init__(self, chip: SdramChip, *, period: int, pads: SdramPads | None = None, start: int = 0) -> None:
        check_period(period)
        self.chip, self._period, self._pads = chip, period, pads or SdramPads()
        self._now = start
        self._clk, self._levels = 0, (int(Command.NOP), 0, 0, 0, 0)
        # (time, 0 where the pins change and 1 where the clock does, the clock or what the pins have)
        self._events: list[tuple[int, int, int, tuple[int, int, int, int, int]]] = []

    def edge(self, *, command: int, bank: int, address: int, dq_o: int, dq_oe: int) -> int:
        """One rising edge: takes what the design presented before it, returns ``dq_i`` as the design sees it after it."""
        bits, quarter, now = self.chip.part.bits, self._period // 4, self._now
        seen = 0
        for number in range(4):
            seen |= self._sample(now - (6 - number) * quarter - self._pads.back) << number * bits
        drive = (1 << bits) - 1 if dq_oe else 0
        at, clock = now + self._pads.out, now + self._pads.out_clk
        heappush(self._events, (at, 0, 0, (command & 7, bank & 3, address & 0x1FFF, dq_o, drive)))
        heappush(self._events, (at + 2 * quarter, 0, 0, (command >> 3, bank >> 2, address >> 13, dq_o, 0)))
        for number in range(4):
            heappush(self._events, (clock + number * quarter, 1, number & 1, self._levels))
        self._now += self._period
        return seen

    def _sample(self, now: int) -> int:
        """The lines just before the time ``now``, once everything earlier has happened."""
        self._settle(now)
        return self.chip.read(max(now, self.chip.now))

    def _settle(self, now: int) -> None:
        while self._events and self._events[0][0] < now:
            at, is_clock, clk, levels = heappop(self._events)
            if is_clock:
                self._clk = clk
            else:
                self._levels = levels
            command, bank, address, dq, drive = self._levels
            self.chip.set(at, clk=self._clk, command=command, bank=bank, address=address, dq=dq, drive=drive)

    def flush(self) -> int:
        """Lets everything on its way reach the chip; returns the time of the next edge. For a design that stops here."""
        self._settle(self._now + max(self._pads.out, self._pads.out_clk) + self._period)
        return max(self._now, self.chip.now)
