"""Loader: a memory image to writes on the load bus, checked on the way (docs/reference/image.md, docs/reference/blocks/loader.md)."""

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value, ValueLike, unsigned
from amaranth.lib import enum, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.sdram.bus import FarWord

from .bus import LoadBus
from .crc import SerialCrc
from .section import Section, spans_of
from .signature import ImageSignature

_CHECK, _DECIDE, _IDLE = 12, 13, 14  # clocks after a byte's transfer

LoadStatus = wiring.Signature(
    {
        "done": Out(1),  # the image ended without error, by END or by REST: what comes after REST stays where it is
        "error": Out(1),  # it did not; the first error stays
        "code": Out(isa.LoadError),  # of the error, a clock after it
        "image_signature": Out(32),  # of the loaded image, or 0; while a section SIGNATURE passes, on its way
        "same": Out(1),  # the flash held that image when it was last read; while done
        "section": Out(8),  # number, from 0 and modulo 256, of the section that is read, or was when it ended
    }
)
"""How the load of an image stands, Out at the loader."""


class _Phase(enum.Enum, shape=2):  # type: ignore[call-arg]
    """What a byte belongs to."""

    HEADER = 0
    SECTION = 1
    PAYLOAD = 2
    CRC = 3


class Loader(wiring.Component):
    """One image at a time: header, sections, end.

    ::

        i --bit, byte, word--> Section --> load --.
                |                                  |
                |--> header, SerialCrc --> status  |
                '--> ImageSignature <--------------'

    ``start`` forgets everything and expects a header; so does reset. ``i`` takes a byte every 15 clocks; once ``status`` is done or error,
    which stands when ``i`` is ready again (its code a clock later), every byte at once, without effect. A section's words are written
    before its CRC is known: while not done, what is in the memories must not be used.

    ``scrub`` begins anew like ``start``, but only checks: nothing is written, and the image goes on after REST. Then done if an image was
    loaded whole before it; if none was, error with the code NONE.

    Words of an SDRAM leave over ``word``. A scrub compares them with what stands there, if it is the flash's image that had been loaded; a
    difference, and a section for an SDRAM that has ``failed``, is the error SDRAM.

    ``words``: the words of each space, from :func:`~hdl.link.section.space_words`. ``width``: that of the header. ``cores``: as Section
    takes it. ``loaded``: done from reset on, for simulations that begin with filled memories.
    """

    def __init__(self, *, words: Mapping[isa.Kind, int], width: isa.Width, cores: int = 1, loaded: bool = False) -> None:
        self._spans, self._width, self._cores, self._loaded = spans_of(words), width, cores, loaded
        self._sdram = isa.Kind.SDRAM in words
        far = {
            "word": Out(FarWord),
            "differs": In(1),  # one clock: the last word that was compared does
            "waits": In(1),  # the SDRAM is not started: no byte is taken
            "failed": In(1),  # it doesn't answer
        }
        super().__init__(
            {
                "i": In(stream.Signature(unsigned(8))),
                "load": Out(LoadBus()),
                "start": In(1),  # for one clock
                "scrub": In(1),  # for one clock
                "flashed": In(1),  # the bytes come from the flash
                "fail": In(1),  # one clock: the source of the bytes is lost, error FLASH
                "status": Out(LoadStatus),
                **(far if self._sdram else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = SerialCrc(catalog.CRC32_ISO_HDLC)
        m.submodules.section = section = Section(spans=self._spans, cores=self._cores)
        status = self.status
        done = Signal(init=int(self._loaded))
        off = Signal()  # bytes go nowhere
        count = Signal(4, init=_IDLE)  # clocks since a byte came
        ready = Signal(init=1)  # for the next
        word = Signal(16, reset_less=True)  # a byte enters at the top and goes down, bit by bit
        phase = Signal(_Phase)
        position = Signal(4)  # of the byte within header, section header or CRC; lowest bit: within a word
        wrong = Signal()  # a bit of the header or of a CRC differs
        checking = Signal()  # what runs is a scrub
        whole = Signal()  # an image had been loaded before it
        cause = Signal(isa.LoadError)  # of an error, for the clock after it

        wiring.connect(m, section.load, wiring.flipped(self.load))
        begin = self.start | self.scrub
        slots = section.slots
        m.d.comb += [
            status.done.eq(done),
            off.eq(done | status.error),
            section.word.eq(word),
            section.position.eq(position[:3]),
            section.header.eq(phase == _Phase.SECTION),
            section.payload.eq(phase == _Phase.PAYLOAD),
            section.checking.eq(checking),
            crc.bit.eq(slots.bit),
            crc.shift.eq(slots.shift),
        ]
        self._take_bytes(m, count=count, word=word, off=off, ready=ready)
        self._keep_signature(m, checking=checking, begin=section.header & slots.decide & (position == 7))
        m.d.sync += cause.eq(isa.LoadError.NONE)
        with m.If(cause != isa.LoadError.NONE):
            m.d.sync += status.code.eq(cause)
        with m.If(slots.shift & crc.given & (slots.bit != crc.expected)):
            m.d.sync += wrong.eq(1)
        with m.If(slots.decide):
            m.d.sync += position.eq(position + 1)

        def enter(following: ValueLike) -> list[Any]:
            return [phase.eq(following), position.eq(0)]

        def stop(code: isa.LoadError) -> list[Any]:
            return [status.error.eq(1), cause.eq(code)]

        differs = self._head_differs(m, slots.bit, before=word[7], bit=count[:3], byte=position[:3])
        with m.Switch(phase):
            with m.Case(_Phase.HEADER):
                m.d.comb += crc.given.eq(position[2:].all())
                with m.If(slots.shift & ~position[3] & differs):
                    m.d.sync += wrong.eq(1)
                with m.If(slots.check & ~position[3] & wrong):
                    m.d.sync += stop(isa.LoadError.HEADER)
                with m.If(slots.check & (position == 15) & wrong):
                    m.d.sync += stop(isa.LoadError.HEADER_CRC)
                with m.If(slots.decide & (position == 15)):
                    m.d.comb += crc.clear.eq(1)
                    m.d.sync += enter(_Phase.SECTION)
            with m.Case(_Phase.SECTION), m.If(slots.decide & (position == 7)):
                m.d.sync += enter(_Phase.PAYLOAD)
                with m.If(~section.some):
                    m.d.sync += enter(_Phase.CRC)
            with m.Case(_Phase.PAYLOAD), m.If(slots.decide & position[0] & ~section.some):
                m.d.sync += enter(_Phase.CRC)
            with m.Case(_Phase.CRC):
                m.d.comb += crc.given.eq(1)
                with m.If(slots.check & (position == 3)):
                    with m.If(wrong):
                        m.d.sync += stop(isa.LoadError.SECTION_CRC)
                    with m.Elif(section.last):
                        m.d.sync += [done.eq(whole | ~checking), status.error.eq(checking & ~whole)]
                with m.If(slots.decide & (position == 3)):
                    m.d.comb += crc.clear.eq(1)
                    m.d.sync += [enter(_Phase.SECTION), status.section.eq(status.section + ~off)]

        if self._sdram:
            with m.If(self._reach_sdram(m, checking=checking, phase=phase, second=position[0])):
                m.d.sync += stop(isa.LoadError.SDRAM)
        with m.If(section.refused):
            m.d.sync += stop(isa.LoadError.SECTION)
        with m.If(self.fail):
            m.d.sync += stop(isa.LoadError.FLASH)
        with m.If(begin):
            m.d.comb += crc.clear.eq(1)
            m.d.sync += [enter(_Phase.HEADER), wrong.eq(0), count.eq(_IDLE), ready.eq(1), checking.eq(self.scrub)]
            m.d.sync += [done.eq(0), status.error.eq(0), status.section.eq(0)]
            m.d.sync += [cause.eq(isa.LoadError.NONE), status.code.eq(isa.LoadError.NONE)]
        with m.If(self.start):
            m.d.sync += whole.eq(0)
        with m.Elif(self.scrub):
            m.d.sync += whole.eq(whole | done)
        return m

    def _head_differs(self, m: Module, now: Value, *, before: Value, bit: Value, byte: Value) -> Value:
        """Whether the header's bit that passes ``now`` isn't the core's. ``before``: the one before it.

        The versions 1 and 2 are alike but for their two lowest bits, one of which is set: it is enough that the second is not as the first.
        """
        head = Const(int.from_bytes(self._width.image_head, "little"), 64)
        as_now = now != head.bit_select(Cat(bit, byte), 1)
        if self._width != isa.Width():
            return as_now
        differs = Signal()
        m.d.comb += differs.eq(as_now)
        with m.If((byte == len(isa.IMAGE_MAGIC)) & (bit[1:] == 0)):
            m.d.comb += differs.eq(bit[0] & (now == before))
        return differs

    def _take_bytes(self, m: Module, *, count: Signal, word: Signal, off: Signal, ready: Signal) -> None:
        """A byte, and what happens when in its 15 clocks."""
        slots = m.submodules.section.slots
        m.d.sync += ready.eq(off | (ready & ~slots.accept) | slots.decide)
        takes = ready & ~self.waits if self._sdram else ready
        m.d.comb += [
            self.i.ready.eq(takes),
            slots.accept.eq(self.i.valid & takes & ~off),
            slots.first.eq(count == 0),
            slots.shift.eq(~count[3]),
            slots.turn.eq(~count[2:].all()),
            slots.check.eq(count == _CHECK),
            slots.decide.eq(count == _DECIDE),
            slots.bit.eq(word[8]),
            slots.byte.eq(word[:8]),
        ]
        with m.If(count != _IDLE):
            m.d.sync += count.eq(count + 1)
        with m.Elif(slots.accept):
            m.d.sync += [count.eq(0), word[8:].eq(self.i.payload)]
        with m.If(slots.shift):
            m.d.sync += word.eq(word[1:])

    def _reach_sdram(self, m: Module, *, checking: Signal, phase: Signal, second: Value) -> Value:
        """Words to the SDRAM; returns whether one of them shows an error. ``second``: the byte completes a word."""
        section = m.submodules.section
        known = Signal()  # what the flash holds is what was loaded
        passes = Signal()
        here = (phase == _Phase.PAYLOAD) & (section.load.space == isa.Kind.SDRAM)
        with m.If(self.scrub):
            m.d.sync += known.eq(self.status.same)
        m.d.sync += passes.eq(here & section.slots.accept & second & checking & known)
        m.d.comb += [
            self.word.strobe.eq(passes | section.load.writes(isa.Kind.SDRAM)),
            self.word.compare.eq(checking),
            self.word.address.eq(section.load.address),
            self.word.data.eq(section.load.data),
        ]
        return (self.differs & checking) | (here & self.failed & (section.slots.accept & ~checking))

    def _keep_signature(self, m: Module, *, checking: Signal, begin: Value) -> None:
        """``begin``: a section's header has passed."""
        section = m.submodules.section
        m.submodules.signature = signature = ImageSignature(sdram=self._sdram)
        signs = section.load.space == isa.Kind.SIGNATURE
        wiring.connect(m, section.load, signature.load)
        m.d.comb += [
            signature.begin.eq(begin & signs),
            signature.take.eq(section.payload & section.slots.shift & signs),
            signature.bit.eq(section.slots.bit),
            signature.checking.eq(checking),
            signature.flashed.eq(self.flashed),
            signature.doubt.eq(self.scrub | (self.start & checking & ~self.status.done)),  # a scrub begins, or is left without success
            self.status.image_signature.eq(signature.value),
            self.status.same.eq(signature.same),
        ]
