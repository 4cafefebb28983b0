"""Flash controller: wakes the chip, finds when to sample its answers, streams the memory image, then serves table rows.

Reference page: docs/reference/blocks/flash.md. Sections named below are those of Winbond's data sheet of the W25Q128JV.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards import W25Q128JV, FlashPart
from firmware import isa
from hdl.core.layouts import far_words, row_stream
from hdl.flash.bus import FlashPins, FlashStatus
from hdl.flash.gearbox import Gearbox
from hdl.flash.wave import ADDRESS_STEPS, Command, StepCounter, WaveMaker


class FlashController(wiring.Component):
    """Starts the chip, then serves rows. Its pins must go to cells that behave like ``amaranth.lib.io``'s buffers on iCE40.

    ::

        reset, start --> FFh FFh ABh 50h 31h 02h --> 94h, capture 3..0 --> EBh, image --> o
                                                          |                 |
                                                          '--> fail         '--> row --> address, mode, dummies, bytes --> data

    A *step* is a byte on four lines: one clock with ``nibbles`` = 2 (SCK at twice the clock, domain ``flash``), two clocks with 1 (SCK at
    the clock, no other domain).

    A row transfers in the last step of its address phase, when bytes of the previous row may still be on their way. Every row takes a step
    a byte and 7 more: 6 for address, mode and dummies, 1 for CS#. Its bytes come a step apart without a gap, the first of them 5 steps and
    a clock after the transfer. Rows wait while ``status`` is not ready.

    ``start`` repeats the start sequence and then reads the image; rows under way end first. Reset does the same. From reset (if ``boot``)
    or ``start`` on, an image is wanted (``status`` is active), until ``stop`` or ``fail``. Its bytes leave from ``offset`` on without end;
    each is requested when the one before is taken. After ``stop`` the rest of the start sequence is completed, and then rows are served.

    ``parts``: those that may be there, tried in turn. The answer to a part's probe is its own, or else ``head``, the first eight bytes of
    an image. If it was seen of no part at any sampling instant (:mod:`hdl.flash.gearbox`), the controller is not ready until ``start``;
    otherwise ``capture`` is the latest instant at which it was seen, and ``start`` begins with that part.

    ``width``: of the core whose rows are served.
    ``pause_bits``: before each command CS# is high for 2^``pause_bits`` clocks less a slot, which must be 3 us (tRES1, section 9.6).
    """

    def __init__(
        self,
        *,
        width: isa.Width,
        offset: int,
        nibbles: int,
        parts: Sequence[FlashPart] = (W25Q128JV,),
        head: bytes = b"",
        pause_bits: int = 8,
        boot: bool = True,
    ) -> None:
        if nibbles not in (1, 2):
            raise ValueError(f"nibbles must be 1 or 2, not {nibbles!r}")
        shortest = 5 - nibbles  # of pause_bits: eight steps
        if not 0 <= offset < 1 << 24:
            raise ValueError(f"offset must be 0..{(1 << 24) - 1}, not {offset!r}")
        if not shortest <= pause_bits <= shortest + 7:
            raise ValueError(f"pause_bits must be {shortest}..{shortest + 7} with {nibbles} nibbles a clock, not {pause_bits!r}")
        self._offset, self._nibbles, self._parts, self._boot = offset, nibbles, parts, boot
        self._answers = [part.answer or head for part in parts]
        if not parts or not all(len(answer) in (1, 2, 4, 8) for answer in self._answers):
            raise ValueError(f"head must be 8 bytes where a part has no answer, and there must be a part, not {head!r} and {len(parts)}")
        self._pause = (1 << pause_bits - shortest) - 1  # eights of steps, less one
        self._width = width
        super().__init__(
            {
                "row": In(row_stream(width)),  # a row of tables
                "data": Out(far_words(1)),  # its bytes, out of registers
                "start": In(1),  # one clock: all from the beginning; wins over `stop`
                "stop": In(1),  # no image is wanted
                "o": Out(stream.Signature(unsigned(8))),  # bytes of the image
                "status": Out(FlashStatus),
                "fail": Out(1),  # one clock, while an image is wanted: the chip has not shown its id
                "pins": Out(FlashPins),  # in the domain `flash` with 2 nibbles a clock
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.gearbox = gearbox = Gearbox(nibbles=self._nibbles)
        m.submodules.counter = counter = StepCounter(pause=self._pause, width=self._width)
        m.submodules.wave = wave = WaveMaker(offset=self._offset, parts=self._parts, width=self._width)
        wiring.connect(m, wave.wave, gearbox.wave)
        wiring.connect(m, gearbox.pins, wiring.flipped(self.pins))

        active = Signal(init=int(self._boot))
        ready = Signal()
        capture = Signal(2)
        again = Signal(init=1)  # the start sequence is to begin
        starting = Signal()  # it runs
        good = Signal()  # a command was sent, and the id was right so far
        command = Signal(Command)  # the next one
        number = Signal(self._width.bank_bits)  # of the next byte to come, in its beat
        came = Signal()  # a byte is here
        reading = Signal()  # in the data phase: the image
        waiting = Signal()  # a byte of it is asked for
        step, steps, phase = gearbox.step, counter.steps, wave.phase
        part = Signal(range(len(self._parts)))  # the one that is tried, or was found
        several = len(self._parts) > 1
        expected = _byte_before(self._answers[0], number)
        for other in range(1, len(self._parts)):
            expected = Mux(part == other, _byte_before(self._answers[other], number), expected)
        if several:
            m.d.comb += wave.part.eq(part)
        m.d.comb += [
            self.status.active.eq(active),
            self.status.ready.eq(ready),
            self.status.capture.eq(capture),
            reading.eq(good & ~command[0] & active & ~again),
        ]
        m.d.comb += [counter.step.eq(step), counter.phase.eq(phase), counter.starting.eq(starting), counter.reading.eq(reading)]
        m.d.comb += [counter.row.eq(ready), counter.more.eq(self.row.payload.more)]
        m.d.comb += [wave.step.eq(step), wave.steps.eq(steps), wave.command.eq(command), wave.row.eq(self.row.payload.address)]
        m.d.comb += wave.rows.eq(ready)
        m.d.comb += wave.issue.eq(phase.data & ~(reading & waiting))
        m.d.comb += [gearbox.setting.eq(capture), gearbox.ask.eq(wave.issue), self.data.data.eq(gearbox.data)]
        m.d.comb += self.o.payload.eq(gearbox.data)

        m.d.sync += self.fail.eq(0)
        with m.FSM(name="transaction") as fsm:
            m.d.comb += phase.eq(Cat(fsm.ongoing(name.upper()) for name, _ in phase.shape()))
            with m.State("IDLE"), m.If(step):
                with m.If(again):
                    m.d.sync += [again.eq(0), starting.eq(1), good.eq(0), command.eq(Command.END_READ)]
                with m.Elif(starting & counter.last):
                    m.next = "COMMAND"
                    with m.If(command.all() & ~good):  # after IDENTIFY
                        m.d.sync += [capture.eq(capture - 1), command[0].eq(0)]
                        with m.If(capture == 0):
                            m.d.sync += [starting.eq(0), self.fail.eq(active & ~self.stop)]
                            m.next = "IDLE"
                            if several:
                                m.d.sync += part.eq(0)
                                with m.If(part != len(self._parts) - 1):
                                    m.d.sync += [part.eq(part + 1), again.eq(1), self.fail.eq(0)]
                    with m.If(good & (command == 0)):  # after READ
                        m.d.sync += [starting.eq(0), ready.eq(1)]
                        m.next = "IDLE"
                with m.Elif(~starting & ready & self.row.valid):
                    m.next = "ADDRESS"
            with m.State("COMMAND"), m.If(step):
                m.d.sync += [ready.eq(0), good.eq(1)]
                with m.If(~command[2]):
                    m.d.sync += capture.eq(3)
                with m.If(steps.all()):
                    m.d.sync += command.eq(command + 1)
                    with m.If(command != Command.WRITE_STATUS):
                        m.next = "IDLE"
                    with m.If(command >= Command.IDENTIFY):
                        m.next = "ADDRESS"
            with m.State("ADDRESS"), m.If(step & counter.addressed):
                m.next = "DATA"
            with m.State("DATA"), m.If(step & counter.last & ~reading):
                m.next = "IDLE"
        # `row.ready` and `ending` are registers that know a clock ahead: their ways through the core are long
        if self._nibbles == 1:
            ahead, ending = counter.addressed & ~step, gearbox.coming[3] & number.all() & ~step
        else:
            ahead, ending = steps == ADDRESS_STEPS - 2, gearbox.coming[2] & (number == self._width.beat_bytes - 2)
        m.d.sync += [self.row.ready.eq(phase.address & ready & ahead), self.data.ending.eq(ready & ending)]

        with m.If(gearbox.arrives):
            m.d.sync += number.eq(number + 1)
        with m.If(phase.address & counter.addressed):
            m.d.sync += number.eq(0)
        m.d.sync += [self.data.strobe.eq(gearbox.arrives & ready), came.eq(gearbox.arrives)]
        m.d.sync += self.o.valid.eq((gearbox.arrives | (self.o.valid & ~self.o.ready)) & reading & ~self.stop & ~self.start)
        m.d.sync += waiting.eq(reading & ((wave.issue & step) | (waiting & ~(self.o.valid & self.o.ready))))
        with m.If(came & command[0] & (gearbox.data != expected)):
            m.d.sync += good.eq(0)
        with m.If(self.start):
            m.d.sync += [again.eq(1), active.eq(1)]
        with m.Elif(self.stop | self.fail):
            m.d.sync += active.eq(0)
        return m


def _byte_before(answer: bytes, number: Value) -> Value:
    """Of an ``answer`` that is repeated, the byte before the one with the ``number``."""
    return _select([answer[at - 1] for at in range(len(answer))], number)


def _select(values: Sequence[int], number: Value) -> Value:
    """values[number modulo their number, a power of two]."""
    if len(values) == 1:
        return Const(values[0], 8)
    return Mux(number[0], _select(values[1::2], number[1:]), _select(values[::2], number[1:]))
