"""The link's commands: loads images, runs steps, reads words, and answers every request once.

Reference pages: docs/reference/link.md (the protocol), docs/reference/blocks/link.md.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, ValueLike, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import ReadDataStream, ReadRequest, ReadRequestStream, StepStream, SymbolStream
from .frame import FrameReceiver
from .reply import HEADER, ReplySender
from .uart import ReceivedByte

__all__ = ["Link"]

_GAP_TICKS = 4  # a gap is 2^4 ticks, counted in whole ticks
_VERSION, _STATE, _HEADER = 1, 4, 8  # where replies begin in the list of what is said: HELLO, LOAD, the rest


class Link(wiring.Component):
    """Requests in, replies out: the commands of docs/reference/link.md.

    ``i``, ``o``: bytes of the line. ``image``: bytes of LOAD_BEGIN and LOAD for the loader, after ``image_start`` (one clock) in case of
    LOAD_BEGIN. ``done``, ``error``, ``code``: the loader's; they stand when ``image`` is ready again. ``booting``: the flash is being read;
    LOAD is refused meanwhile, LOAD_BEGIN ends it. ``step``: valid while steps of a run remain, except in the clock after a transfer.
    ``symbol``: taken at once, or within 6 clocks. ``read_request``, ``read_data``: one word at a time. ``core_reset``: high for one clock
    after LOAD_BEGIN, an abort, or 2^``watchdog_bits`` clocks without a symbol (in READ: a word). A silence of 2^``gap_bits`` clocks ends a
    frame. Both times are counted in whole ticks of 2^(``gap_bits`` - 4) clocks: they are never shorter, and at most one tick longer.

    A reply's first byte is offered within 20 clocks of what it waits for: the end of its request, the last symbol, the last word.
    """

    def __init__(self, *, comparators: int, gap_bits: int = 16, watchdog_bits: int = 24) -> None:
        if not 6 <= gap_bits <= 24:
            raise ValueError(f"gap_bits must be 6..24, not {gap_bits!r}")
        if not gap_bits <= watchdog_bits <= 32:
            raise ValueError(f"watchdog_bits must be {gap_bits}..32, not {watchdog_bits!r}")
        self._comparators, self._gap_bits, self._watchdog_bits = comparators, gap_bits, watchdog_bits
        super().__init__(
            {
                "i": In(stream.Signature(ReceivedByte, always_ready=True)),
                "o": Out(stream.Signature(unsigned(8))),
                "image": Out(stream.Signature(unsigned(8))),
                "image_start": Out(1),
                "done": In(1),
                "error": In(1),
                "code": In(isa.LoadError),
                "booting": In(1),
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
        status = Signal(isa.Status, reset_less=True)  # of the reply that is kept
        total = Signal(8, reset_less=True)  # payload bytes to load, steps to run, or bytes to read
        index = Signal(8, reset_less=True)  # of the next byte of the request's payload
        length = Signal(8, reset_less=True)  # payload bytes of the reply so far
        complete = Signal(reset_less=True)  # the reply's payload was, a clock ago
        m.d.sync += complete.eq(length == total)
        offer, taken = Signal(), Signal()  # a step or a byte of an image
        running, loading, reading = Signal(), Signal(), Signal(reset_less=True)
        valued = Signal(reset_less=True)  # READ asks for words that there are
        short = Signal()  # the reply is BAD_FRAME or BUSY, and not kept
        said = Signal(4, init=_HEADER)  # what is written into the reply next
        ticks = Signal(self._gap_bits - _GAP_TICKS, reset_less=True)
        waited = Signal(self._watchdog_bits - len(ticks) + 1, reset_less=True)  # ticks since a symbol or a word
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
            with m.Default():
                m.d.sync += fits.eq(0)
        m.d.sync += again.eq(known & (seq == request.seq))

        # A run's symbols and an image's bytes leave the payload memory alike; the memory is a clock behind the index.
        m.d.comb += [
            frames.read_address.eq(index),
            self.step.payload.symbol.eq(payload),
            self.step.payload.forced.eq(forced),
            self.read_request.payload.eq(asked),
            self.image.payload.eq(payload),
            self.step.valid.eq(offer & running),
            self.image.valid.eq(offer & ~running),
            taken.eq(offer & Mux(running, self.step.ready, self.image.ready)),
        ]
        with m.If(taken):
            m.d.sync += [index.eq(index + 1), offer.eq(0)]
        with m.Else():
            m.d.sync += offer.eq((running | loading) & (index != total))
        m.d.sync += [ticks.eq(ticks + 1), waited.eq(waited + frames.tick), self.core_reset.eq(0)]
        m.d.comb += [frames.tick.eq(ticks.all()), sender.length.eq(length), write.address.eq(length)]

        def append(byte: ValueLike) -> None:
            """One more byte of the reply's payload."""
            m.d.comb += [write.enable.eq(1), write.data.eq(byte)]
            m.d.sync += length.eq(length + 1)

        def finish(code: isa.Status, *, first: int = _HEADER) -> None:
            """The reply, from what is ``said`` first."""
            m.d.sync += [status.eq(code), running.eq(0), said.eq(first)]
            m.next = "SAY"

        def reset_core(code: isa.Status) -> None:
            m.d.sync += [self.core_reset.eq(1), offer.eq(0)]
            finish(code)

        with m.FSM(name="link") as fsm:
            m.d.comb += frames.hold.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += index.eq(0)
                with m.If(frames.o.valid & sender.i.ready):
                    m.next = "CHECK"
            with m.State("CHECK"):
                with m.If(request.bad | ~request.stored):
                    m.d.sync += short.eq(1)
                    m.next = "SAY"
                with m.Elif(again & (request.command != isa.Command.HELLO)):
                    m.d.comb += frames.o.ready.eq(1)
                    m.next = "SEND"
                with m.Else():
                    m.next = "EXECUTE"
            with m.State("EXECUTE"):
                m.d.comb += frames.o.ready.eq(1)
                m.d.sync += [seq.eq(request.seq), known.eq(request.command != isa.Command.HELLO), total.eq(request.length), length.eq(0)]
                m.d.sync += [forced.eq(request.command == isa.Command.FEED), valued.eq(1), reading.eq(0)]
                with m.If(~fits):
                    finish(isa.Status.BAD_COMMAND)
                with m.Else(), m.Switch(request.command):
                    with m.Case(isa.Command.HELLO):
                        finish(isa.Status.OK, first=_VERSION)
                    with m.Case(isa.Command.LOAD_BEGIN):
                        m.d.comb += self.image_start.eq(1)
                        m.d.sync += self.core_reset.eq(1)
                        m.next = "LOAD"
                    with m.Case(isa.Command.LOAD):
                        m.next = "LOAD"
                    with m.Case(isa.Command.FEED):
                        m.next = "START"
                    with m.Case(isa.Command.STEP):
                        m.d.sync += total.eq(payload)
                        m.next = "START"
                    with m.Case(isa.Command.READ):
                        m.d.sync += [index.eq(index + 1), reading.eq(1)]
                        m.next = "READ"
                    with m.Default():
                        finish(isa.Status.OK)

            with m.State("LOAD"):
                m.d.comb += loading.eq(1)
                with m.If((index == total) & ~offer & self.image.ready):
                    finish(isa.Status.OK, first=_STATE)

            with m.State("READ"):
                m.d.sync += index.eq(index + 1)
                with m.Switch(index[:3]):
                    with m.Case(1):
                        m.d.sync += [asked.space.eq(payload), valued.eq(payload < len(isa.ReadSpace))]
                    with m.Case(2):
                        m.d.sync += asked.address[:8].eq(payload)
                    with m.Case(3):
                        m.d.sync += [
                            asked.address[8 : isa.ADDRESS_BITS].eq(payload),
                            valued.eq(valued & ~payload[isa.ADDRESS_BITS - 8 :].any()),
                        ]
                    with m.Case(4):
                        m.d.sync += [total.eq(payload << 1), valued.eq(valued & ~payload[7])]
                        m.next = "START"

            with m.State("START"):
                m.d.sync += [waited.eq(0), running.eq(~reading)]
                m.next = "RUN"
                with m.If(reading):
                    m.next = "READ_WORD"
                with m.If((total == 0) | ~valued):
                    finish(isa.Status.BAD_COMMAND)
                with m.Elif(~self.done):
                    finish(isa.Status.NOT_LOADED)

            with m.State("RUN"):
                m.d.comb += self.symbol.ready.eq(1)
                with m.If(self.symbol.valid):
                    append(self.symbol.payload)
                    m.d.sync += waited.eq(0)
                with m.Elif(complete):
                    finish(isa.Status.OK)
                with m.Elif(frames.o.valid & ~request.bad & (request.command == isa.Command.ABORT)):
                    m.d.comb += frames.o.ready.eq(1)
                    reset_core(isa.Status.ABORTED)
                with m.Elif(overdue):
                    reset_core(isa.Status.FAULT)
                with m.Elif(frames.o.valid & sender.i.ready):
                    m.d.sync += short.eq(1)
                    m.next = "SAY"

            with m.State("READ_WORD"):
                m.d.sync += waited.eq(0)
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
                m.next = "READ_NEXT"
            with m.State("READ_NEXT"):  # `complete` counts the byte just written
                m.next = "READ_WORD"

            with m.State("SAY"):
                says = {
                    _VERSION: isa.LINK_VERSION,
                    _VERSION + 1: self._comparators,
                    _VERSION + 2: isa.LANES,
                    _STATE: Cat(self.done, self.error, self.booting),
                    _STATE + 1: self.code,
                    _STATE + 2: frames.dropped[:8],
                    _STATE + 3: frames.dropped[8:],
                    _HEADER: Mux(short, Mux(request.bad, 0, request.seq), seq),
                    _HEADER + 1: Mux(short, Mux(request.bad, isa.Status.BAD_FRAME, isa.Status.BUSY), status),
                    _HEADER + 2: Mux(short, 0, length),
                }
                m.d.comb += write.enable.eq(1)
                m.d.sync += said.eq(said + 1)
                with m.Switch(said):
                    for at, byte in says.items():
                        with m.Case(at):
                            m.d.comb += write.data.eq(byte)
                with m.If(said >= _HEADER):
                    m.d.comb += write.address.eq(Cat(said[:2], short, Const(HEADER >> 3, 6)))
                with m.Else():
                    m.d.sync += length.eq(length + 1)
                with m.If((said == _STATE + 1) & known):  # LOAD tells state and code only
                    m.d.sync += said.eq(_HEADER)
                with m.If(said == _HEADER + 2):
                    m.d.comb += frames.o.ready.eq(short)
                    m.d.sync += said.eq(_HEADER)
                    m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += [sender.i.valid.eq(1), sender.i.payload.short.eq(short)]
                with m.If(sender.i.ready):
                    m.d.sync += short.eq(0)
                    m.next = "IDLE"
                    with m.If(running):
                        m.next = "RUN"
        return m
