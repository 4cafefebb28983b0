"""The ECP5's IO cells on the lines of a quad SPI flash, and its way to the clock pin (docs/reference/blocks/flash.md).

USRMCLK: Lattice FPGA-TN-02039, ECP5 sysCONFIG usage guide, section 6.1.2.
"""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Cat, Instance, Module, Mux, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In

from ...flash.bus import FlashPins
from .halves import first_half


class UsrMclk(wiring.Component):
    """The pin MCLK after configuration: driven with ``clk``, or let go. ``ts`` must not be a constant (FPGA-TN-02039)."""

    clk: In(1)
    ts: In(1)  # let go

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.cell = Instance("USRMCLK", i_USRMCLKI=self.clk, i_USRMCLKTS=self.ts)
        return m


class EcpFlashPads(wiring.Component):
    """What FlashPads does on an iCE40, without DDR cells: ``i`` is in ``sync``, and the pins are registers in ``fast``, twice ``sync`` and
    rising with it.

    ``resource``: cs (active low) and dq (four lines, or the first two), as a port group; ``mclk``: what makes the component with the ports
    of :class:`UsrMclk`. The pin MCLK is let go until the first clock after configuration.
    """

    def __init__(self, resource: Any, *, mclk: Callable[[], wiring.Component] = UsrMclk) -> None:
        self._resource, self._mclk = resource, mclk
        super().__init__({"i": In(FlashPins)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        resource, pins = self._resource, self.i
        lines = len(resource.dq)
        m.submodules.mclk = mclk = self._mclk()
        m.submodules.cs = cs = io.FFBuffer("o", resource.cs, o_domain="fast")
        m.submodules.dq = dq = io.FFBuffer("io", resource.dq, i_domain="fast", o_domain="fast")

        first = first_half(m)

        # between the edges of `sync` the pads keep what they have: `held` is that
        leaves = Cat(~pins.cs_n, pins.io_o[:lines], pins.io_oe)
        held = Signal.like(leaves, reset_less=True)
        now = Signal.like(leaves)
        m.d.comb += [now.eq(Mux(first, held, leaves)), Cat(cs.o, dq.o, dq.oe).eq(now)]
        m.d.fast += held.eq(now)

        second = Signal(reset_less=True)  # SCK in the second half
        sck = Signal(reset_less=True)
        enabled = Signal(reset_less=True)
        m.d.sync += second.eq(pins.sck[1])
        m.d.fast += [sck.eq(Mux(first, second, pins.sck[0])), enabled.eq(1)]
        m.d.comb += [mclk.clk.eq(sck), mclk.ts.eq(~enabled)]

        before = Signal(lines, reset_less=True)
        m.d.fast += before.eq(dq.i)
        m.d.sync += Cat(pins.io_i[:lines], pins.io_i[4:][:lines]).eq(Cat(before, dq.i))
        return m
