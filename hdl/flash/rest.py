"""Time for a row of the flash that is under way when the core is reset (docs/reference/blocks/top.md)."""

from amaranth.hdl import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from ..link.bus import StepStream


def rest_clocks(width: isa.Width) -> int:
    """Clocks that a step waits after a reset of the core, a power of two: more than the longest row, which may be under way, takes in flash
    (128 beats, two clocks a byte)."""
    return 512 * width.lanes


class Rest(wiring.Component):
    """Steps from ``i`` to ``o``; none while the core is ``held`` in reset, nor for ``clocks``, 0 or a power of two, from then on."""

    i: In(StepStream)
    o: Out(StepStream)
    held: In(1)

    def __init__(self, *, clocks: int) -> None:
        self._clocks = clocks
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rest = Signal(range(self._clocks + 1))
        over = rest[-1] if self._clocks else Const(1)
        quiet = over & ~self.held
        with m.If(self.held):
            m.d.sync += rest.eq(0)
        with m.Elif(~over):
            m.d.sync += rest.eq(rest + 1)
        m.d.comb += [self.o.payload.eq(self.i.payload), self.o.valid.eq(self.i.valid & quiet), self.i.ready.eq(self.o.ready & quiet)]
        return m
