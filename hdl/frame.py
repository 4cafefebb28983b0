"""Receiving half of the link: bytes to checked request frames.

Reference pages: docs/reference/link.md (the frames), docs/reference/blocks/link.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from amaranth.hdl import C, Cat, Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from .uart import ReceivedByte

__all__ = ["REQUEST_START", "FrameReceiver", "Request"]

REQUEST_START = 0xA5

Request = data.StructLayout({"bad": 1, "stored": 1, "seq": 8, "command": 4, "length": 8})
"""A frame. ``bad``: it was dropped, nothing else counts, and ``seq`` is 0. ``stored``: its payload is in the memory. ``command``: those
above 7 read as 8..15."""


class FrameReceiver(wiring.Component):
    """Request frames, one at a time.

    ``o`` is valid from the last byte of a frame until it is taken; bytes that come meanwhile are lost. The payload of a frame
    is written into a memory as it comes, except in clocks with ``hold``; byte ``read_address`` of it is ``read_data``, one clock later.

    A wrong start byte, a framing error, a silence of 17 clocks with ``tick`` inside a frame, and a wrong CRC make a bad frame: everything
    up to the next such silence is dropped, then ``o`` says ``bad``, once; ``dropped`` counts (and wraps). After it the next byte is a
    frame's first for certain.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(ReceivedByte, always_ready=True)),
                "o": Out(stream.Signature(Request)),
                "tick": In(1),
                "hold": In(1),
                "read_address": In(8),
                "read_data": Out(8),
                "dropped": Out(8),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = catalog.CRC16_XMODEM(data_width=1).create()
        m.submodules.payload = payload = Memory(shape=unsigned(8), depth=256, init=[])
        write, read = payload.write_port(), payload.read_port()

        byte = self.i.payload.data
        request = Signal(Request, reset_less=True)
        index = Signal(8, reset_less=True)  # of the next payload byte
        low_fits = Signal(reset_less=True)  # the lower byte of the CRC does
        silence = Signal(5, reset_less=True)  # ticks
        bits = Signal(9, reset_less=True)  # a byte on its way into the CRC, highest bit first, and below it a 1
        counted = Signal()  # the CRC covers the byte
        broken, silent = Signal(), Signal()

        m.d.comb += self.o.payload.eq(request)
        m.d.comb += [write.addr.eq(index), write.data.eq(byte), read.addr.eq(self.read_address), self.read_data.eq(read.data)]
        m.d.comb += [crc.data.eq(bits[8]), crc.valid.eq(bits[:8].any())]
        m.d.comb += broken.eq((self.i.valid & self.i.payload.error) | silent)
        m.d.comb += silent.eq(silence[4] & silence[0])
        m.d.sync += [bits.eq(Cat(C(0, 1), bits)), silence.eq(silence + self.tick)]
        with m.If(self.i.valid):
            m.d.sync += silence.eq(0)
            with m.If(counted):
                m.d.sync += bits.eq(Cat(C(1, 1), byte))

        @contextmanager
        def byte_state(name: str, following: str, *, covered: bool) -> Iterator[None]:
            """A state that waits for one byte inside a frame: what stands in it happens when the byte comes."""
            with m.State(name):
                m.d.comb += counted.eq(int(covered))
                with m.If(self.i.valid):
                    m.next = following
                    yield
                with m.If(broken):
                    m.next = "DRAIN"

        with m.FSM(name="frame"):
            with m.State("START"):
                m.d.comb += crc.start.eq(1)
                m.d.sync += [index.eq(0), request.stored.eq(1), request.bad.eq(0)]
                with m.If(self.i.valid):
                    m.next = "SEQ"
                    with m.If((byte != REQUEST_START) | self.i.payload.error):
                        m.next = "DRAIN"
            with byte_state("SEQ", "COMMAND", covered=True):
                m.d.sync += request.seq.eq(byte)
            with byte_state("COMMAND", "LENGTH", covered=True):
                m.d.sync += request.command.eq(Cat(byte[:3], byte[3:].any()))
            with byte_state("LENGTH", "PAYLOAD", covered=True):
                m.d.sync += request.length.eq(byte)
            with m.State("PAYLOAD"):
                m.d.comb += counted.eq(1)
                with m.If(index == request.length):
                    m.next = "CRC_LOW"
                with m.Elif(self.i.valid):
                    m.d.comb += write.en.eq(~self.hold)
                    m.d.sync += [index.eq(index + 1), request.stored.eq(request.stored & ~self.hold)]
                with m.If(broken):
                    m.next = "DRAIN"
            with byte_state("CRC_LOW", "CRC_HIGH", covered=False):
                m.d.sync += low_fits.eq(byte == crc.crc[:8])
            with byte_state("CRC_HIGH", "DRAIN", covered=False), m.If(low_fits & (byte == crc.crc[8:])):
                m.next = "WHOLE"
            with m.State("DRAIN"):
                with m.If(silent):
                    m.d.sync += [self.dropped.eq(self.dropped + 1), request.bad.eq(1), request.seq.eq(0)]
                    m.next = "WHOLE"
            with m.State("WHOLE"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "START"
        return m
