"""What ECP5 boards have in common: a flash at the pins from which the FPGA is configured, read a nibble a clock.

Source: Lattice's pin list of the ECP5U-25, as github.com/wuxx/icesugar-pro has it in doc (CSSPIN, and D0 to D3, of each package). The
clock is the pin MCLK, which no design names.
"""

from ..board import PinGroup, Tier
from ..modes import FLASH_MODES
from ..parts import FlashPart

_PINS = {"BG256": ("N8", "T8 T7 M7 N7"), "BG381": ("R2", "W2 V2 Y2 W1")}
_REACH = 16 << 20  # of 3 bytes of address


def quad_flash(package: str) -> PinGroup:
    """The flash's chip select and its four lines, "quad_flash 0"; amaranth-boards has them for use on one line, or with the clock pin."""
    return _flash(package, name="quad_flash", lines=4)


def serial_flash(package: str) -> PinGroup:
    """Of the flash chip select, MOSI and MISO, "serial_flash 0", where no other line reaches the FPGA."""
    return _flash(package, name="serial_flash", lines=2)


def _flash(package: str, *, name: str, lines: int) -> PinGroup:
    cs, dq = _PINS[package]
    return PinGroup(
        name=name,
        pins=(("cs", cs), ("dq", " ".join(dq.split()[:lines]))),
        low=("cs",),
        attributes=(("IO_TYPE", "LVCMOS33"), ("PULLMODE", "UP"), ("DRIVE", "8"), ("SLEWRATE", "FAST")),
    )


def flash_tier(*, base: int, parts: tuple[FlashPart, ...]) -> Tier:
    """The tier in such a flash from ``base`` on; SCK at twice the core's clock would need a clock of four times that."""
    byte_clocks, row_clocks = FLASH_MODES["nibble"]
    return Tier(
        name="flash",
        kind="qspi",
        base=base,
        size=_REACH - base,
        byte_clocks=byte_clocks,
        row_clocks=row_clocks,
        parts=parts,
        modes=("nibble",),
    )


def image_tier(*, lines: int, parts: tuple[FlashPart, ...]) -> Tier:
    """Such a flash for the image alone, read on one line or two."""
    return Tier(name="flash", kind="qspi", size=0, parts=parts, modes=(), lines=lines)
