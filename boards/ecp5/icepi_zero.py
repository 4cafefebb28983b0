"""Icepi Zero, versions 1.3 and later: LFE5U-25F; tables lie in block RAM (32 of its 56 blocks), and behind the image in its flash.

Sources: github.com/cheyao/icepi-zero (the schematic flash.kicad_sch and the list of parts: W25Q128JVSIQ, FT231XQ, an oscillator of 50 MHz;
gateware/README.md: the pins of the FT231X that are JTAG), and the platform of amaranth-boards for the pins. Versions before 1.3 have the
oscillator at another pin.
"""

from ..board import Board, Programmer, Tier, Wiring
from ..parts import W25Q128JV
from . import flash_tier, quad_flash

# openFPGALoader knows the board by name since it has been made; these words also older versions understand
JTAG = ("-c", "ft231X", "--pins", "7:3:5:6")

BOARD = Board(
    name="icepi_zero",
    title="Icepi Zero",
    platform="amaranth_boards.icepi_zero:IcepiZero1_3Platform",
    wiring=Wiring(led_g="led 0", led_r="led 1", flash="quad_flash 0", extra=(quad_flash("BG256"),)),
    device="LFE5U-25F",
    package="BG256",
    clock_in_hz=50e6,
    clock_hz=80e6,
    tiers=(Tier(name="block RAM", kind="bram", size=65_536), flash_tier(base=0x140000, parts=(W25Q128JV,))),
    store_clocks=2,  # as on the ULX3S
    table_clocks=3,
    image_offset=0x100000,  # an uncompressed bitstream of the 25F takes about 0.6 MB
    flash_size=16 << 20,
    uart_baud=3_000_000,  # as on the ULX3S
    usb="0403:6015",  # FT231X
    programmers=(Programmer(tool="openFPGALoader", package="openfpgaloader", words=JTAG),),
)
