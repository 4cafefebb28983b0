"""The design at the pins of an ECP5 board: PLL, buffers, and hdl/board/system.py between them (docs/reference/blocks/top.md)."""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Module
from amaranth.lib import io, wiring
from amaranth.lib.cdc import ResetSynchronizer

from boards import FLASH_MODES, Board

from ...memory.bank import block_ram_bank
from ..pins import CLOCK, Ports, connect_slow
from ..system import System
from .pads import EcpFlashPads
from .pll import EcpPll, Wanted
from .sdram import EcpSdramPads


class EcpTop(wiring.Component):
    """``System(board)`` on an ECP5 board's clock, UART, flash, SDRAM, two LEDs (loaded, error) and pins kept high, the first tier's tables
    in block RAM.

    Reset lasts until the PLL has locked. With a flash, which must not deliver a byte a clock, or an SDRAM there is a second domain,
    ``fast``, at twice the core's clock, for its pads.
    """

    def __init__(self, board: Board) -> None:
        if board.flash is not None and board.flash.byte_clocks == FLASH_MODES["byte"][0]:
            raise ValueError(f"the flash of {board.name} must be read with nibble: the pads of an ECP5 need twice the clock of SCK")
        self._board = board
        super().__init__({})

    @staticmethod
    def roles(board: Board) -> tuple[str, ...]:
        """The fields of the board's wiring that :meth:`elaborate` makes use of."""
        return (CLOCK, "uart_rx", "uart_tx", "led_g", "led_r", *(["flash"] if board.flash else []), *(["sdram"] if board.sdram else []))

    @staticmethod
    def clocks(board: Board) -> dict[str, float]:
        """The clock domains and their frequencies in Hz, the core's first."""
        return {"sync": board.clock_hz, **({"fast": 2 * board.clock_hz} if board.flash or board.sdram else {})}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        board = self._board
        ports = Ports(platform, board)
        clocks = self.clocks(board)
        m.submodules.clock = clock = io.Buffer("i", ports[CLOCK])
        m.submodules.pll = pll = EcpPll(in_hz=board.clock_in_hz, wanted=tuple(Wanted(hz=hz) for hz in clocks.values()))
        m.d.comb += pll.i.eq(clock.i)
        for domain, output in zip(clocks, pll.o, strict=True):  # nextpnr derives their constraints from the oscillator's
            m.domains += ClockDomain(domain, reset_less=domain != "sync")
            m.d.comb += ClockSignal(domain).eq(output)
        m.submodules.reset = ResetSynchronizer(~pll.locked)

        m.submodules.system = system = System(board, bank=block_ram_bank)
        connect_slow(m, ports, board, system, leds=("led_loaded", "led_error"))

        if board.flash is not None:
            m.submodules.flash = pads = EcpFlashPads(ports["flash"])
            wiring.connect(m, system.flash, pads.i)
        if board.sdram is not None:
            m.submodules.sdram = sdram = EcpSdramPads(ports["sdram"], bits=board.sdram.sdram[0].bits)
            wiring.connect(m, system.sdram, sdram.i)
        return m
