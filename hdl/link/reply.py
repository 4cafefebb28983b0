"""Sending half of the link: reply frames, the last of which can be sent again (docs/reference/link.md, docs/reference/blocks/link.md)."""

from amaranth.hdl import C, Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa

from ..flash.bus import FlashStatus
from ..sdram.bus import SdramStatus
from .crc import SerialCrc
from .loader import LoadStatus

# Addresses in the reply memory: 4 bytes, the first of them the start byte, which is never written. The payload follows at 0.
_KEPT = 0x1FC
_SHORT = 0x17C  # of a reply without payload, which leaves the kept one alone; its length is never written and stays 0


class Place(enum.Enum, shape=2):  # type: ignore[call-arg]
    """Where a byte of a reply stands: in the payload, or which of the header (the two lowest bits of its address)."""

    PAYLOAD = 0
    SEQ = 1
    STATUS = 2
    LENGTH = 3


ReplyByte = data.StructLayout(
    {
        "place": Place,  # PAYLOAD: at `length`
        "short": 1,  # of the reply without payload
        "data": 8,
    }
)
"""What is written into the reply memory."""

Reply = data.StructLayout({"short": 1})  # the reply without payload, not the kept one
"""Which reply to send."""


class ReplySender(wiring.Component):
    """Reply frames, one at a time: start byte, header and payload from the memory, CRC-16.

    A transfer at ``i`` begins a frame; ``i`` is ready again once the frame's last byte is taken at ``o``. What the frame is made of must be
    written by the clock before, and stay until it is sent; the other header may be written meanwhile. A byte is offered at most 14 clocks
    after the one before it was taken. The memory is not cleared: a kept reply can be sent any number of times.
    """

    write: In(stream.Signature(ReplyByte, always_ready=True))
    length: In(8)  # payload bytes of the kept reply: stands while that is sent
    i: In(stream.Signature(Reply))
    o: Out(stream.Signature(unsigned(8)))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = SerialCrc(catalog.CRC16_XMODEM)
        begin = {_KEPT: isa.REPLY_START, _SHORT: isa.REPLY_START}
        m.submodules.memory = memory = Memory(shape=unsigned(8), depth=512, init=[begin.get(at, 0) for at in range(512)])
        write = memory.write_port()
        read = memory.read_port()
        byte = self.write.payload
        place = Cat(byte.place, Const(_SHORT >> 2, 5), ~byte.short, Const(1, 1))
        m.d.sync += [
            write.addr.eq(Mux(byte.place == Place.PAYLOAD, self.length, place)),
            write.data.eq(byte.data),
            write.en.eq(self.write.valid),
        ]

        index = Signal(9, reset_less=True)  # address of the byte
        header = index[8]  # it is one of four
        first = Signal()  # the start byte, which the CRC leaves out
        bits = Signal(9, reset_less=True)  # the byte on its way into the CRC, highest bit first, and below it a 1
        passing = Signal()  # bits are on their way
        given = Signal()  # what is sent is the CRC
        m.d.comb += [read.addr.eq(index), first.eq(header & (index[:3] == 4))]
        m.d.comb += [passing.eq(bits[:8].any()), crc.bit.eq(bits[8]), crc.shift.eq(passing), crc.given.eq(given), crc.clear.eq(first)]
        m.d.comb += self.o.payload.eq(Mux(given, crc.low, read.data))
        m.d.sync += bits.eq(Cat(C(0, 1), bits))

        with m.FSM(name="reply"):
            with m.State("IDLE"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += index.eq(_KEPT)
                with m.If(self.i.payload.short):
                    m.d.sync += index.eq(_SHORT)
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


class StateReport(wiring.Component):
    """The payload of HELLO's reply, and of LOAD's, byte by byte and without a clock. ``flash``: whether there is one to tell of; of an
    SDRAM it tells if ``width`` has one. ``cores``: how many there are. ``learns``: they can learn, and ``changed``
    says whether they have."""

    def __init__(self, *, width: isa.Width, flash: bool, cores: int = 1, learns: bool = False) -> None:
        self._width, self._has_flash, self._has_sdram = width, flash, width.far_banks > 1
        self._cores, self._learns = cores, learns
        super().__init__(
            {
                "at": In(4),  # number of the byte
                "brief": In(1),  # LOAD's reply: loader state and error code only
                "load": In(LoadStatus),
                **({"flash": In(FlashStatus)} if flash else {}),
                **({"sdram": In(SdramStatus)} if width.far_banks > 1 else {}),
                **({"changed": In(1)} if learns else {}),
                "dropped": In(8),  # bad frames
                "byte": Out(8),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        load = self.load
        active, ready, capture = (self.flash.active, self.flash.ready, self.flash.capture) if self._has_flash else (C(0, 1), C(0, 1), 0)
        state = Cat(load.done, load.error, active, ready & ~self.brief, load.same & ~self.brief)
        comparators = self._width.comparators
        if self._has_sdram:
            state = Cat(state, self.sdram.ready & ~self.brief)
            capture = Cat(capture, C(0, 4))[:4] if self._has_flash else C(0, 4)
            capture = Cat(capture, self.sdram.capture)
            comparators |= self._width.far_banks << 4
        if self._learns:
            state |= Mux(self.brief, 0, isa.State.LEARNS | Mux(self.changed, isa.State.CHANGED, 0))
        told = {
            isa.Greeting.VERSION: isa.LINK_VERSION,
            isa.Greeting.COMPARATORS: comparators,
            isa.Greeting.LANES: self._width.lanes | (self._cores.bit_length() - 1) << isa.CORES_SHIFT,
            isa.Greeting.STATE: state,
            isa.Greeting.ERROR: load.code,
            isa.Greeting.SECTION: load.section,
            isa.Greeting.CAPTURE: capture,
            isa.Greeting.DROPPED: self.dropped,
            **{isa.Greeting.SIGNATURE + at: load.image_signature.word_select(at, 8) for at in range(4)},
        }
        report = [told[at] for at in range(isa.GREETING_BYTES)]
        first = isa.Greeting.STATE  # of LOAD's, the error behind it
        with m.Switch(Cat(self.at, self.brief)):
            for at, byte in enumerate(report):
                with m.Case(f"0{at:04b}", *([f"1---{at - first}"] if at in (first, first + 1) else [])):
                    m.d.comb += self.byte.eq(byte)
        m.d.comb += self.last.eq(Mux(self.brief, self.at[0], self.at == len(report) - 1))
        return m
