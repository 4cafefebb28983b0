"""The iCE40's IO cells on the lines of a quad SPI flash (docs/reference/blocks/flash.md)."""

from typing import Any

from amaranth.hdl import Cat, Module
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In

from ..flash.bus import FlashPins


class FlashPads(wiring.Component):
    """Registers in the pads of a ``spi_flash_4x`` resource (requested with ``dir="-"``), clocked by ``domain``."""

    def __init__(self, resource: Any, *, domain: str) -> None:
        self._resource, self._domain = resource, domain
        super().__init__({"i": In(FlashPins)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        resource, domain, pins = self._resource, self._domain, self.i
        m.submodules.cs = cs = io.FFBuffer("o", resource.cs, o_domain=domain)  # the port is active low
        m.submodules.clk = clk = io.DDRBuffer("o", resource.clk, o_domain=domain)
        m.submodules.dq = dq = io.DDRBuffer("io", resource.dq, i_domain=domain, o_domain=domain)
        m.d.comb += [cs.o.eq(~pins.cs_n), clk.o[0].eq(pins.sck[0]), clk.o[1].eq(pins.sck[1])]
        m.d.comb += [dq.o[0].eq(pins.io_o), dq.o[1].eq(pins.io_o), dq.oe.eq(pins.io_oe), pins.io_i.eq(Cat(dq.i[0], dq.i[1]))]
        return m
