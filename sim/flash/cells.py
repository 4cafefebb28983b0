"""The FPGA's IO cells and pads between a design's registers and the flash chip, as amaranth.lib.io buffers have them on iCE40.

CS#, the four data outputs and their enable are registered (FFBuffer), SCK is a DDR output, the data inputs are DDR inputs whose both
samples are registered once more (DDRBuffer).
"""

from collections import deque
from dataclasses import dataclass

from .chip import FlashChip


@dataclass(frozen=True, kw_only=True)
class Pads:
    """Delays in picoseconds: ``out`` from a clock edge to the chip's pins, ``back`` from the chip's pins to the input register."""

    out: int = 0
    back: int = 0

    def __post_init__(self) -> None:
        if self.out < 0 or self.back < 0:
            raise ValueError(f"pads must have delays of 0 or more, not {self}")


def check_period(period: int) -> None:
    """Refuses a clock whose half isn't whole picoseconds."""
    if period < 2 or period % 2:
        raise ValueError(f"period must be an even number of picoseconds, not {period}")


class IoCells:
    """``chip`` behind ``pads``, clocked with ``period`` picoseconds (even); the first edge is at the time ``start``.

    ::

        clock n-1          | n            n+1/2        | n+1
        cs_n, io_o, io_oe -> at the pins all clock     |
        sck[0], sck[1]    -> first half   second half  |
                             io_i[0:4]    io_i[4:8]    -> seen by the design

    :meth:`edge` is called once a clock.
    """

    def __init__(self, chip: FlashChip, *, period: int, pads: Pads | None = None, start: int = 0) -> None:
        check_period(period)
        self.chip, self._period, self._pads = chip, period, pads or Pads()
        self._now = start
        self._events: deque[tuple[int, int, int, int, int]] = deque()

    def edge(self, *, cs_n: int, sck: int, io_o: int, io_oe: int) -> int:
        """One rising edge: takes what the design presented before it, returns ``io_i`` as the design sees it after it."""
        now, half = self._now, self._period // 2
        low = self._sample(now - self._period - self._pads.back)
        high = self._sample(now - half - self._pads.back)
        at, drive = now + self._pads.out, 15 if io_oe else 0
        self._events.append((at, cs_n, sck & 1, io_o, drive))
        self._events.append((at + half, cs_n, sck >> 1, io_o, drive))
        self._now += self._period
        return high << 4 | low

    def _sample(self, now: int) -> int:
        """The lines just before the time ``now``, once everything earlier has happened."""
        self._settle(now)
        return self.chip.read(max(now, self.chip.now))

    def _settle(self, now: int) -> None:
        while self._events and self._events[0][0] < now:
            at, cs_n, clk, io, drive = self._events.popleft()
            self.chip.set(at, cs_n=cs_n, clk=clk, io=io, drive=drive)

    def flush(self) -> int:
        """Lets everything on its way reach the chip; returns the time of the next edge. For a design that stops here."""
        self._settle(self._now + self._pads.out + self._period)
        return max(self._now, self.chip.now)
