"""Sending half of the link: reply frames out of a memory, so that the last one can be sent again.

Reference pages: docs/reference/link.md (the frames), docs/reference/blocks/link.md.
"""

from amaranth.hdl import C, Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["HEADER", "REPLY_START", "SHORT_HEADER", "Reply", "ReplySender", "ReplyWrite"]

REPLY_START = 0x5A

# addresses in the reply memory; the payload begins at 0
HEADER = 0x100  # seq, status, length of the reply that is kept
SHORT_HEADER = 0x104  # the same of one without payload, which leaves the kept one alone

Reply = data.StructLayout({"short": 1})
"""Which reply to send."""

ReplyWrite = wiring.Signature({"address": Out(9), "data": Out(8), "enable": Out(1)})
"""One byte written into the reply memory in each clock with ``enable``."""


class ReplySender(wiring.Component):
    """Reply frames, one at a time: start byte, header and payload from the memory, CRC-16.

    A transfer at ``i`` begins a frame; ``i`` is ready again once the frame's last byte is taken at ``o``. What the frame is made of must be
    in the memory by then, and stay until it is sent; the other header may be written meanwhile. ``length``: payload bytes of the kept
    reply; it stands while that is sent. A byte is offered at most 14 clocks after the one before it was taken. The memory is not cleared: a
    kept reply can be sent any number of times.
    """

    def __init__(self) -> None:
        super().__init__(
            {"write": In(ReplyWrite), "length": In(8), "i": In(stream.Signature(Reply)), "o": Out(stream.Signature(unsigned(8)))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = catalog.CRC16_XMODEM(data_width=1).create()
        m.submodules.kept = kept = Memory(shape=unsigned(8), depth=512, init=[])
        write, read = kept.write_port(), kept.read_port()
        m.d.comb += [write.addr.eq(self.write.address), write.data.eq(self.write.data), write.en.eq(self.write.enable)]

        short = Signal(reset_less=True)
        header = Signal(reset_less=True)  # the byte is one of the three of the header
        index = Signal(8, reset_less=True)  # of the byte in header or payload
        bits = Signal(9, reset_less=True)  # the byte on its way into the CRC, highest bit first, and below it a 1
        passing = Signal()
        m.d.comb += read.addr.eq(Mux(header, Cat(index[:2], short, C(HEADER >> 3, 6)), index))
        m.d.comb += [passing.eq(bits[:8].any()), crc.data.eq(bits[8]), crc.valid.eq(passing)]
        m.d.sync += bits.eq(Cat(C(0, 1), bits))

        with m.FSM(name="reply"):
            with m.State("IDLE"):
                m.d.comb += [self.i.ready.eq(1), crc.start.eq(1)]
                m.d.sync += [short.eq(self.i.payload.short), header.eq(1), index.eq(0)]
                with m.If(self.i.valid):
                    m.next = "START"
            with m.State("START"):
                m.d.comb += [self.o.payload.eq(REPLY_START), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.next = "CRC"
            with m.State("CRC"):
                m.d.sync += bits.eq(Cat(C(1, 1), read.data))
                m.next = "BYTE"
            with m.State("BYTE"):
                m.d.comb += [self.o.payload.eq(read.data), self.o.valid.eq(~passing)]
                with m.If(self.o.ready & ~passing):
                    m.d.sync += index.eq(index + 1)
                    m.next = "NEXT"
            with m.State("NEXT"):
                m.next = "CRC"
                with m.If(header):
                    with m.If(index == 3):
                        m.d.sync += [header.eq(0), index.eq(0)]
                        m.next = "MORE"
                with m.Else():
                    m.next = "MORE"
            with m.State("MORE"):
                m.next = "CRC"
                with m.If(short | (index == self.length)):
                    m.next = "CRC_LOW"
            with m.State("CRC_LOW"):
                m.d.comb += [self.o.payload.eq(crc.crc[:8]), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.next = "CRC_HIGH"
            with m.State("CRC_HIGH"):
                m.d.comb += [self.o.payload.eq(crc.crc[8:]), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.next = "IDLE"
        return m
