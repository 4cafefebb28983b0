"""When the SDRAM is refreshed, so that a step takes the same clocks whenever it begins."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from boards import SdramClocks

_OWED = 7  # refreshes that may be put off at most


class Refresher(wiring.Component):
    """Asks for a refresh each ``clocks.interval`` clocks, and where a step begins.

    A step that begins restarts the interval and asks for a refresh at once, if none is under way; and no row is opened for
    ``clocks.refresh`` + 2 clocks, by the end of which either is done. So what a step finds does not depend on when it begins. ``hold``: no
    row may be opened; a refresh is given once the banks are ``idle``. ``give``: it is, in this clock.
    """

    enabled: In(1)
    begin: In(1)  # one clock: a step begins
    idle: In(1)
    hold: Out(1)
    give: Out(1)

    def __init__(self, *, clocks: SdramClocks) -> None:
        self._clocks = clocks
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        clocks = self._clocks
        left = Signal(range(clocks.interval), reset_less=True)
        owed = Signal(range(_OWED + 1))
        under_way = Signal(range(clocks.refresh))  # clocks until the chip takes a command again
        opening = Signal(range(clocks.refresh + 2))
        m.d.comb += [
            self.hold.eq((owed != 0) | (under_way != 0) | (opening != 0)),
            self.give.eq((owed != 0) & (under_way == 0) & self.idle),
        ]
        with m.If(under_way != 0):
            m.d.sync += under_way.eq(under_way - 1)
        with m.If(opening != 0):
            m.d.sync += opening.eq(opening - 1)
        with m.If(left == 0):
            m.d.sync += [left.eq(clocks.interval - 1), owed.eq(Mux(owed == _OWED, _OWED, owed + ~self.give))]
        with m.Else():
            m.d.sync += [left.eq(left - 1), owed.eq(owed - self.give)]
        with m.If(self.give):
            m.d.sync += under_way.eq(clocks.refresh - 1)
        with m.If(self.begin):
            m.d.sync += [left.eq(clocks.interval - 1), opening.eq(clocks.refresh + 1), owed.eq((under_way == 0) & ~self.give)]
        with m.If(~self.enabled):
            m.d.sync += [left.eq(clocks.interval - 1), owed.eq(0)]
        return m
