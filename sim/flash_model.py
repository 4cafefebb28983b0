"""A protocol model of a serial NOR flash (W25Q128JV) in single-bit SPI mode 0, as the iCEBreaker carries one.

What it knows: 03h read, 9Fh JEDEC id, ABh wake (with device id), B9h sleep. It starts asleep, as the chip is after the FPGA's
configuration. Anything else is ignored until CS# rises, as is every command but ABh while it sleeps or wakes. Command and address are
sampled at the rising edge of the clock, data changes at the falling edge.
"""

from enum import IntEnum

__all__ = ["FlashCommand", "FlashModel"]


class FlashCommand(IntEnum):
    READ = 0x03
    JEDEC_ID = 0x9F
    WAKE = 0xAB
    SLEEP = 0xB9


class FlashModel:
    """A flash chip of 16 MiB.

    ``content`` stands from ``offset`` on, everything else reads FFh. ``jedec``: the three bytes of the id (EF7018h: W25Q128JV-IM).
    After ABh and CS# high it answers ``wake_time`` later (the chip takes 3 us), in the unit of ``now`` in :meth:`pins`.
    """

    def __init__(self, content: bytes, *, offset: int = 0, jedec: int = 0xEF7018, wake_time: int = 0) -> None:
        if not 0 <= offset <= offset + len(content) <= 1 << 24:
            raise ValueError(f"offset and content must lie within {1 << 24} bytes, not {offset} and {len(content)}")
        self._content, self._offset, self._jedec, self._wake_time = content, offset, jedec, wake_time
        self.asleep = True
        self._awake_at: int | None = None
        self._last_cs_n, self._last_clk, self._out = 1, 0, 1
        self._bits = self._shift = self._address = 0
        self._command: int | None = None

    def pins(self, cs_n: int, clk: int, copi: int, *, now: int = 0) -> int:
        """The pins' levels at the time ``now``, told at least at every change; returns CIPO's, 1 where the chip doesn't drive it."""
        if self._awake_at is not None and now >= self._awake_at:
            self.asleep, self._awake_at = False, None
        if cs_n:
            if not self._last_cs_n:
                self._deselect(now)
        elif self._last_cs_n:
            self._bits = self._shift = 0
            self._out = 1
            self._command = None
        elif clk and not self._last_clk:
            self._rise(copi)
        elif not clk and self._last_clk:
            self._fall()
        self._last_cs_n, self._last_clk = cs_n, clk
        return 1 if cs_n else self._out

    def _rise(self, copi: int) -> None:
        self._shift = (self._shift << 1 | copi) & 0xFFFFFFFF
        self._bits += 1
        if self._bits == 8 and (not self.asleep or self._shift == FlashCommand.WAKE):
            self._command = self._shift
        elif self._bits == 32 and self._command == FlashCommand.READ:
            self._address = self._shift & 0xFFFFFF

    def _fall(self) -> None:
        self._out = 1
        if self._command == FlashCommand.READ and self._bits >= 32:
            byte, bit = divmod(self._bits - 32, 8)
            at = ((self._address + byte) & 0xFFFFFF) - self._offset
            value = self._content[at] if 0 <= at < len(self._content) else 0xFF
            self._out = value >> (7 - bit) & 1
        elif self._command == FlashCommand.JEDEC_ID and 8 <= self._bits < 32:
            self._out = self._jedec >> (31 - self._bits) & 1
        elif self._command == FlashCommand.WAKE and self._bits >= 32:
            self._out = ((self._jedec & 0xFF) - 1) >> (7 - self._bits % 8) & 1

    def _deselect(self, now: int) -> None:
        if self._command == FlashCommand.WAKE and self.asleep and self._awake_at is None:
            self._awake_at = now + self._wake_time
        elif self._command == FlashCommand.SLEEP and self._bits == 8:
            self.asleep = True
