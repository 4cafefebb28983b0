"""Radiona ULX3S, one board with four FPGAs (LFE5U-12F to -85F): tables lie in block RAM and behind the image in the flash.

Sources: the schematics of github.com/emard/ulx3s (flash.sch: IS25LP128F, or a W25Q128JV in its place; the clock is the FPGA's MCLK), and
the platform of amaranth-boards for the pins. Its USB chip can do 3 Mbaud (FTDI's data sheet FT231X, version 1.4, page 1).

A 12F is the die of a 25F, says nextpnr's author in github.com/YosysHQ/nextpnr/pull/410, and nextpnr fills all of it: 24 thousand logic
cells and 56 block RAMs, where Lattice promises 12 thousand and 32 (FPGA-DS-02012, table 1.1). The core with its tables takes 51.

Pin L2 is GPIO0 of the ESP32, whose firmware loads a bitstream of its own when it is low for seconds (the board's author, in
github.com/olofk/edalize/issues/58).
"""

from dataclasses import replace

from ..board import Board, Programmer, Tier, Wiring
from ..parts import IS25LP128F, W25Q128JV
from ..sdram import IS42S16160G_7, MT48LC16M16A2_7E
from . import flash_tier, quad_flash

FLASH = flash_tier(base=0x280000, parts=(W25Q128JV, IS25LP128F))

ULX3S_85F = Board(
    name="ulx3s_85f",
    title="Radiona ULX3S 85F",
    platform="amaranth_boards.ulx3s:ULX3S_85F_Platform",
    wiring=Wiring(led_g="led 0", led_r="led 1", flash="quad_flash 0", high=("L2",), extra=(quad_flash("BG381"),)),
    device="LFE5U-85F",
    package="BG381",
    clock_in_hz=25e6,
    clock_hz=80e6,
    tiers=(Tier(name="block RAM", kind="bram", size=262_144), FLASH),  # 128 of 208 blocks
    lanes=16,
    store_clocks=2,  # block RAM gives a word 5.8 ns after the clock
    table_clocks=3,  # ... and 128 blocks are all over the chip
    image_offset=0x200000,  # an uncompressed bitstream of the 85F takes about 1.9 MB
    flash_size=16 << 20,
    uart_baud=3_000_000,
    usb="0403:6015",  # FT231X
    programmers=(Programmer(tool="openFPGALoader", package="openfpgaloader", words=("-b", "ulx3s")),),
)

SDRAM = Tier(
    name="SDRAM",
    kind="sdram",
    size=32 << 20,
    byte_clocks=1,
    at_once=4,
    sdram=(IS42S16160G_7, MT48LC16M16A2_7E),
)

ULX3S_85F_LEARNS = replace(
    ULX3S_85F,
    name="ulx3s_85f_learns",
    title="Radiona ULX3S 85F, with a core that learns",
    learns=True,
)

ULX3S_85F_SDRAM = replace(
    ULX3S_85F,
    name="ulx3s_85f_sdram",
    title="Radiona ULX3S 85F with its SDRAM",
    clock_hz=70e6,  # half of the SDRAM's 140 MHz
    tiers=(ULX3S_85F.tiers[0], SDRAM),
    image_flash=FLASH,
    anchor_words=2048,  # all of paper-transformer's, of which none must then be copied
)

ULX3S_85F_TWO = replace(
    ULX3S_85F,
    name="ulx3s_85f_two",
    title="Radiona ULX3S 85F with two cores",
    clock_hz=70e6,  # 188 of 208 blocks are in use, and some of them far from what they serve
    cores=2,
    tiers=(Tier(name="block RAM", kind="bram", size=131_072),),  # of each core: 64 of 208 blocks
    image_flash=FLASH,
)

ULX3S_45F = replace(
    ULX3S_85F,
    name="ulx3s_45f",
    title="Radiona ULX3S 45F",
    platform="amaranth_boards.ulx3s:ULX3S_45F_Platform",
    device="LFE5U-45F",
    clock_hz=75e6,  # 80 is missed with some seeds
    tiers=(Tier(name="block RAM", kind="bram", size=131_072), FLASH),  # 64 of 108 blocks
)

ULX3S_25F = replace(
    ULX3S_85F,
    name="ulx3s_25f",
    title="Radiona ULX3S 25F",
    platform="amaranth_boards.ulx3s:ULX3S_25F_Platform",
    device="LFE5U-25F",
    tiers=(Tier(name="block RAM", kind="bram", size=65_536), FLASH),  # 32 of 56 blocks
    lanes=8,  # of 16, the core would leave room for 16 blocks of tables
)

ULX3S_25F_SDRAM = replace(
    ULX3S_25F,
    name="ulx3s_25f_sdram",
    title="Radiona ULX3S 25F with its SDRAM",
    clock_hz=70e6,
    tiers=(ULX3S_25F.tiers[0], SDRAM),
    image_flash=FLASH,
)

ULX3S_12F = replace(
    ULX3S_25F,
    name="ulx3s_12f",
    title="Radiona ULX3S 12F",
    platform="amaranth_boards.ulx3s:ULX3S_12F_Platform",
    device="LFE5U-12F",
)
