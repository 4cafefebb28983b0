"""An IS25LP128F, as far as it differs from the W25Q128JV of sim/flash (ISSI's data sheet, tables 6.1 and 6.3)."""

from sim.flash import FlashChip, Found
from sim.flash.protocol import Protocol

ISSI = 0x9D6018


class IssiProtocol(Protocol):
    """01h writes the one status register, whose bit 6 is QE; 31h, 35h and 94h are nothing; only Axh continues a read."""

    def _decode(self, now):
        sent = self.bits & 0xFF
        if sent in (0x31, 0x35, 0x94):
            return
        if sent == 0x01:
            self.bits = 0x31  # what follows is one byte
        super()._decode(now)

    def _write_status(self, now):
        self.bits >>= 5
        super()._write_status(now)

    def rise(self, now, level):
        super().rise(now, level)
        if self.continuous and self.command == 0xEB and self.clocks - self.header >= self.format.address + self.format.mode:
            self.continuous = self.mode == 0xA


class IssiChip(FlashChip):
    def __init__(self, content=b"", found=None, *, offset=0, strict=True):
        found = found or Found(jedec=ISSI)
        super().__init__(content, found, offset=offset, strict=strict)
        self.protocol = IssiProtocol(content, found, offset=offset)
