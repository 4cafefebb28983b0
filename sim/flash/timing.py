"""Times of the W25Q128JV in picoseconds.

Source: Winbond, "W25Q128JV 3V 128M-bit serial flash memory with dual/quad SPI", section 9.6 (AC electrical characteristics). Where
revisions F (2018) and M (2024) differ the stricter figure stands here: revision M allows 3 ns for tSLCH and tCHSL, 1 ns for tDVCH and
2 ns for tCHDX.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class FlashTiming:
    """Limits the chip sets its master, and delays of its own; the names are the datasheet's, in picoseconds.

    Of the master: ``slch``, ``chsh``, ``chsl``, ``shch`` (CS# around the clock), ``shsl1`` (CS# high after a read of the array), ``shsl2``
    (after anything else), ``dvch``, ``chdx`` (set-up and hold of data), ``period`` (1 / FR), ``period_read`` (1 / fR, command 03h);
    a clock's high and low part must last ``duty`` percent of its shortest period.

    Of the chip: an output changes at some time between ``clqx`` and ``clqv`` after the falling edge, and is let go at most ``shqz`` after
    CS#; ``dp`` falls asleep, ``res1`` wakes, ``res2`` wakes with the id, ``rst`` resets, ``w`` writes a status register.
    """

    slch: int = 5_000
    chsh: int = 3_000
    chsl: int = 5_000
    shch: int = 3_000
    shsl1: int = 10_000
    shsl2: int = 50_000
    dvch: int = 2_000
    chdx: int = 3_000
    period: int = 7_519
    period_read: int = 20_000
    duty: int = 45
    clqx: int = 1_500
    clqv: int = 6_000
    shqz: int = 7_000
    dp: int = 3_000_000
    res1: int = 3_000_000
    res2: int = 1_800_000
    rst: int = 30_000_000
    w: int = 15_000_000_000

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ValueError(f"{field.name} must be 0 or more picoseconds, not {getattr(self, field.name)}")
        if self.clqx > self.clqv:
            raise ValueError(f"clqx must be at most clqv = {self.clqv}, not {self.clqx}")
