"""Receiving half of the link: bytes to checked request frames (docs/reference/link.md, docs/reference/blocks/link.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

from amaranth.hdl import C, Cat, Module, Signal, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.memory import Memory, ReadPort
from amaranth.lib.wiring import In, Out

from firmware import isa

from .crc import SerialCrc
from .uart import ReceivedByte


class Command(enum.IntEnum, shape=4):  # type: ignore[call-arg]
    """``firmware.isa.Command``, with room for what is none: such a byte reads as 8..15."""

    HELLO = isa.Command.HELLO
    LOAD_BEGIN = isa.Command.LOAD_BEGIN
    LOAD = isa.Command.LOAD
    FEED = isa.Command.FEED
    STEP = isa.Command.STEP
    READ = isa.Command.READ
    ABORT = isa.Command.ABORT
    SCRUB = isa.Command.SCRUB


Request = data.StructLayout(
    {
        "bad": 1,  # the frame was dropped: nothing else counts, and `seq` is 0
        "stored": 1,  # the payload is in the memory
        "seq": 8,
        "command": Command,
        "length": 8,  # bytes of the payload
    }
)


def request_layout(cores: int) -> data.StructLayout:
    """:data:`Request`, with the ``core`` that its command byte names where there are several."""
    return data.StructLayout({**Request.members, **({"core": 8 - isa.CORE_SHIFT} if cores > 1 else {})})


PayloadPort = ReadPort.Signature(addr_width=8, shape=unsigned(8))
"""The payload's memory, Out at the memory: ``data`` is the byte at ``addr`` a clock ago."""


class FrameReceiver(wiring.Component):
    """Request frames, one at a time.

    ``o`` is valid from the last byte of a frame until it is taken; bytes that come meanwhile are lost. The payload of a frame is written
    into a memory as it comes.

    A wrong start byte, a framing error, a silence of 17 clocks with ``tick`` inside a frame, and a wrong CRC make a bad frame: everything
    up to the next such silence is dropped, then ``o`` says ``bad``, once. After it the next byte is a frame's first for certain. So is
    the first after reset.

    ``cores``: with more than one, a command byte names a core too.
    """

    def __init__(self, *, cores: int = 1) -> None:
        self._request = request_layout(cores)
        super().__init__(
            {
                "i": In(stream.Signature(ReceivedByte, always_ready=True)),  # off the line
                "o": Out(stream.Signature(self._request)),  # whole frames, and bad ones
                "tick": In(1),  # the measure of silence
                "payload": Out(PayloadPort),  # of the frame that came last
                "hold": In(1),  # what comes now is not written
                "dropped": Out(8),  # bad frames so far, modulo 256
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = SerialCrc(catalog.CRC16_XMODEM)
        m.submodules.memory = memory = Memory(shape=unsigned(8), depth=256, init=[])
        write = memory.write_port()
        read = memory.read_port()
        wiring.connect(m, wiring.flipped(self.payload), read)

        byte = self.i.payload.data
        request = Signal(self._request, reset_less=True)
        index = Signal(8, reset_less=True)  # of the next payload byte
        given = Signal(reset_less=True)  # the byte is one of the CRC
        wrong = Signal(reset_less=True)  # a bit of it is not as expected
        silence = Signal(5, reset_less=True)  # ticks
        bits = Signal(9, reset_less=True)  # a byte on its way into the CRC, highest bit first, and below it a 1
        passing = Signal()  # bits are on their way
        inside = Signal()  # within a frame
        broken = Signal()  # the frame is bad
        silent = Signal()  # the silence was long enough a clock ago, and no byte has come
        full = Signal()  # a clock ago the payload was in

        m.d.comb += [self.o.payload.eq(request), write.addr.eq(index), write.data.eq(byte)]
        m.d.comb += [passing.eq(bits[:8].any()), crc.bit.eq(bits[8]), crc.shift.eq(passing), crc.given.eq(given)]
        m.d.comb += broken.eq((self.i.valid & self.i.payload.error) | silent)
        m.d.sync += [bits.eq(Cat(C(0, 1), bits)), silent.eq(silence[4] & silence[0] & ~self.i.valid)]
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
            m.d.sync += full.eq(fsm.ongoing("PAYLOAD") & (index == request.length))
            with m.State("START"):
                m.d.comb += crc.clear.eq(1)
                m.d.sync += [wrong.eq(0), index.eq(0), request.stored.eq(1), request.bad.eq(0)]
                with m.If(self.i.valid):
                    m.next = "SEQ"
                    with m.If((byte != isa.REQUEST_START) | self.i.payload.error):
                        m.next = "DRAIN"
            with byte_state("SEQ", "COMMAND"):
                m.d.sync += request.seq.eq(byte)
            with byte_state("COMMAND", "LENGTH"):
                if "core" in self._request.members:
                    m.d.sync += [request.command.eq(byte[: isa.CORE_SHIFT]), request.core.eq(byte[isa.CORE_SHIFT :])]
                else:
                    m.d.sync += request.command.eq(Cat(byte[:3], byte[3:].any()))
            with byte_state("LENGTH", "PAYLOAD"):
                m.d.sync += request.length.eq(byte)
            with m.State("PAYLOAD"):
                with m.If(full):
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
            with m.State("DRAIN"), m.If(silent):
                m.d.sync += [self.dropped.eq(self.dropped + 1), request.bad.eq(1), request.seq.eq(0)]
                m.next = "WHOLE"
            with m.State("WHOLE"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "START"
        return m
