"""The link's commands: loads images, runs steps, reads words, and answers every request once.

Reference pages: docs/reference/link.md (the protocol), docs/reference/blocks/link.md.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, ValueLike, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import ReadDataStream, ReadRequest, ReadRequestStream, StepStream, SymbolStream
from .frame import FrameReceiver
from .reply import HeaderByte, ReplySender
from .uart import ReceivedByte

__all__ = ["Link"]

_GAP_TICKS = 4  # a gap is 2^4 ticks, counted in whole ticks


class Link(wiring.Component):
    """Requests in, replies out: the commands of docs/reference/link.md.

    ``i``, ``o``: bytes of the line. ``image``: bytes of LOAD_BEGIN and LOAD for the loader, after ``image_start`` (one clock) in case of
    LOAD_BEGIN. ``scrub``: one clock of SCRUB. ``done``, ``error``, ``code``, ``section``: the loader's; the first three stand when
    ``image`` is ready again. ``booting``: the flash is being read; LOAD and SCRUB are refused meanwhile, LOAD_BEGIN ends it.
    ``flash_ready``, ``capture``: told in HELLO. ``step``: one of a run, when the symbol of the one before it was taken. ``symbol``: taken
    at once, or within 6 clocks. ``read_request``, ``read_data``: one word at a time. ``core_reset``: high for one clock
    after LOAD_BEGIN, an abort, or 2^``watchdog_bits`` clocks without a symbol (in READ: a word). A silence of 2^``gap_bits`` clocks ends a
    frame. Both times are counted in whole ticks of 2^(``gap_bits`` - 4) clocks: they are never shorter, and at most one tick longer.

    A reply's first byte is offered within 20 clocks of what it waits for: the end of its request, the last symbol, the last word.

    ``flash``: whether there is one; without it SCRUB is refused.
    """

    def __init__(self, *, comparators: int, flash: bool = True, gap_bits: int = 16, watchdog_bits: int = 24) -> None:
        if not 6 <= gap_bits <= 24:
            raise ValueError(f"gap_bits must be 6..24, not {gap_bits!r}")
        if not gap_bits <= watchdog_bits <= 32:
            raise ValueError(f"watchdog_bits must be {gap_bits}..32, not {watchdog_bits!r}")
        self._comparators, self._flash, self._gap_bits, self._watchdog_bits = comparators, flash, gap_bits, watchdog_bits
        super().__init__(
            {
                "i": In(stream.Signature(ReceivedByte, always_ready=True)),
                "o": Out(stream.Signature(unsigned(8))),
                "image": Out(stream.Signature(unsigned(8))),
                "image_start": Out(1),
                "scrub": Out(1),
                "done": In(1),
                "error": In(1),
                "code": In(isa.LoadError),
                "section": In(8),
                "booting": In(1),
                "flash_ready": In(1),
                "capture": In(2),
                "step": Out(StepStream),
                "symbol": In(SymbolStream),
                "read_request": Out(ReadRequestStream),
                "read_data": In(ReadDataStream),
                "core_reset": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.frames = frames = FrameReceiver()
        m.submodules.sender = sender = ReplySender()
        wiring.connect(m, wiring.flipped(self.i), frames.i)
        wiring.connect(m, sender.o, wiring.flipped(self.o))

        request = frames.o.payload
        payload = frames.read_data
        asked = Signal(ReadRequest, reset_less=True)
        forced = Signal(reset_less=True)
        write = sender.write

        seq, known = Signal(8, reset_less=True), Signal()  # of the request executed last, which is not executed again
        again, fits = Signal(reset_less=True), Signal(reset_less=True)  # the request has that seq; it has the right length for its command
        total = Signal(8, reset_less=True)  # payload bytes to load, steps to run, or bytes to read
        length = Signal(8, reset_less=True)  # bytes taken of the request's payload; bytes written of the reply's, kept with it
        forward, back = Signal(), Signal()  # length counts, or begins anew
        equal = Signal()
        complete = Signal(reset_less=True)  # they were equal a clock ago
        fresh = Signal(reset_less=True)  # length has just changed: the payload's byte comes in the next clock
        offer, taken = Signal(), Signal()  # a step or a byte of an image
        running, loading, reading = Signal(), Signal(), Signal(reset_less=True)
        valued = Signal(reset_less=True)  # READ asks for words that there are
        ticks = Signal(self._gap_bits - _GAP_TICKS, reset_less=True)
        waited = Signal(self._watchdog_bits - len(ticks) + 1, reset_less=True)  # ticks since a symbol or a word
        restart = Signal()
        overdue = waited[-1] & waited[0]

        with m.Switch(request.command):
            with m.Case(isa.Command.HELLO, isa.Command.ABORT):
                m.d.sync += fits.eq(request.length == 0)
            with m.Case(isa.Command.LOAD_BEGIN, isa.Command.FEED):
                m.d.sync += fits.eq(1)
            with m.Case(isa.Command.LOAD):
                m.d.sync += fits.eq(~self.booting)
            with m.Case(isa.Command.STEP):
                m.d.sync += fits.eq(request.length == 1)
            with m.Case(isa.Command.READ):
                m.d.sync += fits.eq(request.length == 4)
            with m.Case(isa.Command.SCRUB):
                m.d.sync += fits.eq((request.length == 0) & ~self.booting if self._flash else 0)
            with m.Default():
                m.d.sync += fits.eq(0)
        m.d.sync += again.eq(known & (seq == request.seq))

        # A run's symbols and an image's bytes leave the payload memory alike; the memory is a clock behind its address.
        m.d.comb += [
            equal.eq(length == total),
            frames.read_address.eq(length),
            self.step.payload.symbol.eq(payload),
            self.step.payload.forced.eq(forced),
            self.read_request.payload.eq(asked),
            self.image.payload.eq(payload),
            self.step.valid.eq(offer & running),
            self.image.valid.eq(offer & ~running),
            taken.eq(offer & Mux(running, self.step.ready, self.image.ready)),
        ]
        m.d.sync += [complete.eq(equal), fresh.eq(0)]
        with m.If(forward):
            m.d.sync += length.eq(length + 1)
        with m.If(back):
            m.d.sync += length.eq(0)
        with m.If(taken):
            m.d.sync += offer.eq(0)
        with m.Elif(fresh):
            m.d.sync += offer.eq(~equal & (running | loading))
        m.d.sync += [ticks.eq(ticks + 1), self.core_reset.eq(0), self.image_start.eq(0), self.scrub.eq(0)]
        with m.If(frames.tick):
            m.d.sync += waited.eq(waited + 1)
        with m.If(restart):
            m.d.sync += waited.eq(0)
        m.d.comb += [frames.tick.eq(ticks.all()), sender.length.eq(length)]

        header, place, short = Signal(), Signal(2), Signal()  # where in the reply's memory a byte goes
        m.d.comb += write.address.eq(Mux(header, Cat(place, Const(0x1F, 5), ~short, Const(1, 1)), length))

        def advance() -> None:
            m.d.comb += forward.eq(1)
            m.d.sync += fresh.eq(1)

        def append(byte: ValueLike) -> None:
            """One more byte of the reply's payload."""
            m.d.comb += [write.enable.eq(1), write.data.eq(byte)]
            advance()

        def note(where: HeaderByte, byte: ValueLike) -> None:
            """A byte of the reply's header."""
            m.d.comb += [write.enable.eq(1), write.data.eq(byte), header.eq(1), place.eq(where)]

        def finish(code: isa.Status, *, following: str = "LENGTH") -> None:
            """The reply's status."""
            note(HeaderByte.STATUS, code)
            m.d.sync += running.eq(0)
            m.next = following

        def reset_core(code: isa.Status) -> None:
            m.d.sync += [self.core_reset.eq(1), offer.eq(0)]
            finish(code)

        with m.FSM(name="link") as fsm:
            m.d.comb += frames.hold.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                with m.If(frames.o.valid & sender.i.ready):
                    m.next = "CHECK"
            with m.State("CHECK"):
                with m.If(request.bad | ~request.stored):
                    m.next = "SHORT"
                with m.Elif(again & (request.command != isa.Command.HELLO)):
                    m.d.comb += frames.o.ready.eq(1)
                    m.next = "SEND"
                with m.Else():
                    note(HeaderByte.SEQ, request.seq)
                    m.d.comb += back.eq(1)
                    m.next = "EXECUTE"
            with m.State("EXECUTE"):
                m.d.comb += frames.o.ready.eq(1)
                m.d.sync += [seq.eq(request.seq), known.eq(request.command != isa.Command.HELLO), total.eq(request.length)]
                m.d.sync += [forced.eq(request.command == isa.Command.FEED), valued.eq(1), reading.eq(0), fresh.eq(1)]
                with m.If(~fits):
                    finish(isa.Status.BAD_COMMAND)
                with m.Else(), m.Switch(request.command):
                    with m.Case(isa.Command.HELLO):
                        finish(isa.Status.OK, following="SAY")
                    with m.Case(isa.Command.LOAD_BEGIN):
                        m.d.sync += [self.image_start.eq(1), self.core_reset.eq(1)]
                        m.next = "LOAD"
                    with m.Case(isa.Command.LOAD):
                        m.next = "LOAD"
                    with m.Case(isa.Command.FEED):
                        m.next = "START"
                    with m.Case(isa.Command.STEP):
                        advance()
                        m.next = "ARGUMENTS"
                    with m.Case(isa.Command.READ):
                        advance()
                        m.d.sync += reading.eq(1)
                        m.next = "ARGUMENTS"
                    with m.Case(isa.Command.SCRUB):
                        m.d.sync += self.scrub.eq(1)
                        finish(isa.Status.OK)
                    with m.Default():
                        finish(isa.Status.OK)

            with m.State("LOAD"):
                m.d.comb += loading.eq(1)
                with m.If(offer & self.image.ready):  # not `taken`: a long path from the core would end in the reply's memory
                    advance()
                with m.Elif(complete & ~fresh & self.image.ready):
                    m.d.comb += back.eq(1)
                    finish(isa.Status.OK, following="SAY")

            with m.State("ARGUMENTS"):
                m.d.comb += forward.eq(1)
                m.d.sync += [total.eq(Mux(reading, payload << 1, payload))]
                with m.Switch(length[:3]):
                    with m.Case(1):
                        m.d.sync += asked.space.eq(payload)
                        with m.If(reading):
                            m.d.sync += valued.eq(payload < len(isa.ReadSpace))
                        with m.Else():
                            m.d.comb += back.eq(1)
                            m.next = "START"
                    with m.Case(2):
                        m.d.sync += asked.address[:8].eq(payload)
                    with m.Case(3):
                        m.d.sync += [
                            asked.address[8 : isa.ADDRESS_BITS].eq(payload),
                            valued.eq(valued & ~payload[isa.ADDRESS_BITS - 8 :].any()),
                        ]
                    with m.Case(4):
                        m.d.comb += back.eq(1)
                        m.d.sync += valued.eq(valued & ~payload[7])
                        m.next = "START"

            with m.State("START"):
                m.d.comb += restart.eq(1)
                m.d.sync += [running.eq(~reading), fresh.eq(1)]
                m.next = "RUN"
                with m.If(reading):
                    m.next = "READ_WORD"
                with m.If(equal | ~valued):
                    finish(isa.Status.BAD_COMMAND)
                with m.Elif(~self.done):
                    finish(isa.Status.NOT_LOADED)

            with m.State("RUN"):
                m.d.comb += self.symbol.ready.eq(1)
                with m.If(self.symbol.valid):
                    append(self.symbol.payload)
                    m.d.comb += restart.eq(1)
                with m.Elif(complete):
                    finish(isa.Status.OK)
                with m.Elif(frames.o.valid & ~request.bad & (request.command == isa.Command.ABORT)):
                    m.d.comb += frames.o.ready.eq(1)
                    reset_core(isa.Status.ABORTED)
                with m.Elif(overdue):
                    reset_core(isa.Status.FAULT)
                with m.Elif(frames.o.valid & sender.i.ready):
                    m.next = "SHORT"

            with m.State("READ_WORD"):
                m.d.comb += restart.eq(1)
                with m.If(~fresh):
                    m.d.comb += self.read_request.valid.eq(~complete)
                    with m.If(complete):
                        finish(isa.Status.OK)
                    with m.Elif(self.read_request.ready):
                        m.next = "READ_LOW"
            with m.State("READ_LOW"):
                with m.If(self.read_data.valid):
                    append(self.read_data.payload[:8])
                    m.next = "READ_HIGH"
                with m.Elif(overdue):
                    reset_core(isa.Status.FAULT)
            with m.State("READ_HIGH"):
                m.d.comb += self.read_data.ready.eq(1)
                append(self.read_data.payload[8:])
                m.d.sync += asked.address[: isa.ADDRESS_BITS].eq(asked.address[: isa.ADDRESS_BITS] + 1)
                m.next = "READ_WORD"

            with m.State("SAY"):
                says = [
                    isa.LINK_VERSION,
                    self._comparators,
                    isa.LANES,
                    Cat(self.done, self.error, self.booting, self.flash_ready & ~known),
                    self.code,
                    self.section,
                    self.capture,
                    frames.dropped,
                ]
                state = 3
                with m.Switch(Cat(length[:3], known)):  # the reply of LOAD, which is `known`, is state and code only
                    for at, byte in enumerate(says):
                        with m.Case(f"0{at:03b}", *([f"1--{at - state}"] if at in (state, state + 1) else [])):
                            append(byte)
                with m.If(Mux(known, length[0], length[:3].all())):
                    m.next = "LENGTH"
            with m.State("LENGTH"):
                note(HeaderByte.LENGTH, length)
                m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += sender.i.valid.eq(1)
                with m.If(sender.i.ready):
                    m.next = "IDLE"

            with m.State("SHORT"):
                m.d.comb += short.eq(1)
                note(HeaderByte.SEQ, request.seq)
                m.next = "SHORT_STATUS"
            with m.State("SHORT_STATUS"):
                m.d.comb += [short.eq(1), frames.o.ready.eq(1)]
                note(HeaderByte.STATUS, Mux(request.bad, isa.Status.BAD_FRAME, isa.Status.BUSY))
                m.next = "SEND_SHORT"
            with m.State("SEND_SHORT"):
                m.d.comb += [sender.i.valid.eq(1), sender.i.payload.short.eq(1)]
                with m.If(sender.i.ready):
                    m.next = "IDLE"
                    with m.If(running):
                        m.next = "RUN"
        return m
