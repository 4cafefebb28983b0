"""MuseLab iCESugar-Pro: LFE5U-25F; tables lie in block RAM (32 of its 56 blocks), and behind the image in its flash (W25Q256JV).

Sources: github.com/wuxx/icesugar-pro (README: parts, icesprog; schematic v1.3: the flash's four lines, the LED's cathodes at ground;
doc/w25q256jv.pdf), and the platform of amaranth-boards for the pins. The LED's colours are those of the bitstreams in its folder demo:
B11 is red, A11 green and A12 blue, which amaranth-boards calls b, r and g.
"""

from ..board import Board, Tier, Wiring
from ..parts import W25Q256JV
from . import flash_tier, quad_flash

BOARD = Board(
    name="icesugar_pro",
    title="MuseLab iCESugar-Pro",
    platform="amaranth_boards.icesugar_pro:ICESugarProPlatform",
    wiring=Wiring(led_g="rgb_led 0.r", led_r="rgb_led 0.b", flash="quad_flash 0", extra=(quad_flash("BG256"),)),
    device="LFE5U-25F",
    package="BG256",
    clock_in_hz=25e6,
    clock_hz=80e6,
    tiers=(Tier(name="block RAM", kind="bram", size=65_536), flash_tier(base=0x140000, parts=(W25Q256JV,))),
    store_clocks=2,  # as on the ULX3S
    table_clocks=3,
    image_offset=0x100000,  # an uncompressed bitstream of the 25F takes about 0.6 MB
    flash_size=32 << 20,
)
