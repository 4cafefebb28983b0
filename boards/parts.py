"""Parts of quad SPI flash: how each is made ready, and what it answers to. Plain data, chosen by a board's tier."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FlashPart:
    """A flash that is read by EBh on four lines: an address of 3 bytes, a mode byte of which Axh lets the next read begin with its address
    and FFh does not, and four dummies.

    ``start``: six bytes, sent on one line with CS# high after each but the fifth: the last two are one transaction. ``probe``: a command
    with the waveform of EBh that is sent next, with address 0, and ``answer`` what the chip answers, over and over; without an answer
    the head of the memory image is read at its own address. ``size``: bytes.
    """

    name: str
    size: int
    start: bytes
    probe: int = 0xEB
    answer: bytes = b""

    def __post_init__(self) -> None:
        if len(self.start) != 6:
            raise ValueError(f"start of {self.name} must be 6 bytes, not {len(self.start)}")
        if len(self.answer) not in (0, 1, 2, 4, 8):
            raise ValueError(f"answer of {self.name} must be 0, 1, 2, 4 or 8 bytes, not {len(self.answer)}")


_WINBOND = bytes.fromhex("ffff ab 50 3102")  # end a continuous read, twice; wake; QE of status register 2, volatile

W25Q128JV = FlashPart(name="W25Q128JV", size=16 << 20, start=_WINBOND, probe=0x94, answer=b"\xef\x17")
"""Winbond's data sheet, sections 8.2.11 (EBh), 8.2.22 (ABh), 8.2.2 (50h), 8.2.5 (31h), 8.2.25 (94h: manufacturer, device)."""

W25Q32JV = FlashPart(name="W25Q32JV", size=4 << 20, start=_WINBOND, probe=0x94, answer=b"\xef\x15")

W25Q64JV = FlashPart(name="W25Q64JV", size=8 << 20, start=_WINBOND, probe=0x94, answer=b"\xef\x16")

W25Q256JV = FlashPart(name="W25Q256JV", size=32 << 20, start=_WINBOND, probe=0x94, answer=b"\xef\x18")
"""Winbond's data sheet, sections 8.1 and 8.2.39 (94h). As it leaves the factory it takes 3 bytes of address after power-up
(7.1.11), so the first 16 MB are in reach (7.2)."""

IS25LP128F = FlashPart(name="IS25LP128F", size=16 << 20, start=bytes.fromhex("ffff ab 50 0140"))
"""ISSI's data sheet, table 6.3 (instructions: 50h lets 01h write the volatile status register, EBh with the mode byte Axh) and table 6.1
(status register: QE is bit 6; all bits of block protection become 0). No id of it is read on four lines."""
