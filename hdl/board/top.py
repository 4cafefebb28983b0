"""The design at the pins of an iCE40 board: PLL, buffers, and hdl/board/system.py between them (docs/reference/blocks/top.md)."""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Module
from amaranth.lib import io, wiring
from amaranth.lib.cdc import ResetSynchronizer

from boards import Board

from ..memory.bank import GenericBank, SpramBank
from .pads import FlashPads
from .pins import CLOCK, Ports, connect_slow
from .pll import SbPll40
from .system import System

_BANKS = {"spram": SpramBank, "bram": GenericBank}
_FAST = 1  # byte_clocks of a flash that needs twice the core's clock


class Top(wiring.Component):
    """``System(board)`` on the board's pins, clocked by the PLL. Elaborates on a platform of amaranth-boards that has what
    the board's wiring says of the :meth:`roles`.

    Reset lasts until the PLL has locked. With a flash that delivers a byte a clock there is a second domain, ``flash``, at twice the
    core's clock; else the flash's pads are in ``sync``.
    """

    def __init__(self, board: Board) -> None:
        kind = board.tiers[0].kind
        if kind not in _BANKS:
            raise ValueError(f"tiers of a board must begin with one of {', '.join(_BANKS)}, not {kind!r}")
        self._board, self._bank = board, _BANKS[kind]
        super().__init__({})

    @staticmethod
    def roles(board: Board) -> tuple[str, ...]:
        """The fields of the board's wiring that :meth:`elaborate` makes use of."""
        return (CLOCK, "uart_rx", "uart_tx", "led_g", "led_r", *(["flash"] if board.flash else []))

    @staticmethod
    def clocks(board: Board) -> dict[str, float]:
        """The clock domains and their frequencies in Hz, the core's first."""
        double = board.flash is not None and board.flash.byte_clocks == _FAST
        return {"sync": board.clock_hz, **({"flash": 2 * board.clock_hz} if double else {})}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        board = self._board
        double = "flash" in self.clocks(board)
        ports = Ports(platform, board)
        clock = ports[CLOCK]
        pad = clock.io if board.wiring.at_pll else None
        m.submodules.pll = pll = SbPll40(pad, in_hz=board.clock_in_hz, out_hz=board.clock_hz, double=double)
        if pad is None:
            m.submodules.clock = reference = io.Buffer("i", clock)
            m.d.comb += pll.i.eq(reference.i)
        m.domains.sync = ClockDomain()
        m.d.comb += ClockSignal().eq(pll.clk)
        m.submodules.reset = ResetSynchronizer(~pll.locked)
        platform.add_clock_constraint(pll.clk, board.clock_hz)
        if double:
            m.domains.flash = ClockDomain(reset_less=True)
            m.d.comb += ClockSignal("flash").eq(pll.fast)
            platform.add_clock_constraint(pll.fast, 2 * board.clock_hz)

        m.submodules.system = system = System(board, bank=self._bank)
        connect_slow(m, ports, board, system, leds=("led_g", "led_r"))

        if board.flash is not None:
            m.submodules.flash = pads = FlashPads(ports["flash"], domain="flash" if double else "sync")
            wiring.connect(m, system.flash, pads.i)
        return m
