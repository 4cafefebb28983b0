"""What the chip makes of clocks and bits: commands, modes and states, without any time but that of its busy and sleeping phases.

Sections and tables are those of the W25Q128JV's datasheet, revision F: 7.1 (status registers), 8.1 (instruction tables, ids), 8.2
(instructions).
"""

from dataclasses import dataclass

from .found import Found, Power

SIZE = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Format:
    """The clocks of an instruction after its own eight.

    ``address``, ``mode``, ``dummy``: clocks; ``quad``: on four lines, else on one. ``out``: lines of the data that follows, 0 where none
    does. ``reading``: reads the array (tSHSL1 after it).
    """

    address: int = 0
    mode: int = 0
    dummy: int = 0
    quad: bool = False
    out: int = 0
    reading: bool = False

    @property
    def header(self) -> int:
        """Clocks before data."""
        return self.address + self.mode + self.dummy


FORMATS: dict[int, Format] = {
    0x03: Format(address=24, out=1, reading=True),
    0x0B: Format(address=24, dummy=8, out=1, reading=True),
    0x3B: Format(address=24, dummy=8, out=2, reading=True),
    0xEB: Format(address=6, mode=2, dummy=4, quad=True, out=4, reading=True),
    0x94: Format(address=6, mode=2, dummy=4, quad=True, out=4),
    0x90: Format(address=24, out=1),
    0x9F: Format(out=1),
    0xAB: Format(dummy=24, out=1),
    0x05: Format(out=1),
    0x35: Format(out=1),
    **dict.fromkeys((0x04, 0x06, 0x31, 0x50, 0x66, 0x99, 0xB9), Format()),
}
"""Tables 8.1.2 and 8.1.3. FFh, and whatever is not here, does nothing."""

WHILE_BUSY = (0x05, 0x35, 0x66, 0x99)  # 8.2.4; 8.2.43


def check_content(content: bytes, offset: int) -> None:
    """Refuses bytes that don't fit the chip."""
    if not 0 <= offset <= offset + len(content) <= SIZE:
        raise ValueError(f"offset and content must lie within {SIZE} bytes, not {offset} and {len(content)}")


class Protocol:
    """One chip's states. A transaction is ``select``, ``rise`` for each rising clock, ``deselect``; ``output`` tells what it drives."""

    def __init__(self, content: bytes, found: Found, *, offset: int) -> None:
        check_content(content, offset)
        self.content, self.offset, self.jedec, self.device_id = bytearray(content), offset, found.jedec, found.device_id
        self.asleep, self.continuous = found.power is Power.ASLEEP, found.power is Power.CONTINUOUS
        self.quad, self.quad_stored = found.quad_enabled or self.continuous, found.quad_enabled
        self.busy_until = found.busy_until
        self.write_enabled = self.volatile_enabled = self.reset_enabled = False
        self.rest_until, self.rest_name = 0, ""  # nothing is understood before then
        self.after_rest_asleep = False
        self._timing = found.timing
        self.command: int | None = None
        self.format: Format | None = None
        self.deaf = False
        self.clocks = self.bits = self.address = self.mode = self.header = 0

    def select(self, now: int) -> str | None:
        """CS# falls. Returns the name of the time that was not waited for."""
        self.deaf = now < self.rest_until
        if not self.deaf:
            self.asleep, self.rest_name = self.after_rest_asleep if self.rest_name else self.asleep, ""
        self.clocks = self.bits = self.address = self.header = 0
        self.command = 0xEB if self.continuous and not self.deaf else None
        self.format = FORMATS[0xEB] if self.command else None
        return self.rest_name if self.deaf else None

    @property
    def lines(self) -> int:
        """The lines that the next rising edge samples, as a mask."""
        if self.format is None:
            return 1 if self.clocks < 8 else 0
        if self.clocks - self.header < self.format.address + self.format.mode:
            return 15 if self.format.quad else 1
        return 1 if self.command == 0x31 else 0

    def rise(self, now: int, level: int) -> None:
        """A rising clock with ``level`` on the four lines."""
        format_ = self.format
        if format_ is None:
            if self.clocks < 8:
                self.bits = self.bits << 1 | level & 1
            self.clocks += 1
            if self.clocks == 8 and not self.deaf:
                self._decode(now)
            return
        position = self.clocks - self.header
        self.clocks += 1
        if position < format_.address:
            self.address = (self.address << (4 if format_.quad else 1) | (level if format_.quad else level & 1)) & SIZE - 1
        elif position < format_.address + format_.mode:
            if position == format_.address:
                self.mode = level  # M7-4
            if position == format_.address + 1 and self.command == 0xEB:
                self.continuous = self.mode & 3 == 2  # M5-4 = 10 (8.2.11)
        elif self.command == 0x31:
            self.bits = self.bits << 1 | level & 1

    def _decode(self, now: int) -> None:
        command = self.bits & 0xFF
        awake = not self.asleep or command == 0xAB
        free = now >= self.busy_until or command in WHILE_BUSY
        format_ = FORMATS.get(command)
        if format_ is None or not awake or not free or (format_.quad and not self.quad):
            return
        self.command, self.format, self.header, self.bits = command, format_, 8, 0

    def output(self, now: int) -> tuple[int, int] | None:
        """(levels, mask) after a falling clock, or None where nothing is driven."""
        if self.format is None or not self.format.out:
            return None
        at = self.clocks - self.header - self.format.header
        if at < 0:
            return None
        if self.format.out == 4:
            byte = self._byte(at >> 1, now)
            return (byte & 15 if at & 1 else byte >> 4), 15
        if self.format.out == 2:
            return self._byte(at >> 2, now) >> 2 * (3 - (at & 3)) & 3, 3  # the higher bit on IO1 (8.2.8)
        return (self._byte(at >> 3, now) >> (7 - (at & 7)) & 1) << 1, 2  # on IO1

    def _byte(self, number: int, now: int) -> int:
        match self.command:
            case 0x9F:
                return self.jedec >> 8 * (2 - number) & 0xFF if number < 3 else 0xFF
            case 0xAB:
                return self.device_id
            case 0x90 | 0x94:
                return self.device_id if (number ^ self.address) & 1 else self.jedec >> 16
            case 0x05:
                return int(now < self.busy_until) | self.write_enabled << 1
            case 0x35:
                return self.quad << 1
        at = ((self.address + number) & SIZE - 1) - self.offset
        return self.content[at] if 0 <= at < len(self.content) else 0xFF

    def deselect(self, now: int) -> bool:
        """CS# rises. Returns whether the transaction was a read of the array."""
        format_, command = self.format, self.command
        whole = format_ is not None and self.clocks == self.header
        reset_enabled, self.reset_enabled = self.reset_enabled, False
        match command:
            case 0x06 | 0x04 if whole:
                self.write_enabled = command == 0x06
            case 0x50 if whole:
                self.volatile_enabled = True
            case 0x31 if self.clocks == 16:
                self._write_status(now)
            case 0xB9 if whole:
                self._rest(now + self._timing.dp, "tDP", asleep=True)
            case 0xAB if self.asleep:
                slow = self.clocks < 40
                self._rest(now + (self._timing.res1 if slow else self._timing.res2), "tRES1" if slow else "tRES2", asleep=False)
            case 0x66 if whole:
                self.reset_enabled = True
            case 0x99 if whole and reset_enabled:
                self.quad, self.busy_until = self.quad_stored, 0
                self.write_enabled = self.volatile_enabled = False
                self._rest(now + self._timing.rst, "tRST", asleep=False)
        self.command = self.format = None
        return format_ is not None and format_.reading

    def _write_status(self, now: int) -> None:
        """31h: the volatile register after 50h, at once; the stored one after 06h, which takes tW (8.2.2, 8.2.5)."""
        quad = bool(self.bits & 2)
        if self.volatile_enabled:
            self.quad = quad
        elif self.write_enabled:
            self.quad = self.quad_stored = quad
            self.busy_until = now + self._timing.w
        self.write_enabled = self.volatile_enabled = False

    def _rest(self, until: int, name: str, *, asleep: bool) -> None:
        self.rest_until, self.rest_name, self.after_rest_asleep = until, name, asleep
