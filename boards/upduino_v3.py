"""tinyVision.ai UPduino v3: iCE40UP5K; the tables lie in its four SPRAMs, and the host loads the image.

Sources: the documents of github.com/tinyvision-ai-inc/UPduino-v3.0 (list of parts: W25Q32JV, FT232H; pinout; use of the oscillator), and
the platform of amaranth-boards.

- The oscillator of 12 MHz reaches pin 20 when the jumper OSC is shorted. The FPGA's own one is too inexact for a UART.
- Pin 20 is also HOLD# of the flash, whose four lines are not free then: no tables in flash.
- The USB chip's serial port shares SCK (pin 15, to the FPGA) and MOSI (pin 14, to the host) with the flash, whose CS# (pin 16) stays high.
"""

from .board import ICEPROG, Board, Tier, Wiring

BOARD = Board(
    name="upduino_v3",
    title="tinyVision.ai UPduino v3",
    platform="amaranth_boards.upduino_v3:UpduinoV3Platform",
    wiring=Wiring(clock="clk12 0", at_pll=False, uart_rx="@15", uart_tx="@14", led_g="rgb_led 0.g", led_r="rgb_led 0.r", high=("16",)),
    device="iCE40UP5K",
    package="SG48",
    clock_in_hz=12e6,
    clock_hz=36e6,
    tiers=(Tier(name="SPRAM", kind="spram", size=131_072),),
    image_offset=0x100000,  # as on the iCEBreaker
    flash_size=4 << 20,
    usb="0403:6014",  # FT232H
    programmers=(ICEPROG,),
)
