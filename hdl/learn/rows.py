"""Rows in use: addresses of the rows that learn, kept from the step that reads them."""

from amaranth.hdl import Module, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory, ReadPort
from amaranth.lib.wiring import In, Out


class RowsSeen(wiring.Signature):
    """Row addresses as the row fetch makes them, Out there."""

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {
                "valid": Out(1),  # a row of a run with ``learn`` is made in this clock
                "address": Out(address_bits),  # its first beat, in the tier on chip
                "int4": Out(1),  # its entries
            }
        )


class RowList(wiring.Component):
    """The first ``depth`` rows of a step. ``count`` and ``int4`` stand from the clock after a row on; a row is read a clock after its
    number."""

    def __init__(self, *, depth: int, address_bits: int) -> None:
        self._depth, self._bits = depth, address_bits
        super().__init__(
            {
                "seen": In(RowsSeen(address_bits=address_bits)),
                "clear": In(1),  # a step begins
                "count": Out(range(depth + 1)),
                "int4": Out(1),
                "read": Out(ReadPort.Signature(addr_width=(depth - 1).bit_length(), shape=unsigned(address_bits))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.rows = rows = Memory(shape=unsigned(self._bits), depth=self._depth, init=[])
        wiring.connect(m, wiring.flipped(self.read), rows.read_port())
        write = rows.write_port()
        kept = self.seen.valid & (self.count != self._depth)
        m.d.comb += [write.addr.eq(self.count[: len(write.addr)]), write.data.eq(self.seen.address), write.en.eq(kept)]
        with m.If(kept):
            m.d.sync += [self.count.eq(self.count + 1), self.int4.eq(self.seen.int4)]
        with m.If(self.clear):
            m.d.sync += self.count.eq(0)
        return m
