"""The link's commands: every request is answered once (docs/reference/link.md, docs/reference/blocks/link.md)."""

from amaranth.hdl import Module, Mux, Signal, Value, ValueLike, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from ..flash.bus import FlashStatus
from ..sdram.bus import SdramStatus
from .bus import ReadDataStream, ReadRequestStream, StepStream, SymbolStream
from .feed import PayloadFeed
from .frame import Command, FrameReceiver
from .loader import LoadStatus
from .reply import Place, ReplySender, StateReport
from .request import ArgumentReader, RequestCheck
from .uart import ReceivedByte

_GAP_TICKS = 4  # a gap is 2^4 ticks


class Link(wiring.Component):
    """Requests in, replies out: the commands of docs/reference/link.md, one request at a time.

    ::

        i --> FrameReceiver --> RequestCheck --> commands --> ReplySender --> o
                   |            ArgumentReader    ^    ^ |
                   |                  ^           |    | '--> read_request, core_reset, image_start, scrub
                   '--> PayloadFeed --'--> step   |    '----- symbol, read_data
                             '-----------> image  '---------- StateReport <-- load, flash

    A reply's first byte is offered within 40 clocks of what it waits for: the end of its request, the last symbol, the last word. A step of
    a core's run is offered when the symbol of the one before it was taken; a symbol is taken at once, or within 6 clocks. Words are read
    one at a time. LOAD_BEGIN ends the reading of the flash; LOAD and SCRUB are refused while it lasts. After reset no request has come.

    A silence of 2^``gap_bits`` clocks ends a frame, and 2^``watchdog_bits`` clocks without a symbol (in READ: a word) end a request. Both
    times are counted in whole ticks of 2^(``gap_bits`` - 4) clocks: they are never shorter, and at most one tick longer.

    ``width``: told in HELLO, as is the state of an SDRAM that belongs to it. ``flash``: whether there is one; without it SCRUB is refused.
    ``learns``: told likewise, and whether tables have ``changed``; there are tables to read.
    ``cores``: told likewise. Of several, ``step_core`` is the one that a step is offered to, ``symbol_core`` the one whose symbol or word
    is awaited, which is also asked for it; all by turns, so many steps are offered before the first one's symbol is taken.
    """

    def __init__(
        self,
        *,
        width: isa.Width,
        flash: bool = True,
        cores: int = 1,
        learns: bool = False,
        gap_bits: int = 16,
        watchdog_bits: int = 24,
    ) -> None:
        if not 6 <= gap_bits <= 24:
            raise ValueError(f"gap_bits must be 6..24, not {gap_bits!r}")
        if not gap_bits <= watchdog_bits <= 32:
            raise ValueError(f"watchdog_bits must be {gap_bits}..32, not {watchdog_bits!r}")
        self._width, self._has_flash, self._cores, self._learns = width, flash, cores, learns
        self._tick_bits, self._wait_bits = gap_bits - _GAP_TICKS, watchdog_bits - gap_bits + _GAP_TICKS
        super().__init__(
            {
                "i": In(stream.Signature(ReceivedByte, always_ready=True)),  # off the line
                "o": Out(stream.Signature(unsigned(8))),  # to the line
                "image": Out(stream.Signature(unsigned(8))),  # bytes of LOAD_BEGIN and LOAD for the loader
                "image_start": Out(1),  # one clock before those of LOAD_BEGIN
                "scrub": Out(1),  # one clock of SCRUB
                "load": In(LoadStatus),  # stands when `image` is ready again, the error's code a clock later
                **({"flash": In(FlashStatus)} if flash else {}),
                **({"sdram": In(SdramStatus)} if width.far_banks > 1 else {}),
                "step": Out(StepStream),
                "symbol": In(SymbolStream),
                "read_request": Out(ReadRequestStream),
                "read_data": In(ReadDataStream),
                **({"changed": In(1)} if learns else {}),  # for HELLO
                "core_reset": Out(1),  # one clock after LOAD_BEGIN, an abort or a fault
                **({"step_core": Out(range(cores)), "symbol_core": Out(range(cores))} if cores > 1 else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.frames = frames = FrameReceiver(cores=self._cores)
        m.submodules.check = check = RequestCheck(flash=self._has_flash, cores=self._cores)
        m.submodules.arguments = arguments = ArgumentReader(width=self._width, cores=self._cores, learns=self._learns)
        m.submodules.feed = feed = PayloadFeed(cores=self._cores)
        m.submodules.report = report = StateReport(width=self._width, flash=self._has_flash, cores=self._cores, learns=self._learns)
        m.submodules.sender = sender = ReplySender()
        clocks = Signal(self._tick_bits, reset_less=True)  # of a tick
        waited = Signal(self._wait_bits + 1, reset_less=True)  # ticks since `restart`
        restart = Signal()  # a symbol or a word is waited for
        overdue = waited[-1] & waited[0]
        aborted = Signal()  # a clock ago an ABORT waited to be taken,
        broken = Signal()  # or the watchdog's time was over
        busy = Signal()  # a clock ago another frame waited

        wiring.connect(m, wiring.flipped(self.i), frames.i)
        wiring.connect(m, frames.payload, feed.payload)
        wiring.connect(m, feed.step, wiring.flipped(self.step))
        wiring.connect(m, feed.image, wiring.flipped(self.image))
        wiring.connect(m, sender.o, wiring.flipped(self.o))
        wiring.connect(m, wiring.flipped(self.load), report.load)
        if self._width.far_banks > 1:
            wiring.connect(m, wiring.flipped(self.sdram), report.sdram)
        if self._has_flash:
            wiring.connect(m, wiring.flipped(self.flash), report.flash)
            m.d.comb += check.booting.eq(self.flash.active)
        if self._cores > 1:
            m.d.comb += feed.spread.eq(arguments.spread)
            m.d.comb += [
                self.step_core.eq(Mux(arguments.spread, feed.ahead, arguments.core)),
                self.symbol_core.eq(Mux(arguments.spread, feed.length, arguments.core)),
            ]
        if self._learns:
            m.d.comb += report.changed.eq(self.changed)
        m.d.comb += [frames.tick.eq(clocks.all()), check.request.eq(frames.o.payload)]
        m.d.comb += [arguments.request.eq(frames.o.payload), arguments.at.eq(feed.length[:3]), arguments.byte.eq(frames.payload.data)]
        m.d.comb += [feed.total.eq(arguments.total), feed.forced.eq(arguments.forced)]
        m.d.comb += [report.at.eq(feed.length[:4]), report.brief.eq(check.known), report.dropped.eq(frames.dropped)]
        m.d.comb += [sender.length.eq(feed.length), self.read_request.payload.eq(arguments.word)]
        m.d.sync += [clocks.eq(clocks + 1), self.core_reset.eq(feed.cancel), self.image_start.eq(0), self.scrub.eq(0)]
        aborts = frames.o.valid & ~frames.o.payload.bad & (frames.o.payload.command == Command.ABORT)
        m.d.sync += [aborted.eq(aborts), broken.eq(aborts | (overdue & ~restart)), busy.eq(frames.o.valid & ~aborts)]
        with m.If(frames.tick):
            m.d.sync += waited.eq(waited + 1)
        with m.If(restart):
            m.d.sync += waited.eq(0)

        with m.FSM(name="command") as fsm:
            m.d.comb += frames.hold.eq(~fsm.ongoing("IDLE"))
            self._accept(m)
            self._load(m)
            self._begin(m, restart=restart)
            self._run(m, restart=restart, aborted=aborted, broken=broken, busy=busy)
            self._read(m, restart=restart, overdue=overdue)
            self._answer(m)
            self._answer_short(m)
        return m

    def _accept(self, m: Module) -> None:
        """A request comes, and is sent where it belongs."""
        frames, check, feed, sender = m.submodules.frames, m.submodules.check, m.submodules.feed, m.submodules.sender
        request = frames.o.payload
        with m.State("IDLE"), m.If(frames.o.valid & sender.i.ready):
            m.next = "CHECK"
        with m.State("CHECK"):
            with m.If(request.bad | ~request.stored):
                m.next = "SHORT"
            with m.Elif(check.again & (request.command != Command.HELLO)):
                m.d.comb += frames.o.ready.eq(1)
                m.next = "SEND"
            with m.Else():
                self._write(m, Place.SEQ, request.seq)
                m.d.comb += feed.back.eq(1)
                m.next = "EXECUTE"
        with m.State("EXECUTE"):
            m.d.comb += [frames.o.ready.eq(1), check.accept.eq(1), m.submodules.arguments.begin.eq(1), feed.fetch.eq(1)]
            with m.If(~check.fits):
                self._finish(m, isa.Status.BAD_COMMAND)
            with m.Else(), m.Switch(request.command):
                with m.Case(Command.HELLO):
                    self._finish(m, isa.Status.OK, following="SAY")
                with m.Case(Command.LOAD_BEGIN):
                    m.d.sync += [self.image_start.eq(1), self.core_reset.eq(1)]
                    m.next = "LOAD"
                with m.Case(Command.LOAD):
                    m.next = "LOAD"
                with m.Case(Command.FEED):
                    m.next = "START"
                with m.Case(Command.STEP, Command.READ):
                    m.d.comb += feed.forward.eq(1)
                    m.next = "ARGUMENTS"
                with m.Case(Command.SCRUB):
                    m.d.sync += self.scrub.eq(1)
                    self._finish(m, isa.Status.OK)
                with m.Default():
                    self._finish(m, isa.Status.OK)

    def _load(self, m: Module) -> None:
        """LOAD_BEGIN, LOAD: the payload goes to the loader."""
        feed = m.submodules.feed
        with m.State("LOAD"):
            m.d.comb += feed.loading.eq(1)
            with m.If(feed.image.valid & feed.image.ready):
                m.d.comb += feed.forward.eq(1)
            with m.Elif(feed.complete & ~feed.fetching & feed.image.ready):
                m.d.comb += feed.back.eq(1)
                self._finish(m, isa.Status.OK, following="SAY")

    def _begin(self, m: Module, *, restart: Signal) -> None:
        """STEP, FEED, READ: the arguments, and whether there is something to run."""
        arguments, feed = m.submodules.arguments, m.submodules.feed
        with m.State("ARGUMENTS"):
            m.d.comb += [feed.forward.eq(1), arguments.take.eq(1)]
            with m.If(arguments.last):
                m.d.comb += feed.back.eq(1)
                m.next = "START"
        with m.State("START"):
            m.d.comb += [restart.eq(1), feed.fetch.eq(1)]
            m.d.sync += feed.running.eq(~arguments.reading)
            m.next = "RUN"
            with m.If(arguments.reading):
                m.next = "READ_WORD"
            with m.If(~arguments.valid):
                self._finish(m, isa.Status.BAD_COMMAND)
            with m.Elif(~self.load.done):
                self._finish(m, isa.Status.NOT_LOADED)

    def _run(self, m: Module, *, restart: Signal, aborted: Signal, broken: Signal, busy: Signal) -> None:
        """STEP, FEED: symbols come until all steps have ended."""
        frames, feed = m.submodules.frames, m.submodules.feed
        with m.State("RUN"):
            m.d.comb += self.symbol.ready.eq(1)
            with m.If(self.symbol.valid):
                self._append(m, self.symbol.payload)
                m.d.comb += restart.eq(1)
            with m.Elif(feed.complete):
                self._finish(m, isa.Status.OK)
            with m.Elif(broken):
                m.d.comb += frames.o.ready.eq(aborted)
                self._cancel(m, Mux(aborted, isa.Status.ABORTED, isa.Status.FAULT))
            with m.Elif(busy & m.submodules.sender.i.ready):
                m.next = "SHORT"

    def _read(self, m: Module, *, restart: Signal, overdue: Value) -> None:
        """READ: word by word, two bytes each."""
        feed = m.submodules.feed
        with m.State("READ_WORD"):
            m.d.comb += restart.eq(1)
            with m.If(~feed.fetching):
                m.d.comb += self.read_request.valid.eq(~feed.complete)
                with m.If(feed.complete):
                    self._finish(m, isa.Status.OK)
                with m.Elif(self.read_request.ready):
                    m.next = "READ_LOW"
        with m.State("READ_LOW"):
            with m.If(self.read_data.valid):
                self._append(m, self.read_data.payload[:8])
                m.next = "READ_HIGH"
            with m.Elif(overdue):
                self._cancel(m, isa.Status.FAULT)
        with m.State("READ_HIGH"):
            m.d.comb += [self.read_data.ready.eq(1), m.submodules.arguments.advance.eq(1)]
            self._append(m, self.read_data.payload[8:])
            m.next = "READ_WORD"

    def _answer(self, m: Module) -> None:
        """The kept reply, which a repeated request gets again."""
        report, sender = m.submodules.report, m.submodules.sender
        with m.State("SAY"):
            self._append(m, report.byte)
            with m.If(report.last):
                m.next = "LENGTH"
        with m.State("LENGTH"):
            self._write(m, Place.LENGTH, m.submodules.feed.length)
            m.next = "SEND"
        with m.State("SEND"):
            m.d.comb += sender.i.valid.eq(1)
            with m.If(sender.i.ready):
                m.next = "IDLE"

    def _answer_short(self, m: Module) -> None:
        """BAD_FRAME and BUSY, which leave the kept reply alone."""
        frames, sender = m.submodules.frames, m.submodules.sender
        request, short = frames.o.payload, sender.write.payload.short
        with m.State("SHORT"):
            m.d.comb += short.eq(1)
            self._write(m, Place.SEQ, request.seq)
            m.next = "SHORT_STATUS"
        with m.State("SHORT_STATUS"):
            m.d.comb += [short.eq(1), frames.o.ready.eq(1)]
            self._write(m, Place.STATUS, Mux(request.bad, isa.Status.BAD_FRAME, isa.Status.BUSY))
            m.next = "SEND_SHORT"
        with m.State("SEND_SHORT"):
            m.d.comb += [sender.i.valid.eq(1), sender.i.payload.short.eq(1)]
            with m.If(sender.i.ready):
                m.next = "IDLE"
                with m.If(m.submodules.feed.running):
                    m.next = "RUN"

    def _write(self, m: Module, place: ValueLike, byte: ValueLike) -> None:
        """A byte of the reply."""
        write = m.submodules.sender.write
        m.d.comb += [write.valid.eq(1), write.payload.place.eq(place), write.payload.data.eq(byte)]

    def _append(self, m: Module, byte: ValueLike) -> None:
        """One more byte of the reply's payload."""
        self._write(m, Place.PAYLOAD, byte)
        m.d.comb += m.submodules.feed.forward.eq(1)

    def _finish(self, m: Module, status: ValueLike, *, following: str = "LENGTH") -> None:
        """The reply's status."""
        self._write(m, Place.STATUS, status)
        m.d.sync += m.submodules.feed.running.eq(0)
        m.next = following

    def _cancel(self, m: Module, status: ValueLike) -> None:
        """The core is reset, and the request ends with ``status``."""
        m.d.comb += m.submodules.feed.cancel.eq(1)
        self._finish(m, status)
