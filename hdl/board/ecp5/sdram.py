"""The ECP5's IO cells on the lines of an SDRAM (docs/reference/blocks/sdram.md)."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In

from ...sdram.bus import ROW_BITS, SAMPLES, sdram_pins
from .halves import first_half


class EcpSdramPads(wiring.Component):
    """``i``, in ``sync``, at the chip: DDR cells in ``fast``, twice ``sync`` and rising with it. They delay what leaves by two of its
    clocks.

    ``resource``: clk, ras, cas, we, ba, a and dq, and of clk_en, cs and dqm those that are wired, as a port group. The clock rises half
    a period of ``fast`` after the other pins change. Clock enable is low during reset, in which the pads come to rest. ``bits``: lines of
    dq.
    """

    def __init__(self, resource: Any, *, bits: int) -> None:
        self._resource, self._bits = resource, bits
        super().__init__({"i": In(sdram_pins(bits))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        resource, pins, bits = self._resource, self.i, self._bits
        first = first_half(m)

        # slot 0 leaves in the clock that ends with the edge of `sync`, slot 1 in the one after it
        slots = [Cat(pins.command[3 * k : 3 * k + 3], pins.bank.word_select(k, 2), pins.address.word_select(k, ROW_BITS)) for k in range(2)]
        second = Signal.like(slots[1], reset_less=True)
        now = Signal.like(slots[1])
        m.d.sync += second.eq(slots[1])
        m.d.comb += now.eq(Mux(first, second, slots[0]))
        leaves = {"we": ~now[0], "cas": ~now[1], "ras": ~now[2], "ba": now[3:5], "a": now[5:]}
        for name, value in leaves.items():
            port = getattr(resource, name)
            m.submodules[name] = buffer = io.DDRBuffer("o", port, o_domain="fast")
            m.d.comb += [edge.eq(value[: len(port)]) for edge in buffer.o]
        awake = Signal()
        m.d.sync += awake.eq(1)
        for name, level in {"clk_en": awake, "cs": Const(1), "dqm": Const(0)}.items():
            if hasattr(resource, name):
                m.submodules[name] = level_buffer = io.Buffer("o", getattr(resource, name))
                m.d.comb += level_buffer.o.eq(level.replicate(len(getattr(resource, name))))
        m.submodules.clock = clock = io.DDRBuffer("o", resource.clk, o_domain="fast")
        m.d.comb += [clock.o[0].eq(0), clock.o[1].eq(1)]

        m.submodules.dq = dq = io.DDRBuffer("io", resource.dq, i_domain="fast", o_domain="fast")
        m.d.comb += [dq.o[0].eq(pins.dq_o), dq.o[1].eq(pins.dq_o), dq.oe.eq(pins.dq_oe & ~first)]
        before = Signal(2 * bits, reset_less=True)
        samples = Signal(SAMPLES * bits, reset_less=True)
        m.d.fast += before.eq(Cat(dq.i[0], dq.i[1]))
        m.d.sync += samples.eq(Cat(before, dq.i[0], dq.i[1]))
        m.d.comb += pins.dq_i.eq(samples)
        return m
