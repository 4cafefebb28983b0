"""The iCE40's IO cells on the lines of a quad SPI flash.

Reference page: docs/reference/blocks/flash.md.
"""

from typing import Any

from amaranth.hdl import Cat, Module
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["FlashPads"]


class FlashPads(wiring.Component):
    """Registers in the pads of a ``spi_flash_4x`` resource (requested with ``dir="-"``), clocked by ``domain``.

    ``cs_n`` and the four lines leave at the next edge, ``sck`` in two halves (bit 0 first); ``io_oe`` drives all lines. ``io_i``: the lines
    as sampled at an edge (low 4 bits) and half a clock later (high 4 bits), both seen after the edge that follows.
    """

    def __init__(self, resource: Any, *, domain: str) -> None:
        self._resource, self._domain = resource, domain
        super().__init__({"cs_n": In(1, init=1), "sck": In(2), "io_o": In(4), "io_oe": In(1), "io_i": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pins, domain = self._resource, self._domain
        m.submodules.cs = cs = io.FFBuffer("o", pins.cs, o_domain=domain)  # the port is active low
        m.submodules.clk = clk = io.DDRBuffer("o", pins.clk, o_domain=domain)
        m.submodules.dq = dq = io.DDRBuffer("io", pins.dq, i_domain=domain, o_domain=domain)
        m.d.comb += [cs.o.eq(~self.cs_n), clk.o[0].eq(self.sck[0]), clk.o[1].eq(self.sck[1])]
        m.d.comb += [dq.o[0].eq(self.io_o), dq.o[1].eq(self.io_o), dq.oe.eq(self.io_oe), self.io_i.eq(Cat(dq.i[0], dq.i[1]))]
        return m
