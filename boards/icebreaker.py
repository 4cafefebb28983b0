"""1BitSquared iCEBreaker: iCE40UP5K; tables lie in its four SPRAMs, and behind the image in its flash (W25Q128JV, quad SPI)."""

from dataclasses import replace

from .board import ICEPROG, Board, Programmer, Tier

FLASH = Tier(name="flash", kind="qspi", base=0x140000, size=(16 << 20) - 0x140000, byte_clocks=1, row_clocks=7)

BOARD = Board(
    name="icebreaker",
    title="1BitSquared iCEBreaker",
    platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
    device="iCE40UP5K",
    package="SG48",
    clock_in_hz=12e6,
    clock_hz=36e6,
    tiers=(Tier(name="SPRAM", kind="spram", size=131_072), FLASH),
    image_offset=0x100000,  # the bitstream takes the first 104,090 bytes; 1 MB leaves room for multi-boot
    flash_size=16 << 20,
    usb="0403:6010",  # FT2232H
    programmers=(ICEPROG, Programmer(tool="openFPGALoader", package="openfpgaloader", words=("-b", "ice40_generic"), verifies=False)),
)

LEARNS = replace(BOARD, name="icebreaker_learns", title="1BitSquared iCEBreaker, with a core that learns", clock_hz=30e6, learns=True)
