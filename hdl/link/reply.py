"""Sending half of the link: reply frames out of a memory, so that the last one can be sent again.

Reference pages: docs/reference/link.md (the frames), docs/reference/blocks/link.md.
"""

from enum import IntEnum

from amaranth.hdl import C, Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from .crc import SerialCrc

__all__ = ["KEPT", "REPLY_START", "SHORT", "HeaderByte", "Reply", "ReplySender", "ReplyWrite"]

REPLY_START = 0x5A

# Addresses in the reply memory: 4 bytes, the first of them the start byte, which is never written. The payload follows at 0.
KEPT = 0x1FC
SHORT = 0x17C  # of a reply without payload, which leaves the kept one alone; its length is never written and stays 0


class HeaderByte(IntEnum):
    """Bytes of a header, by the two lowest bits of their address."""

    SEQ = 1
    STATUS = 2
    LENGTH = 3


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
        m.submodules.crc = crc = SerialCrc(catalog.CRC16_XMODEM)
        begin = {KEPT: REPLY_START, SHORT: REPLY_START}
        m.submodules.kept = kept = Memory(shape=unsigned(8), depth=512, init=[begin.get(at, 0) for at in range(512)])
        write, read = kept.write_port(), kept.read_port()
        m.d.comb += [write.addr.eq(self.write.address), write.data.eq(self.write.data), write.en.eq(self.write.enable)]

        index = Signal(9, reset_less=True)  # address of the byte
        header, first = index[8], Signal()  # the byte is one of four; the start byte, which the CRC leaves out
        bits = Signal(9, reset_less=True)  # the byte on its way into the CRC, highest bit first, and below it a 1
        passing, given = Signal(), Signal()  # bits are on their way; what is sent is the CRC
        m.d.comb += [read.addr.eq(index), first.eq(header & (index[:3] == 4))]
        m.d.comb += [passing.eq(bits[:8].any()), crc.bit.eq(bits[8]), crc.shift.eq(passing), crc.given.eq(given), crc.clear.eq(first)]
        m.d.comb += self.o.payload.eq(Mux(given, crc.low, read.data))
        m.d.sync += bits.eq(Cat(C(0, 1), bits))

        with m.FSM(name="reply"):
            with m.State("IDLE"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += index.eq(KEPT)
                with m.If(self.i.payload.short):
                    m.d.sync += index.eq(SHORT)
                with m.If(self.i.valid):
                    m.next = "NEXT"
            with m.State("NEXT"):
                m.next = "CRC"
                with m.If(Mux(header, ~index[2], index[:8] == self.length)):
                    m.next = "CRC_LOW"
            with m.State("CRC"):
                m.d.sync += bits.eq(Cat(C(1, 1), read.data))
                m.next = "BYTE"
            with m.State("BYTE"):
                m.d.comb += self.o.valid.eq(~passing)
                with m.If(self.o.ready & ~passing):
                    m.d.sync += index.eq(index + 1)
                    m.next = "NEXT"
            with m.State("CRC_LOW"):
                m.d.comb += [given.eq(1), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.d.sync += bits[0].eq(1)  # eight shifts bring the other byte
                    m.next = "CRC_HIGH"
            with m.State("CRC_HIGH"):
                m.d.comb += [given.eq(1), self.o.valid.eq(~passing)]
                with m.If(self.o.ready & ~passing):
                    m.next = "IDLE"
        return m
