"""Rows in use: addresses of the rows that learn, kept from the step that read them."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

_NUMBERS = range(isa.QUERIES)


class RowsSeen(wiring.Signature):
    """Row addresses as the row fetch makes them, a clock later, Out there."""

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {
                "valid": Out(1),  # a row of a run with ``learn`` was made in the clock before
                "address": Out(address_bits),  # its first beat, in the tier on chip
                "int4": Out(1),  # its entries
            }
        )


class RowMemory(wiring.Signature):
    """Words of the index cache's memory of queries, which a network that learns has no other use for; In at the cache."""

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {
                "number": Out(_NUMBERS),
                "write": Out(1),  # ``address`` is kept in this clock
                "address": Out(address_bits),
                "read": Out(1),  # the word is read
                "row": In(address_bits),  # ... and there in the next clock
            }
        )


class RowList(wiring.Component):
    """The rows of a step in order, up to 256. ``count`` and ``int4`` stand from the clock after a row on.

    The last row is taken off in two clocks: ``take``, and then ``read``.
    """

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {
                "seen": In(RowsSeen(address_bits=address_bits)),
                "clear": In(1),  # a step begins
                "count": Out(range(isa.QUERIES + 1)),
                "int4": Out(1),
                "take": In(1),
                "read": In(1),
                "memory": Out(RowMemory(address_bits=address_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        memory = self.memory
        room = Signal()
        m.d.comb += [
            room.eq(self.count != isa.QUERIES),
            memory.write.eq(self.seen.valid & room),
            memory.address.eq(self.seen.address),
            memory.read.eq(self.read),
            memory.number.eq(self.count[: len(memory.number)]),
        ]
        with m.If(memory.write | self.take):
            m.d.sync += self.count.eq(self.count + Cat(Const(1), self.take.replicate(len(self.count) - 1)))
        with m.If(memory.write):
            m.d.sync += self.int4.eq(self.seen.int4)
        with m.If(self.clear):
            m.d.sync += self.count.eq(0)
        return m
