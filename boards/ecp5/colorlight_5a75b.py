"""Colorlight 5A-75B, a card for LED panels: LFE5U-25F; tables lie in block RAM (32 of its 56 blocks), and the image comes
from its flash on one line.

Sources: github.com/q3k/chubby75 (folder 5a-75b: hardware_V7.0, _V8.0 and _V8.2: parts, oscillator, LED, key, headers, JTAG, flash), and the
platform of amaranth-boards, whose pins are those of version 7.0. Version 6.1 has another package.

- There is no USB chip. The UART is where LiteX has it: to the host at the LED's pin, DATA_LED-, from the host at the key's, KEY+, which
  nobody may press then. The headers are outputs behind level shifters: J1 tells by its pins R0 and G0, at 5 V, what LEDs tell elsewhere.
- Of the flash (W25Q32JV) CS#, SI, SO and the clock, by USRMCLK, reach the FPGA; WP# and HOLD# are tied to 3.3 V on version 8 (chubby75:
  hardware_V8.0.md, _V8.2.md). For 7.0 chubby75 names no pins of it, and amaranth-boards the same three; where WP# and HOLD# are no source
  says. All are the pins from which the package configures itself.
- The clock comes from an Ethernet PHY, whose reset is left alone.
"""

from dataclasses import replace

from ..board import Board, PinGroup, Tier, Wiring
from ..parts import W25Q32JV
from . import image_tier, serial_flash


def _wiring(*, rx: str, tx: str, loaded: str, error: str) -> Wiring:
    level, key = ("IO_TYPE", "LVCMOS33"), ("PULLMODE", "UP")
    serial = PinGroup(name="serial", pins=(("rx", rx), ("tx", tx)), attributes=(level, key))
    header = PinGroup(name="header", pins=(("r0", loaded), ("g0", error)), attributes=(level,))
    return Wiring(
        uart_rx="serial 0.rx",
        uart_tx="serial 0.tx",
        led_g="header 0.r0",
        led_r="header 0.g0",
        flash="serial_flash 0",
        extra=(serial, header, serial_flash("BG256")),
    )


VERSION_7 = Board(
    name="colorlight_5a75b_v7",
    title="Colorlight 5A-75B 7.0",
    platform="amaranth_boards.colorlight_5a75b_r7_0:Colorlight_5A75B_R70Platform",
    wiring=_wiring(rx="M13", tx="P11", loaded="F3", error="F1"),
    device="LFE5U-25F",
    package="BG256",
    clock_in_hz=25e6,
    clock_hz=70e6,
    tiers=(Tier(name="block RAM", kind="bram", size=65_536),),
    image_flash=image_tier(lines=1, parts=(W25Q32JV,)),
    store_clocks=2,  # as on the ULX3S
    table_clocks=3,
    image_offset=0x100000,  # an uncompressed bitstream of the 25F takes about 0.6 MB
    flash_size=4 << 20,
)

VERSION_8 = replace(
    VERSION_7,
    name="colorlight_5a75b_v8",
    title="Colorlight 5A-75B 8.0 and 8.2",
    wiring=_wiring(rx="R7", tx="T6", loaded="C4", error="D4"),
)
