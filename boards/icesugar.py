"""MuseLab iCESugar: iCE40UP5K; tables lie in its four SPRAMs, and behind the image in its flash (W25Q64, quad SPI).

Sources: its README at github.com/wuxx/icesugar for the flash (8 MB) and the serial port, the platform of amaranth-boards for the pins.
The flash must be of a generation that knows the command 31h, as the W25Q64JV does.
"""

from .board import Board, Tier
from .parts import W25Q64JV

FLASH = Tier(name="flash", kind="qspi", base=0x140000, size=(8 << 20) - 0x140000, byte_clocks=1, row_clocks=7, parts=(W25Q64JV,))

BOARD = Board(
    name="icesugar",
    title="MuseLab iCESugar",
    platform="amaranth_boards.icesugar:ICESugarPlatform",
    device="iCE40UP5K",
    package="SG48",
    clock_in_hz=12e6,
    clock_hz=36e6,
    tiers=(Tier(name="SPRAM", kind="spram", size=131_072), FLASH),
    image_offset=0x100000,  # as on the iCEBreaker
    flash_size=8 << 20,
)
