"""The link's commands: loads images, runs steps, reads words, and answers every request once.

Reference pages: docs/reference/link.md (the protocol), docs/reference/blocks/link.md.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, ValueLike, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import ReadDataStream, ReadRequestStream, StepStream, SymbolStream
from .frame import FrameReceiver
from .reply import HEADER, ReplySender
from .uart import ReceivedByte

__all__ = ["Link"]


class Link(wiring.Component):
    """Requests in, replies out: the commands of docs/reference/link.md.

    ``i``, ``o``: bytes of the line. ``image``: bytes of LOAD_BEGIN and LOAD for the loader, after ``image_start`` (one clock) in case of
    LOAD_BEGIN. ``done``, ``error``, ``code``: the loader's; they stand when ``image`` is ready again. ``booting``: the flash is being read;
    LOAD is refused meanwhile, LOAD_BEGIN ends it. ``step``: valid while steps of a run remain, except in the clock after a transfer.
    ``symbol``: taken at once, or within 6 clocks. ``read_request``, ``read_data``: one word at a time. ``core_reset``: high for one clock
    after LOAD_BEGIN, an abort, or 2^``watchdog_bits`` clocks without a symbol (in READ: a word).

    A reply's first byte is offered within 20 clocks of what it waits for: the end of its request, the last symbol, the last word.
    """

    def __init__(self, *, comparators: int, gap_bits: int = 16, watchdog_bits: int = 24) -> None:
        if not 1 <= watchdog_bits <= 32:
            raise ValueError(f"watchdog_bits must be 1..32, not {watchdog_bits!r}")
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
        m.submodules.frames = frames = FrameReceiver(gap_bits=self._gap_bits)
        m.submodules.sender = sender = ReplySender()
        wiring.connect(m, wiring.flipped(self.i), frames.i)
        wiring.connect(m, sender.o, wiring.flipped(self.o))

        request = frames.o.payload
        payload = frames.read_data
        seq, known = Signal(8), Signal()  # of the request executed last, which is not executed again
        again, fits = Signal(), Signal()  # the request has that seq; it has the right length for its command
        short = Signal()  # the reply is BAD_FRAME or BUSY, and not kept
        running = Signal()
        status = Signal(isa.Status)  # of the reply that is kept
        total = Signal(8)  # payload bytes, steps or words of the command
        index = Signal(8)  # of those, done so far
        length = Signal(8)  # payload bytes of the reply so far
        place = Signal(2)  # in the reply's header
        valued = Signal()  # READ asks for a space that there is
        waited = Signal(self._watchdog_bits + 1)
        overdue = waited[-1]
        write = sender.write

        m.d.comb += [frames.read_address.eq(index), write.address.eq(length)]
        m.d.comb += self.image.payload.eq(payload)
        m.d.sync += [again.eq(known & (seq == request.seq)), waited.eq(waited + 1), self.core_reset.eq(0), self.step.valid.eq(0)]
        m.d.comb += self.step.payload.symbol.eq(payload)
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

        def append(byte: ValueLike) -> None:
            """One more byte of the reply's payload."""
            m.d.comb += [write.enable.eq(1), write.data.eq(byte)]
            m.d.sync += length.eq(length + 1)

        def finish(code: isa.Status) -> None:
            m.d.sync += [status.eq(code), running.eq(0)]
            m.next = "HEADER"

        def reset_core(code: isa.Status) -> None:
            m.d.sync += [self.core_reset.eq(1), self.step.valid.eq(0)]
            finish(code)

        with m.FSM(name="link") as fsm:
            m.d.comb += frames.hold.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += [index.eq(0), length.eq(0)]
                with m.If(frames.o.valid & sender.i.ready):
                    m.next = "CHECK"
            with m.State("CHECK"):
                with m.If(request.bad | ~request.stored):
                    m.d.sync += short.eq(1)
                    m.next = "HEADER"
                with m.Elif(again & (request.command != isa.Command.HELLO)):
                    m.d.comb += frames.o.ready.eq(1)
                    m.next = "SEND"
                with m.Else():
                    m.next = "EXECUTE"
            with m.State("EXECUTE"):
                m.d.comb += frames.o.ready.eq(1)
                m.d.sync += [seq.eq(request.seq), known.eq(request.command != isa.Command.HELLO), total.eq(request.length)]
                m.d.sync += self.step.payload.forced.eq(request.command == isa.Command.FEED)
                with m.If(~fits):
                    finish(isa.Status.BAD_COMMAND)
                with m.Else(), m.Switch(request.command):
                    with m.Case(isa.Command.HELLO):
                        m.next = "HELLO"
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
                        m.d.sync += index.eq(1)
                        m.next = "READ_SPACE"
                    with m.Default():
                        finish(isa.Status.OK)

            with m.State("HELLO"):
                says = [isa.LINK_VERSION, self._comparators, isa.LANES, Cat(self.done, self.error, self.booting), self.code]
                says += [frames.dropped[:8], frames.dropped[8:]]
                with m.Switch(length[:3]):
                    for at, byte in enumerate(says):
                        with m.Case(at):
                            append(byte)
                with m.If(length == len(says) - 1):
                    finish(isa.Status.OK)

            with m.State("LOAD"):  # the memory has to follow the index
                m.next = "LOAD_BYTE"
            with m.State("LOAD_BYTE"):
                with m.If(index == total):
                    with m.If(self.image.ready):
                        m.next = "LOAD_STATE"
                with m.Else():
                    m.d.comb += self.image.valid.eq(1)
                    with m.If(self.image.ready):
                        m.d.sync += index.eq(index + 1)
                        m.next = "LOAD"
            with m.State("LOAD_STATE"):
                append(Cat(self.done, self.error))
                m.next = "LOAD_CODE"
            with m.State("LOAD_CODE"):
                append(self.code)
                finish(isa.Status.OK)

            with m.State("START"):
                m.d.sync += [waited.eq(0), running.eq(1)]
                m.next = "RUN"
                with m.If(total == 0):
                    finish(isa.Status.BAD_COMMAND)
                with m.Elif(~self.done):
                    finish(isa.Status.NOT_LOADED)
            with m.State("RUN"):
                m.d.comb += self.symbol.ready.eq(1)
                with m.If(self.step.valid & self.step.ready):
                    m.d.sync += index.eq(index + 1)
                with m.Else():
                    m.d.sync += self.step.valid.eq(index != total)
                with m.If(self.symbol.valid):
                    append(self.symbol.payload)
                    m.d.sync += waited.eq(0)
                with m.Elif(length == total):
                    finish(isa.Status.OK)
                with m.Elif(frames.o.valid & ~request.bad & (request.command == isa.Command.ABORT)):
                    m.d.comb += frames.o.ready.eq(1)
                    reset_core(isa.Status.ABORTED)
                with m.Elif(overdue):
                    reset_core(isa.Status.FAULT)
                with m.Elif(frames.o.valid & sender.i.ready):
                    m.d.sync += short.eq(1)
                    m.next = "HEADER"

            with m.State("READ_SPACE"):
                m.d.sync += [self.read_request.payload.space.eq(payload), valued.eq(payload < len(isa.ReadSpace)), index.eq(2)]
                m.next = "READ_LOW"
            with m.State("READ_LOW"):
                m.d.sync += [self.read_request.payload.address[:8].eq(payload), index.eq(3)]
                m.next = "READ_HIGH"
            with m.State("READ_HIGH"):
                m.d.sync += [self.read_request.payload.address[8:].eq(payload), index.eq(0)]
                m.next = "READ_COUNT"
            with m.State("READ_COUNT"):
                m.d.sync += total.eq(payload)
                m.next = "READ_CHECK"
            with m.State("READ_CHECK"):
                m.next = "READ_WORD"
                with m.If((total == 0) | total[7] | ~valued):
                    finish(isa.Status.BAD_COMMAND)
                with m.Elif(~self.done):
                    finish(isa.Status.NOT_LOADED)
            with m.State("READ_WORD"):
                m.d.sync += waited.eq(0)
                with m.If(index == total):
                    finish(isa.Status.OK)
                with m.Else():
                    m.d.comb += self.read_request.valid.eq(1)
                    with m.If(self.read_request.ready):
                        m.next = "READ_DATA"
            with m.State("READ_DATA"):
                with m.If(self.read_data.valid):
                    append(self.read_data.payload[:8])
                    m.next = "READ_REST"
                with m.Elif(overdue):
                    reset_core(isa.Status.FAULT)
            with m.State("READ_REST"):
                m.d.comb += self.read_data.ready.eq(1)
                append(self.read_data.payload[8:])
                m.d.sync += [index.eq(index + 1), self.read_request.payload.address.eq(self.read_request.payload.address + 1)]
                m.next = "READ_WORD"

            with m.State("HEADER"):
                m.d.comb += [write.address.eq(Cat(place, short, Const(HEADER >> 3, 6))), write.enable.eq(1)]
                with m.Switch(place):
                    with m.Case(0):
                        m.d.comb += write.data.eq(Mux(short, Mux(request.bad, 0, request.seq), seq))
                    with m.Case(1):
                        m.d.comb += write.data.eq(Mux(short, Mux(request.bad, isa.Status.BAD_FRAME, isa.Status.BUSY), status))
                    with m.Default():
                        m.d.comb += write.data.eq(Mux(short, 0, length))
                m.d.sync += place.eq(place + 1)
                with m.If(place == 2):
                    m.d.sync += place.eq(0)
                    m.d.comb += frames.o.ready.eq(short)
                    m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += [sender.i.valid.eq(1), sender.i.payload.short.eq(short)]
                with m.If(sender.i.ready):
                    m.d.sync += short.eq(0)
                    m.next = "IDLE"
                    with m.If(running):
                        m.next = "RUN"
        return m
