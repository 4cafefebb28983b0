"""Anchor memory: loaded by 16-bit words, copied to by whole anchor words, read by the index maker."""

from amaranth.hdl import Module, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory, ReadPort, WritePort
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.params import CoreParams
from hdl.link.bus import LoadBus

__all__ = ["AnchorMemory"]

_COLUMN_BITS = 2  # an image gives every anchor word four 16-bit words


class AnchorMemory(wiring.Component):
    """All words are 0 at power-up. Those of the load bus with space ANCHORS are written; none may come in the clock of a ``copy``."""

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        port = {"addr_width": (params.anchor_words - 1).bit_length(), "shape": unsigned(params.anchor_width)}
        super().__init__(
            {
                "load": In(LoadBus()),
                "copy": Out(WritePort.Signature(**port)),  # anchors runs
                "read": Out(ReadPort.Signature(**port)),  # index maker
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        columns = self._params.anchor_width // isa.WORD_BITS
        m.submodules.words = words = Memory(shape=unsigned(self._params.anchor_width), depth=self._params.anchor_words, init=[])
        wiring.connect(m, wiring.flipped(self.read), words.read_port())
        write = words.write_port(granularity=isa.WORD_BITS)
        m.d.comb += [
            write.addr.eq(self.load.address[_COLUMN_BITS:][: len(write.addr)]),
            write.data.eq(self.load.data.replicate(columns)),
        ]
        with m.If(self.load.writes(isa.Kind.ANCHORS)):
            for column in range(columns):
                m.d.comb += write.en[column].eq(self.load.address[:_COLUMN_BITS] == column)
        with m.If(self.copy.en):
            m.d.comb += [write.addr.eq(self.copy.addr), write.data.eq(self.copy.data), write.en.eq(-1)]
        return m
