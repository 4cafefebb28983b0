"""OrangeCrab r0.2 and r0.2.1, 25F: LFE5U-25F; tables lie in block RAM (32 of its 56 blocks), and the host loads the image.

Sources: github.com/orangecrab-fpga/orangecrab-hardware (documentation: pinout, the bootloader in the first 512 KiB of the flash; list of
parts), and the platform of amaranth-boards for the pins.

- USB is wired to the FPGA alone. The UART is at the pins 0 (to the FPGA) and 1 of the header, where every Feather has its serial port.
- dfu-util writes a bitstream behind the bootloader, at 0x80000, and nothing else: no image, and no tables in flash.
"""

from ..board import Board, PinGroup, Tier, Wiring

_UART = PinGroup(name="feather_uart", pins=(("rx", "N17"), ("tx", "M18")), attributes=(("IO_TYPE", "LVCMOS33"), ("PULLMODE", "UP")))

BOARD = Board(
    name="orangecrab_25f",
    title="OrangeCrab r0.2 25F",
    platform="amaranth_boards.orangecrab_r0_2:OrangeCrabR0_2_25FPlatform",
    wiring=Wiring(uart_rx="feather_uart 0.rx", uart_tx="feather_uart 0.tx", led_g="rgb_led 0.g", led_r="rgb_led 0.r", extra=(_UART,)),
    device="LFE5U-25F",
    package="MG285",
    clock_in_hz=48e6,
    clock_hz=96e6,  # a part of speed grade 8
    tiers=(Tier(name="block RAM", kind="bram", size=65_536),),
    store_clocks=2,  # as on the ULX3S
    table_clocks=3,
    image_offset=0x100000,
    flash_size=16 << 20,
)
