"""The controller of a flash that is wired for one line, or is read on two: wakes the chip and streams the memory image, and nothing else.

Reference page: docs/reference/blocks/flash.md. Sections named below are those of Winbond's data sheet of the W25Q128JV.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import enum, stream, wiring
from amaranth.lib.wiring import In, Out

from boards import W25Q128JV, FlashPart
from hdl.flash.bus import FlashPins, FlashStatus

_SLOT = 4  # clocks of an SCK period
_ID_BITS = 16


class SerialCommand(enum.IntEnum, shape=3):  # type: ignore[call-arg]
    """What is sent, in order, with a pause before each."""

    END_READ = 0  # ends a continuous read (8.2.11)
    END_READ_AGAIN = 1  # of a chip found in the middle of something
    WAKE = 2  # 8.2.22
    IDENTIFY = 3  # manufacturer and device on one line (8.2.23)
    READ = 4  # on one line (8.2.7) or two (8.2.8); the data are without end


class SerialFlash(wiring.Component):
    """Starts the chip, then streams the image. It has no rows; what else its ports say is as of
    :class:`~hdl.flash.controller.FlashController`, and its pins go to the same cells.

    ::

        reset, start --> FFh FFh ABh 90h --> id --> 0Bh or 3Bh, image --> o
                                              '--> fail

    A *slot* is four clocks, SCK low in two and then high in two: a bit to the chip, or one from each of ``lines``. Answers are sampled
    three clocks after SCK falls, with no instant to search for: a bit is there for four, and pads and chip together may delay it by three.
    A byte takes 8 / ``lines`` slots and 2 more, and is requested when the one before is taken.

    ``start`` and ``stop`` may come at any time; the bits of a command or a byte that are under way end first. Reset ends all of it at once.

    ``lines``: 1 or 2. ``parts``: those that may be there; the id must be one of theirs. The image begins at ``offset``.
    ``pause_bits``: before each command CS# is high for 2^``pause_bits`` clocks or more, which must be 3 us (tRES1, section 9.6).
    """

    start: In(1)  # one clock: all from the beginning; wins over `stop`
    stop: In(1)  # no image is wanted
    o: Out(stream.Signature(unsigned(8)))  # bytes of the image
    status: Out(FlashStatus)  # `capture` is 0
    fail: Out(1)  # one clock, while an image is wanted: the chip has not shown its id
    pins: Out(FlashPins)

    def __init__(
        self, *, offset: int, lines: int, parts: Sequence[FlashPart] = (W25Q128JV,), pause_bits: int = 8, boot: bool = True
    ) -> None:
        if lines not in (1, 2):
            raise ValueError(f"lines must be 1 or 2, not {lines!r}")
        if not 0 <= offset < 1 << 24:
            raise ValueError(f"offset must be 0..{(1 << 24) - 1}, not {offset!r}")
        if not 3 <= pause_bits <= 12:
            raise ValueError(f"pause_bits must be 3..12, not {pause_bits!r}")
        if not parts or not all(len(part.answer) == 2 for part in parts):
            raise ValueError(f"there must be parts, each with an id of 2 bytes, not {[part.name for part in parts]}")
        self._lines, self._boot = lines, boot
        self._ids = [int.from_bytes(part.answer, "big") for part in parts]
        self._pause = (1 << pause_bits) // _SLOT
        read = bytes([0x0B if lines == 1 else 0x3B, *offset.to_bytes(3, "big"), 0])
        self._sent = (b"\xff", b"\xff", b"\xab", b"\x90\0\0\0", read)
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        active = Signal(init=int(self._boot))  # an image is wanted
        ready = Signal()  # the chip has shown its id
        again = Signal(init=1)  # all is to begin
        running = Signal()  # it has begun
        command = Signal(SerialCommand)
        clock = Signal(2)  # of the slot
        count = Signal(max(6, (self._pause - 1).bit_length()))  # slots of a pause, a command or data
        ends = Signal()  # the slot does
        pulse = Signal()  # SCK has one in this slot
        asks = Signal()  # ... by which data come
        asked = Signal()  # the slot before did
        drive = Signal()  # the lines are
        got = Signal(_ID_BITS, reset_less=True)  # the last bits that came
        reads = command == SerialCommand.READ
        m.d.sync += clock.eq(clock + 1)
        m.d.comb += [ends.eq(clock == _SLOT - 1), self.status.active.eq(active), self.status.ready.eq(ready)]

        sent = b"".join(code.ljust(8) for code in self._sent)
        script = Const(sum((byte >> 7 - place & 1) << 8 * at + place for at, byte in enumerate(sent) for place in range(8)), 8 * len(sent))
        last = Signal(6)  # of the command's bits
        with m.Switch(command):
            for at, code in enumerate(self._sent):
                with m.Case(at):
                    m.d.comb += last.eq(8 * len(code) - 1)
        bit = Signal()
        m.d.comb += bit.eq(script.bit_select(Cat(count[:6], command), 1))
        known = Signal()
        m.d.comb += known.eq(Cat(got == one for one in self._ids).any())

        m.d.sync += self.fail.eq(0)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(ends):
            m.d.sync += [count.eq(count + 1), asked.eq(asks)]
        with m.FSM(name="transaction") as fsm:
            with m.State("PAUSE"), m.If(ends & (count == self._pause - 1)):
                m.d.sync += count.eq(count)
                with m.If(again):
                    m.d.sync += [again.eq(0), running.eq(1), ready.eq(0), command.eq(SerialCommand.END_READ), count.eq(0)]
                    m.next = "COMMAND"
                with m.Elif(running):
                    m.d.sync += count.eq(0)
                    m.next = "COMMAND"
            with m.State("COMMAND"):
                m.d.comb += [pulse.eq(1), drive.eq(count[5:] == 0)]  # not in the eight dummies
                with m.If(ends & (count == last)):
                    m.d.sync += count.eq(0)
                    m.next = "LAST"
                    with m.If(command >= SerialCommand.IDENTIFY):
                        m.next = "DATA"
            with m.State("DATA"):
                m.d.comb += [pulse.eq(1), asks.eq(1)]
                with m.If(ends & (count == Mux(reads, 8 // self._lines - 1, _ID_BITS - 1))):
                    m.next = "LAST"
            with m.State("LAST"), m.If(ends):  # the last of the data come
                m.d.sync += count.eq(0)
                m.next = "PAUSE"
                with m.If(reads):
                    m.d.sync += self.o.valid.eq(~again)
                    m.next = "HELD"
                with m.Else():
                    m.d.sync += command.eq(command + 1)
                with m.If(command == SerialCommand.IDENTIFY):
                    m.d.sync += [ready.eq(known), running.eq(known & active), self.fail.eq(~known & active & ~again & ~self.stop)]
            with m.State("HELD"), m.If(ends):
                m.d.sync += count.eq(0)
                with m.If(again | ~active):
                    m.d.sync += running.eq(0)
                    m.next = "PAUSE"
                with m.Elif(~self.o.valid):
                    m.next = "DATA"

        pins = self.pins
        sck = Signal()
        m.d.sync += [
            pins.cs_n.eq(fsm.ongoing("PAUSE")),
            sck.eq(pulse & clock[1]),
            pins.io_oe.eq(drive),
            pins.io_o.eq(Cat(bit, Const(7, 3))),
        ]
        m.d.comb += pins.sck.eq(sck.replicate(2))
        with m.If(asked & (clock == 2)):
            m.d.sync += got.eq(Cat(pins.io_i[1], got))
            if self._lines == 2:
                with m.If(reads):
                    m.d.sync += got.eq(Cat(pins.io_i[:2], got))
        m.d.comb += self.o.payload.eq(got[:8])

        with m.If(self.stop | self.start | ~active):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.start):
            m.d.sync += [again.eq(1), active.eq(1)]
        with m.Elif(self.stop | self.fail):
            m.d.sync += active.eq(0)
        return m
