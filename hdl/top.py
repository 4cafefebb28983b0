"""The design at the pins of an iCE40 board: PLL, buffers, and hdl/system.py between them.

Reference page: docs/reference/blocks/top.md.
"""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Const, Module
from amaranth.lib import io, wiring
from amaranth.lib.cdc import ResetSynchronizer

from boards import Board

from .bank import GenericBank, SpramBank
from .pll import SbPll40Pad
from .system import System

__all__ = ["Top"]

_BANKS = {"spram": SpramBank, "bram": GenericBank}


class Top(wiring.Component):
    """``System(board)`` on the board's pins, clocked by the PLL. Elaborates on a platform of amaranth-boards that has the resources uart,
    spi_flash_1x, led_g and led_r.

    Reset lasts until the PLL has locked. WP# and HOLD# of the flash are driven high: at rest, and while a continuous read is left.
    """

    def __init__(self, board: Board) -> None:
        kind = board.tiers[0].kind
        if kind not in _BANKS:
            raise ValueError(f"tiers of a board must begin with one of {', '.join(_BANKS)}, not {kind!r}")
        self._board, self._bank = board, _BANKS[kind]
        super().__init__({})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        board = self._board
        clock = platform.request(platform.default_clk, dir="-")
        m.submodules.pll = pll = SbPll40Pad(clock.io, in_hz=board.clock_in_hz, out_hz=board.clock_hz)
        m.domains.sync = ClockDomain()
        m.d.comb += ClockSignal().eq(pll.clk)
        m.submodules.reset = ResetSynchronizer(~pll.locked)
        platform.add_clock_constraint(pll.clk, board.clock_hz)

        m.submodules.system = system = System(board, bank=self._bank)
        uart = platform.request("uart", dir="-")
        flash = platform.request("spi_flash_1x", dir="-")
        outputs = {
            "uart_tx": (uart.tx, system.uart_tx),
            "flash_cs": (flash.cs, ~system.flash_cs_n),
            "flash_clk": (flash.clk, system.flash_clk),
            "flash_copi": (flash.copi, system.flash_copi),
            "flash_wp": (flash.wp, Const(0)),
            "flash_hold": (flash.hold, Const(0)),
            "led_g": (platform.request("led_g", dir="-"), system.led_g),
            "led_r": (platform.request("led_r", dir="-"), system.led_r),
        }
        for name, (port, value) in outputs.items():
            m.submodules[name] = buffer = io.Buffer("o", port)
            m.d.comb += buffer.o.eq(value)
        for name, port, signal in (("uart_rx", uart.rx, system.uart_rx), ("flash_cipo", flash.cipo, system.flash_cipo)):
            m.submodules[name] = source = io.Buffer("i", port)
            m.d.comb += signal.eq(source.i)
        return m
