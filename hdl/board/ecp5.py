"""The design at the pins of an ECP5 board: a smoke test that nothing of the iCE40 leaks into the core.

PLL: Lattice FPGA-TN-02200, ECP5 sysCLOCK PLL/DLL design and usage guide. Reference page: docs/reference/blocks/top.md.
"""

from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Const, Instance, Module, Signal
from amaranth.lib import io, wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In, Out

from boards import Board

from ..memory.bank import GenericBank
from .pins import CLOCK, Ports
from .system import System


def dividers(*, in_hz: float, out_hz: float) -> tuple[int, int]:
    """(CLKFB_DIV, CLKOP_DIV) that make ``out_hz`` of ``in_hz``, the oscillator at most 800 MHz; ``ValueError`` if there are none."""
    feedback = round(out_hz / in_hz)
    output = min(128, int(800e6 // out_hz))
    if not (1 <= feedback <= 80 and feedback * in_hz == out_hz and 8e6 <= in_hz <= 400e6 and output * out_hz >= 400e6):
        raise ValueError(f"out_hz must be a multiple of {in_hz:g} Hz that the PLL can make, not {out_hz:g}")
    return feedback, output


class EcpPll(wiring.Component):
    """EHXPLLL: from a clock to a whole multiple of it."""

    i: In(1)  # the clock that comes
    o: Out(1)  # the one that is made
    locked: Out(1)  # it is stable

    def __init__(self, *, in_hz: float, out_hz: float) -> None:
        self._feedback, self._output = dividers(in_hz=in_hz, out_hz=out_hz)
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.cell = Instance(
            "EHXPLLL",
            p_CLKI_DIV=1,
            p_CLKFB_DIV=self._feedback,
            p_CLKOP_DIV=self._output,
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_CPHASE=self._output - 1,
            p_FEEDBK_PATH="CLKOP",
            i_CLKI=self.i,
            i_CLKFB=self.o,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(0),
            i_PHASESTEP=Const(0),
            i_PHASELOADREG=Const(0),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=self.o,
            o_LOCK=self.locked,
        )
        return m


class EcpTop(wiring.Component):
    """``System(board)`` on an ECP5 board's clock, UART and two LEDs (loaded, error), the tables in block RAM.

    The flash is not connected: its clock pin is the configuration's. The host loads the image (LOAD).
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        super().__init__({})

    @staticmethod
    def roles(board: Board) -> tuple[str, ...]:
        """The fields of the board's wiring that :meth:`elaborate` makes use of."""
        return (CLOCK, "uart_rx", "uart_tx", "led_g", "led_r")

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        board = self._board
        ports = Ports(platform, board)
        m.submodules.clock = clock = io.Buffer("i", ports[CLOCK])
        m.submodules.pll = pll = EcpPll(in_hz=board.clock_in_hz, out_hz=board.clock_hz)
        core_clock = Signal()
        m.domains.sync = ClockDomain()
        m.d.comb += [pll.i.eq(clock.i), core_clock.eq(pll.o), ClockSignal().eq(core_clock)]
        m.submodules.reset = ResetSynchronizer(~pll.locked)
        platform.add_clock_constraint(core_clock, board.clock_hz)

        m.submodules.system = system = System(board, bank=GenericBank)
        outputs = {
            "uart_tx": (ports["uart_tx"], system.uart_tx),
            "led_loaded": (ports["led_g"], system.led_g),
            "led_error": (ports["led_r"], system.led_r),
        }
        for name, (port, value) in outputs.items():
            m.submodules[name] = buffer = io.Buffer("o", port)
            m.d.comb += buffer.o.eq(value)
        m.submodules.uart_rx = uart_rx = io.Buffer("i", ports["uart_rx"])
        m.d.comb += system.uart_rx.eq(uart_rx.i)
        return m
