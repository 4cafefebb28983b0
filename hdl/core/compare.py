"""Comparator array and index encoder: pairs of latencies in, table indices out."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import operands_layout

INDEX_BITS = 16


class ComparatorArray(wiring.Component):
    """P comparators: bit p = (operand[2p] > operand[2p + 1]), signed, a tie gives 0 (Eq. 1). Combinational."""

    def __init__(self, *, width: isa.Width) -> None:
        self._comparators = width.comparators
        super().__init__({"operand": In(operands_layout(width)), "bits": Out(width.comparators)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for p in range(self._comparators):
            m.d.comb += self.bits[p].eq(self.operand[2 * p + 1] < self.operand[2 * p])
        return m


class IndexEncoder(wiring.Component):
    """Packs comparison bits into indices, one table a lane at a time, and sends the finished ones out in lane order.

    ::

        bits, valid, emit --> P shift registers --> P holding registers --> o (index)

    In a clock with ``strobe``, every lane with its ``valid`` bit shifts its bit in from below. Where a group ends, all lanes start from 0.
    ``o`` carries the first index two clocks later and then one a clock. It has no backpressure (the index maker keeps room in its queue),
    and a group takes at least P words, even one that emits fewer indices.
    """

    def __init__(self, *, comparators: int) -> None:
        self._comparators = comparators
        super().__init__(
            {
                "bits": In(comparators),  # of the comparators
                "valid": In(comparators),  # lanes whose bit is shifted in
                "emit": In(comparators.bit_length()),  # > 0: the group ends, indices of so many lanes leave
                "strobe": In(1),  # the three above hold
                "o": Out(stream.Signature(unsigned(INDEX_BITS), always_ready=True)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = [Signal(INDEX_BITS, name=f"held_{p}", reset_less=True) for p in range(self._comparators)]
        left = Signal(self._comparators.bit_length())  # indices still to leave, after this clock's
        ended = Signal.like(self.emit)  # the group that ended a clock ago: its ``emit``
        opening = Signal(init=1)  # the next word begins a group
        m.d.comb += [self.o.payload.eq(held[0]), self.o.valid.eq(left != 0)]
        m.d.sync += ended.eq(Mux(self.strobe, self.emit, 0))
        with m.If(self.strobe):
            m.d.sync += opening.eq(self.emit != 0)
        with m.If(ended != 0):
            m.d.sync += left.eq(ended)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        for p in range(self._comparators):
            index = Signal(INDEX_BITS, name=f"index_{p}", reset_less=True)
            with m.If(self.strobe & (self.valid[p] | opening)):
                m.d.sync += index.eq(Cat(self.bits[p] & self.valid[p], Mux(opening, 0, index)))
            with m.If((ended != 0) | (left != 0)):
                m.d.sync += held[p].eq(Mux(ended != 0, index, held[p + 1] if p + 1 < self._comparators else 0))
        return m
