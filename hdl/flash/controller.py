"""Flash controller: wakes a W25Q128JV, finds when to sample its answers, streams the memory image, then serves table rows.

Reference page: docs/reference/blocks/flash.md. Sections named below are those of Winbond's data sheet of the W25Q128JV.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.core.layouts import FlashBytes, RowStream
from hdl.flash.gearbox import Gearbox

__all__ = ["COMMANDS", "FlashController"]

COMMANDS = (0xFF, 0xFF, 0xAB, 0x50, 0x31, 0x02, 0x94, 0xEB)
"""Bytes of the start sequence on one line. FFh twice ends a continuous read; ABh wakes (8.2.22); 50h and 31h 02h set QE, volatile (8.2.2,
8.2.5); 94h reads manufacturer and device on four lines (8.2.25); EBh begins the reading (8.2.11)."""

_GOES_ON, _QUAD = 4, 6  # after this command comes the next in the same transaction; from this one on come address, mode and data
_IDENTITY = (0xEF, 0x17)
_MODE_ENDS, _MODE_CONTINUES = 0xFF, 0xA0
_ADDRESS_STEPS = 6  # 3 address, 1 mode, 2 dummies
_STEPS_A_BEAT = 8


class FlashController(wiring.Component):
    """Starts the chip, then serves rows; as the other side of its pins, cells that behave like ``amaranth.lib.io``'s buffers on iCE40.

    ::

        reset, start --> FFh FFh ABh 50h 31h 02h --> 94h, capture 3..0 --> EBh, image --> o
                                                          |                 |
                                                          '--> fail         '--> row --> address, mode, dummies, bytes --> data

    A *step* is a byte on four lines: one clock with ``nibbles`` = 2 (SCK at twice the clock, domain ``flash``), two clocks with 1 (SCK at
    the clock, no other domain).

    ``row``: a row of tables; taken in the last step of its address phase, when the row before still may be on its way. Every row takes
    8 steps a beat and 7 more: 6 for address, mode and dummies, 1 for CS#. ``data``: its bytes, a step apart without a gap, ``strobe`` and
    ``data`` registered; ``ending`` in the clock before the strobe of every eighth byte. The first strobe of a row comes 5 steps and a
    clock after ``row`` transfers. Rows are taken while ``ready``; while not, they wait.

    ``start`` (one clock; wins over ``stop``): the start sequence once more, then the image; rows under way end first. Reset does the same.
    ``active``: from reset (if ``boot``) or ``start`` on an image is wanted, until ``stop`` or ``fail``. Its bytes leave at ``o``, from
    ``offset`` on without end, one asked for when the one before is taken. ``stop``: no image is wanted any more; what else is to be done
    is done, and then rows are served. ``fail`` (one clock, only while ``active``): no ``capture`` (sample instant,
    ``hdl.flash.gearbox``) showed
    the id EF 17; ``ready`` then stays 0 until ``start``. ``ready``: ``capture``, the latest that showed it, is found and rows are served.

    ``pause_bits``: before each command CS# is high for 2^``pause_bits`` clocks less a slot, which must be 3 us (tRES1, section 9.6).
    ``cs_n``, ``sck``, ``io_o``, ``io_oe``, ``io_i`` are in the domain ``flash`` with ``nibbles`` = 2.
    """

    def __init__(self, *, offset: int, nibbles: int, pause_bits: int = 8, boot: bool = True) -> None:
        if nibbles not in (1, 2):
            raise ValueError(f"nibbles must be 1 or 2, not {nibbles!r}")
        shortest = 5 - nibbles  # of pause_bits: eight steps
        if not 0 <= offset < 1 << 24:
            raise ValueError(f"offset must be 0..{(1 << 24) - 1}, not {offset!r}")
        if not shortest <= pause_bits <= shortest + 7:
            raise ValueError(f"pause_bits must be {shortest}..{shortest + 7} with {nibbles} nibbles a clock, not {pause_bits!r}")
        self._offset, self._nibbles, self._pause = offset, nibbles, (1 << pause_bits - shortest) - 1
        super().__init__(
            {
                "row": In(RowStream),
                "data": Out(FlashBytes()),
                "start": In(1),
                "stop": In(1),
                "o": Out(stream.Signature(unsigned(8))),
                "active": Out(1, init=int(boot)),
                "fail": Out(1),
                "ready": Out(1),
                "capture": Out(2),
                "cs_n": Out(1, init=1),
                "sck": Out(2),
                "io_o": Out(4),
                "io_oe": Out(1),
                "io_i": In(8),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.gearbox = gearbox = Gearbox(nibbles=self._nibbles)
        step = gearbox.step
        m.d.comb += [
            self.cs_n.eq(gearbox.pin_cs_n),
            self.sck.eq(gearbox.pin_sck),
            self.io_o.eq(gearbox.pin_o),
            self.io_oe.eq(gearbox.pin_oe),
            gearbox.pin_i.eq(self.io_i),
            gearbox.capture.eq(self.capture),
            self.data.data.eq(gearbox.data),
            self.o.payload.eq(gearbox.data),
        ]

        again, starting = Signal(init=1), Signal()  # the start sequence is to begin; it runs
        number = Signal(3)  # of the next command
        good = Signal()  # a command was sent, and the id was right so far
        steps, more = Signal(3), Signal(7, reset_less=True)  # the steps, by eights: how many eights after this one
        none = Signal()  # more == 0; a clock late, which no one can see: `more` has changed steps before the last of eight
        waiting, came = Signal(), Signal()  # a byte of the image is asked for; any byte is here
        asked, nth = Signal(4), Signal(3)  # bytes on their way; which of those since the address comes next
        last, tried, over, reading, issue, addressed, arrives = (Signal() for _ in range(7))
        m.d.comb += [
            last.eq(none & steps.all()),
            tried.eq(number.all()),  # an id was read
            over.eq(good & (number == 0)),  # all commands are sent
            reading.eq(good & ~number[0] & self.active & ~again),  # in DATA: the image
        ]

        m.d.sync += [none.eq(more == 0), self.fail.eq(0)]
        with m.FSM(name="flash") as fsm:
            idle, commanding, addressing, streaming = (fsm.ongoing(state) for state in ("IDLE", "COMMAND", "ADDRESS", "DATA"))
            with m.State("IDLE"), m.If(step):
                with m.If(again):
                    m.d.sync += [again.eq(0), starting.eq(1), good.eq(0), number.eq(0)]
                with m.Elif(starting & last):
                    m.next = "COMMAND"
                    with m.If(tried & ~good):
                        m.d.sync += [self.capture.eq(self.capture - 1), number[0].eq(0)]
                        with m.If(self.capture == 0):
                            m.d.sync += starting.eq(0)
                            m.d.sync += self.fail.eq(self.active & ~self.stop)
                            m.next = "IDLE"
                    with m.If(over):
                        m.d.sync += [starting.eq(0), self.ready.eq(1)]
                        m.next = "IDLE"
                with m.Elif(~starting & self.ready & self.row.valid):
                    m.next = "ADDRESS"
            with m.State("COMMAND"), m.If(step):
                m.d.sync += [self.ready.eq(0), good.eq(1)]
                with m.If(~number[2]):
                    m.d.sync += self.capture.eq(3)
                with m.If(steps.all()):
                    m.d.sync += number.eq(number + 1)
                    with m.If(number != _GOES_ON):
                        m.next = "IDLE"
                    with m.If(number >= _QUAD):
                        m.next = "ADDRESS"
            with m.State("ADDRESS"), m.If(step & addressed):
                m.next = "DATA"
            with m.State("DATA"), m.If(step & last & ~reading):
                m.next = "IDLE"
        m.d.comb += [
            addressed.eq(steps[2] & steps[0]),
            issue.eq(streaming & ~(reading & waiting)),
        ]
        # `row.ready` and `ending` are registers that know a clock ahead: their ways through the core are long
        if self._nibbles == 1:
            ahead, ends = addressed & ~step, asked[3] & nth.all() & ~step
        else:
            ahead, ends = steps == _ADDRESS_STEPS - 2, asked[2] & (nth == _STEPS_A_BEAT - 2)
        m.d.sync += [self.row.ready.eq(addressing & self.ready & ahead), self.data.ending.eq(self.ready & ends)]

        # counters
        pause, load = Signal(), Signal()
        m.d.comb += [pause.eq(commanding | (idle & ~starting) | (streaming & last)), load.eq(addressing & ~steps[2])]
        with m.If(step):
            m.d.sync += steps.eq(steps + 1)
            with m.If((idle & ~starting) | (addressing & addressed) | (streaming & reading)):
                m.d.sync += steps.eq(0)
            with m.If(steps.all() | pause | load):
                m.d.sync += more.eq(Mux(pause, self._pause, Mux(load, self.row.payload.more, more - 1)))
            with m.If(addressing & ~self.ready):
                m.d.sync += more.eq(0)

        # what the pins do in the next step; sums of products, because a multiplexer takes more cells
        cs_n, sck, oe, o = Signal(init=1), Signal(2), Signal(), Signal(8, reset_less=True)
        m.d.comb += [gearbox.cs_n.eq(cs_n), gearbox.sck.eq(sck), gearbox.oe.eq(oe), gearbox.o.eq(o)]
        script = Const(sum((code >> 7 - at & 1) << 8 * index + at for index, code in enumerate(COMMANDS) for at in range(8)), 64)
        bit, mode, serving, fixed = Signal(), Signal(), Signal(3), Signal(8)
        m.d.comb += [
            bit.eq(script.bit_select(Cat(steps, number), 1)),
            mode.eq(addressing & (steps == 3)),
            fixed.eq((~addressing | (mode & number[0])).replicate(8) | (mode.replicate(8) & _MODE_CONTINUES)),
        ]
        with m.If(commanding):
            m.d.comb += [fixed[0].eq(bit), fixed[4].eq(bit)]
        for at in range(3):
            m.d.comb += serving[at].eq(addressing & self.ready & (steps == at))
            with m.If(addressing & ~self.ready & ~number[0] & (steps == at)):
                m.d.comb += fixed.eq(self._offset >> 16 - 8 * at & 0xFF)
        address = Cat(Const(0, 3), self.row.payload.address)
        with m.If(step):
            m.d.sync += [cs_n.eq(idle), oe.eq(commanding | (addressing & ~steps[2])), sck.eq(Cat(~idle, addressing | issue))]
            m.d.sync += o.eq(
                fixed
                | Cat(Cat(address[at] & serving[2], address[8 + at] & serving[1], address[16 + at] & serving[0]).any() for at in range(8))
            )
            with m.If(streaming & ~issue):
                m.d.sync += sck.eq(0)

        # a byte that was asked for is there four steps later
        m.d.comb += [gearbox.take.eq(asked[3]), arrives.eq(asked[3] & step)]
        m.d.sync += [self.data.strobe.eq(arrives & self.ready), came.eq(arrives)]
        m.d.sync += self.o.valid.eq((arrives | (self.o.valid & ~self.o.ready)) & reading & ~self.stop & ~self.start)
        with m.If(step):
            m.d.sync += asked.eq(Cat(issue, asked))
        with m.If(arrives):
            m.d.sync += nth.eq(nth + 1)
        with m.If(addressing & addressed):
            m.d.sync += nth.eq(0)
        m.d.sync += waiting.eq(reading & ((issue & step) | (waiting & ~(self.o.valid & self.o.ready))))

        with m.If(came & number[0] & (gearbox.data != Mux(nth[0], *_IDENTITY))):
            m.d.sync += good.eq(0)
        with m.If(self.start):
            m.d.sync += [again.eq(1), self.active.eq(1)]
        with m.Elif(self.stop | self.fail):
            m.d.sync += self.active.eq(0)
        return m
