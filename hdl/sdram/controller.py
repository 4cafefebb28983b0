"""SDRAM controller: starts the chip, keeps it refreshed, writes and compares words of an image, serves table rows.

Reference page: docs/reference/blocks/sdram.md.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import data, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out

from boards import SdramPart, sdram_clocks
from firmware import isa
from hdl.core.layouts import far_words, row_stream
from hdl.memory.later import later

from .align import DELAY, Align
from .bus import ACTIVATE, NOP, READ, REFRESH, ROW_BITS, WRITE, FarWord, SdramStatus, sdram_pins
from .reader import RowReader
from .refresh import Refresher
from .starter import Starter
from .words import WordAccess

ROWS = 4  # that may wait
WORDS_DELAY = DELAY + 1  # clocks from a READ's clock in the reader to its first words; the pins' signals are a register between them


def burst_words(width: isa.Width, bits: int) -> int:
    """Words of a burst: a beat, or the eight of its first half."""
    return min(8, 8 * width.beat_bytes // bits)


class SdramController(wiring.Component):
    """Serves rows of tables as a flash's controller does, some bytes a clock. Its pins must go to cells as :mod:`hdl.sdram.bus` tells of.

    ::

        row ---> queue --.                                             .--> data
        word, start --------> RowReader --> pins      pins --> Align --'--> compared
        refresh -----------'

    Rows transfer while there is room in the queue, and come one after another. The tables of a run lie in the four banks by turns
    (docs/reference/isa.md), so that the bank of a row is opened while the one before is read: then its bytes follow those without a gap,
    where rows take at least ``clocks.open`` + 2 clocks. From a row's transfer to the first of its bytes there are ``clocks.open`` + 10
    clocks, if nothing is before it.

    ``begin``: a step begins, which asks for a refresh (:mod:`hdl.sdram.refresh`). ``clear``: the core is in reset; rows that it has asked
    for are forgotten, and what is still under way is not delivered.

    ``width``: of the core; ``parts``: those that may be there, all with the same sizes; ``clock_hz``: of the core, half the SDRAM's.
    """

    def __init__(self, *, width: isa.Width, parts: Sequence[SdramPart], clock_hz: float) -> None:
        part = parts[0]
        if any((other.bits, other.row_bits, other.column_bits) != (part.bits, part.row_bits, part.column_bits) for other in parts):
            raise ValueError(f"parts must have the same sizes, not {', '.join(one.name for one in parts)}")
        self._width, self._part, self._burst = width, part, burst_words(width, part.bits)
        self._clocks = sdram_clocks(parts, clock_hz=clock_hz, burst_words=self._burst)
        super().__init__(
            {
                "row": In(row_stream(width)),
                "data": Out(far_words(part.bits // 4)),
                "begin": In(1),
                "clear": In(1),
                "word": In(FarWord),
                "differs": Out(1),  # one clock: a word that was compared does
                "status": Out(SdramStatus),
                "pins": Out(sdram_pins(part.bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        part, clocks = self._part, self._clocks
        word_bits = (8 * self._width.beat_bytes // part.bits).bit_length() - 1
        m.submodules.starter = starter = Starter(clocks=clocks, burst_words=self._burst)
        m.submodules.refresher = refresher = Refresher(clocks=clocks)
        m.submodules.align = align = Align(bits=part.bits)
        m.submodules.reader = reader = RowReader(
            clocks=clocks,
            row_bits=part.row_bits,
            column_bits=part.column_bits,
            word_bits=word_bits,
            burst_bits=self._burst.bit_length() - 1,
        )
        m.submodules.queue = queue = ResetInserter(self.clear)(SyncFIFO(width=len(self.row.payload.as_value()), depth=ROWS))
        stale = Signal()  # rows of a step that was ended are under way
        waiting = data.View(self.row.payload.shape(), queue.r_data)
        m.d.comb += [
            self.row.ready.eq(queue.w_rdy & starter.ready & ~self.clear),
            queue.w_en.eq(self.row.valid & self.row.ready),
            queue.w_data.eq(self.row.payload),
            reader.hold.eq(refresher.hold),
            reader.drop.eq(self.clear),
            refresher.enabled.eq(starter.ready),
            refresher.begin.eq(self.begin),
            refresher.idle.eq(reader.idle),
            align.dq_i.eq(self.pins.dq_i),
            align.capture.eq(starter.capture),
            self.status.ready.eq(starter.ready),
            self.status.failed.eq(starter.failed),
            self.status.capture.eq(starter.capture),
        ]
        m.submodules.words = words = WordAccess(
            width=self._width,
            bits=part.bits,
            burst_words=self._burst,
            word_bits=word_bits,
            address_bits=part.row_bits + part.column_bits - word_bits,
        )
        wiring.connect(m, wiring.flipped(self.word), words.word)
        access = words.access
        m.d.comb += [
            words.test.eq(starter.test),
            words.test_write.eq(starter.write),
            words.test_word.eq(starter.word),
            starter.done.eq(words.tested),
            starter.good.eq(words.good),
            self.differs.eq(words.differs),
            access.ready.eq(reader.i.ready),
            queue.r_en.eq(reader.i.ready & ~access.valid & ~stale),
            reader.i.valid.eq(access.valid | (queue.r_rdy & ~stale)),
            reader.i.payload.eq(access.payload),
            words.written.eq(reader.column.strobe & reader.column.write),
        ]
        with m.If(~access.valid):
            m.d.comb += [
                reader.i.payload.bank.eq(waiting.bank),
                reader.i.payload.address.eq(waiting.address),
                reader.i.payload.more.eq(waiting.more),
                reader.i.payload.write.eq(0),
                reader.i.payload.row.eq(1),
                reader.i.payload.word.eq(0),
            ]
        self._deliver(m, reader=reader, stale=stale)
        self._command(m, reader=reader)
        return m

    def _deliver(self, m: Module, *, reader: RowReader, stale: Signal) -> None:
        """What comes back, as many clocks later as the pins and the chip take."""
        words, align = m.submodules.words, m.submodules.align
        burst = self._clocks.burst
        left = Signal(range(burst))  # clocks of the burst after this one
        ends = Signal(reset_less=True)  # it is a beat's last
        reads = reader.column.strobe & ~reader.column.write
        with m.If(reads):
            m.d.sync += [left.eq(burst - 1), ends.eq(reader.column.ends)]
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        flows = later(m, reads | (left != 0), WORDS_DELAY, name="flows", reset_less=False)
        ending = later(m, (left == 1) & ends, WORDS_DELAY - 1, name="ending", reset_less=False)
        last = later(m, ending, 1, name="last", reset_less=False)
        quiet = Signal(range(WORDS_DELAY + burst + 1))  # clocks until nothing is under way
        with m.If(~reader.idle):
            m.d.sync += quiet.eq(WORDS_DELAY + burst)
        with m.Elif(quiet != 0):
            m.d.sync += quiet.eq(quiet - 1)
        with m.If(self.clear):
            m.d.sync += stale.eq(1)
        with m.Elif(reader.idle & (quiet == 0)):
            m.d.sync += stale.eq(0)
        m.d.comb += [
            self.data.data.eq(align.words),
            self.data.strobe.eq(flows & ~stale),
            self.data.ending.eq(ending & ~stale),
            words.data.eq(align.words),
            words.comes.eq(flows),
            words.last.eq(last),
        ]

    def _command(self, m: Module, *, reader: RowReader) -> None:
        """The pins' signals, out of registers."""
        pins, starter, refresher = self.pins, m.submodules.starter, m.submodules.refresher
        column, activate = reader.column, reader.activate
        commands = [Signal(3, init=NOP, name=f"command_{slot}") for slot in range(2)]
        banks = [Signal(2, name=f"bank_{slot}", reset_less=True) for slot in range(2)]
        addresses = [Signal(ROW_BITS, name=f"address_{slot}", reset_less=True) for slot in range(2)]
        m.d.comb += [pins.command.eq(Cat(commands)), pins.bank.eq(Cat(banks)), pins.address.eq(Cat(addresses))]
        m.d.sync += [
            commands[0].eq(NOP),
            banks[0].eq(column.bank),
            addresses[0].eq(Cat(column.column[:10], column.last)),
            pins.dq_o.eq(m.submodules.words.written_data),
            pins.dq_oe.eq(0),
            commands[1].eq(NOP),
            banks[1].eq(activate.bank),
            addresses[1].eq(activate.row),
        ]
        with m.If(column.strobe):
            m.d.sync += [commands[0].eq(Mux(column.write, WRITE, READ)), pins.dq_oe.eq(column.write)]
        with m.If(activate.strobe):
            m.d.sync += commands[1].eq(ACTIVATE)
        with m.If(refresher.give):
            m.d.sync += commands[1].eq(REFRESH)
        with m.If(starter.commanding):
            m.d.sync += [commands[1].eq(starter.command), banks[1].eq(0), addresses[1].eq(starter.address)]
