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

from .crc import SerialCrc
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
        m.submodules.crc = crc = SerialCrc(catalog.CRC16_XMODEM)
        m.submodules.payload = payload = Memory(shape=unsigned(8), depth=256, init=[])
        write, read = payload.write_port(), payload.read_port()

        byte = self.i.payload.data
        request = Signal(Request, reset_less=True)
        index = Signal(8, reset_less=True)  # of the next payload byte
        given, wrong = Signal(reset_less=True), Signal(reset_less=True)  # the byte is one of the CRC; a bit of it is not as expected
        silence = Signal(5, reset_less=True)  # ticks
        bits = Signal(9, reset_less=True)  # a byte on its way into the CRC, highest bit first, and below it a 1
        passing, inside = Signal(), Signal()  # bits are on their way; within a frame
        broken, silent = Signal(), Signal()

        m.d.comb += self.o.payload.eq(request)
        m.d.comb += [write.addr.eq(index), write.data.eq(byte), read.addr.eq(self.read_address), self.read_data.eq(read.data)]
        m.d.comb += [passing.eq(bits[:8].any()), crc.bit.eq(bits[8]), crc.shift.eq(passing), crc.given.eq(given)]
        m.d.comb += broken.eq((self.i.valid & self.i.payload.error) | silent)
        m.d.comb += silent.eq(silence[4] & silence[0])
        m.d.sync += bits.eq(Cat(C(0, 1), bits))
        with m.If(self.tick):
            m.d.sync += silence.eq(silence + 1)
        with m.If(self.i.valid):
            m.d.sync += silence.eq(0)
            with m.If(inside):
                m.d.sync += bits.eq(Cat(C(1, 1), byte))
        with m.If(passing & given & (bits[8] != crc.expected)):
            m.d.sync += wrong.eq(1)

        @contextmanager
        def byte_state(name: str, following: str, *, check: bool = False) -> Iterator[None]:
            """A state that waits for one byte inside a frame: what stands in it happens when the byte comes. ``check``: one of the CRC."""
            with m.State(name):
                with m.If(self.i.valid):
                    m.d.sync += given.eq(int(check))
                    m.next = following
                    yield
                with m.If(broken):
                    m.next = "DRAIN"

        with m.FSM(name="frame") as fsm:
            m.d.comb += inside.eq(~fsm.ongoing("START"))
            with m.State("START"):
                m.d.comb += crc.clear.eq(1)
                m.d.sync += [wrong.eq(0), index.eq(0), request.stored.eq(1), request.bad.eq(0)]
                with m.If(self.i.valid):
                    m.next = "SEQ"
                    with m.If((byte != REQUEST_START) | self.i.payload.error):
                        m.next = "DRAIN"
            with byte_state("SEQ", "COMMAND"):
                m.d.sync += request.seq.eq(byte)
            with byte_state("COMMAND", "LENGTH"):
                m.d.sync += request.command.eq(Cat(byte[:3], byte[3:].any()))
            with byte_state("LENGTH", "PAYLOAD"):
                m.d.sync += request.length.eq(byte)
            with m.State("PAYLOAD"):
                with m.If(index == request.length):
                    m.next = "CRC_LOW"
                with m.Elif(self.i.valid):
                    m.d.comb += write.en.eq(~self.hold)
                    m.d.sync += [index.eq(index + 1), request.stored.eq(request.stored & ~self.hold)]
                with m.If(broken):
                    m.next = "DRAIN"
            with byte_state("CRC_LOW", "CRC_HIGH", check=True):
                pass
            with byte_state("CRC_HIGH", "CHECK", check=True):
                pass
            with m.State("CHECK"), m.If(~passing):
                m.next = "WHOLE"
                with m.If(wrong):
                    m.next = "DRAIN"
            with m.State("DRAIN"):
                with m.If(silent):
                    m.d.sync += [self.dropped.eq(self.dropped + 1), request.bad.eq(1), request.seq.eq(0)]
                    m.next = "WHOLE"
            with m.State("WHOLE"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "START"
        return m
