"""Anchor memory: loaded by 16-bit words, copied to by whole anchor words, read by the index maker."""

from amaranth.hdl import Module, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory, ReadPort, WritePort
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus

_COLUMN_BITS = 2  # an image gives every anchor word four 16-bit words


def copy_port(params: CoreParams) -> WritePort.Signature:
    """Writes a whole anchor word."""
    return WritePort.Signature(addr_width=(params.anchor_words - 1).bit_length(), shape=unsigned(params.anchor_width))


class AnchorMemory(wiring.Component):
    """All words are 0 at power-up. Those of the load bus with space ANCHORS are written; none may come in the clock of a ``copy``."""

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        copy = copy_port(params)
        super().__init__(
            {
                "load": In(LoadBus()),
                "copy": Out(copy),  # anchors runs
                "read": Out(ReadPort.Signature(addr_width=copy.addr_width, shape=copy.shape)),  # index maker
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        columns = self._params.anchor_width // isa.WORD_BITS
        m.submodules.words = words = Memory(shape=unsigned(self._params.anchor_width), depth=self._params.anchor_words, init=[])
        read = words.read_port()
        wiring.connect(m, wiring.flipped(self.read), read)
        write = words.write_port(granularity=isa.WORD_BITS)
        m.d.comb += [write.addr.eq(self.load.address[_COLUMN_BITS:][: len(write.addr)]), write.data.eq(self.load.data.replicate(columns))]
        with m.If(self.load.writes(isa.Kind.ANCHORS)):
            for column in range(columns):
                m.d.comb += write.en[column].eq(self.load.address[:_COLUMN_BITS] == column)
        with m.If(self.copy.en):
            m.d.comb += [write.addr.eq(self.copy.addr), write.data.eq(self.copy.data), write.en.eq(-1)]
        return m
