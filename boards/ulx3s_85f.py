"""Radiona ULX3S 85F: LFE5U-85F; the tables lie in block RAM (128 of its 208 blocks), and behind the image in its flash.

Sources: the schematics of github.com/emard/ulx3s (flash.sch: IS25LP128F, or a W25Q128JV in its place; the clock is the FPGA's MCLK), and
the platform of amaranth-boards for the pins.

Pin L2 is GPIO0 of the ESP32, whose firmware loads a bitstream of its own when it is low for seconds (the board's author, in
github.com/olofk/edalize/issues/58).
"""

from .board import Board, PinGroup, Programmer, Tier, Wiring
from .parts import IS25LP128F, W25Q128JV

QUAD = PinGroup(
    name="quad_flash",  # amaranth-boards has the same pins for use on one line
    pins=(("cs", "R2"), ("dq", "W2 V2 Y2 W1")),
    low=("cs",),
    attributes=(("IO_TYPE", "LVCMOS33"), ("PULLMODE", "UP"), ("DRIVE", "8"), ("SLEWRATE", "FAST")),
)
FLASH = Tier(
    name="flash",
    kind="qspi",
    base=0x280000,
    size=(16 << 20) - 0x280000,
    byte_clocks=2,
    row_clocks=14,
    parts=(W25Q128JV, IS25LP128F),
    modes=("nibble",),  # SCK at twice the core's clock would need a clock of four times that
)

BOARD = Board(
    name="ulx3s_85f",
    title="Radiona ULX3S 85F",
    platform="amaranth_boards.ulx3s:ULX3S_85F_Platform",
    wiring=Wiring(led_g="led 0", led_r="led 1", flash="quad_flash 0", high=("L2",), extra=(QUAD,)),
    device="LFE5U-85F",
    package="BG381",
    clock_in_hz=25e6,
    clock_hz=80e6,
    tiers=(Tier(name="block RAM", kind="bram", size=262_144), FLASH),
    lanes=16,
    store_clocks=2,  # block RAM gives a word 5.8 ns after the clock
    table_clocks=3,  # ... and 128 blocks are all over the chip
    image_offset=0x200000,  # an uncompressed bitstream of the 85F takes about 1.9 MB
    flash_size=16 << 20,
    usb="0403:6015",  # FT231X
    programmers=(Programmer(tool="openFPGALoader", package="openfpgaloader", words=("-b", "ulx3s")),),
)
