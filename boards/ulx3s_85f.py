"""Radiona ULX3S 85F: LFE5U-85F; the tables lie in block RAM (128 of its 208 blocks), and the core has 16 lanes."""

from .board import Board, Programmer, Tier, Wiring

BOARD = Board(
    name="ulx3s_85f",
    title="Radiona ULX3S 85F",
    platform="amaranth_boards.ulx3s:ULX3S_85F_Platform",
    wiring=Wiring(led_g="led 0", led_r="led 1"),
    device="LFE5U-85F",
    package="BG381",
    clock_in_hz=25e6,
    clock_hz=50e6,
    tiers=(Tier(name="block RAM", kind="bram", size=262_144),),
    lanes=16,
    image_offset=0x200000,  # an uncompressed bitstream of the 85F takes about 1.9 MB
    flash_size=16 << 20,
    usb="0403:6015",  # FT231X
    programmers=(Programmer(tool="openFPGALoader", package="openfpgaloader", words=("-b", "ulx3s")),),
)
