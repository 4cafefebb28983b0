"""Rows to ACTIVATE and READ: one row is read while the next one's bank is opened."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from boards import SdramClocks

from .bus import ROW_BITS

BANKS = 4


def access_layout(*, address_bits: int, word_bits: int) -> data.StructLayout:
    """A row to read, or a word to write."""
    return data.StructLayout(
        {
            "bank": 2,
            "address": address_bits,  # of the first beat, in the bank
            "more": 7,  # beats that follow it
            "write": 1,  # a word alone
            "row": 1,  # of the core: may be dropped
            "word": word_bits,  # which one of its beat
        }
    )


ActivateSignature = wiring.Signature({"strobe": Out(1), "bank": Out(2), "row": Out(ROW_BITS)})
ColumnSignature = wiring.Signature(
    {
        "strobe": Out(1),
        "bank": Out(2),
        "column": Out(ROW_BITS),
        "write": Out(1),
        "last": Out(1),  # the bank is closed behind it
        "ends": Out(1),  # it is a beat's last burst
    }
)


class RowReader(wiring.Component):
    """One access after another, each in bursts that follow without a gap; the first burst of the next one too, if its bank was closed early
    enough.

    ::

        i --> to open --> ACTIVATE, opened --> READ ..., READ with auto precharge

    An ACTIVATE is given as soon as the access before the one that is opened has begun to be read and the bank has been closed for long
    enough. A row that goes on beyond a page of the chip is opened again there. ``hold``: no ACTIVATE; the rows that are open are read to
    their end, and ``idle`` then tells that every bank could be opened or refreshed.

    ``clocks``: of the chip. ``column_bits``, ``row_bits``: of its addresses; ``word_bits``: that name a word of a beat, and
    ``burst_bits`` a word of a burst.
    """

    def __init__(self, *, clocks: SdramClocks, row_bits: int, column_bits: int, word_bits: int, burst_bits: int) -> None:
        self._clocks, self._column_bits, self._word_bits, self._burst_bits = clocks, column_bits, word_bits, burst_bits
        super().__init__(
            {
                "i": In(stream.Signature(access_layout(address_bits=row_bits + column_bits - word_bits, word_bits=word_bits))),
                "hold": In(1),
                "drop": In(1),  # a row that isn't opened yet is forgotten
                "idle": Out(1),
                "activate": Out(ActivateSignature),
                "column": Out(ColumnSignature),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        clocks = self._clocks
        page_bits = self._column_bits - self._word_bits  # that name a beat in a page
        split = self._word_bits - self._burst_bits  # that name a burst in a beat
        access = Signal(self.i.payload.shape(), reset_less=True)  # to be opened
        waits = Signal()
        opened = Signal(data.StructLayout({"bank": 2, "at": self._column_bits, "bursts": 7 + split, "write": 1}), reset_less=True)
        is_open = Signal()
        ripe = Signal(range(clocks.write), reset_less=True)  # clocks until it can be read or written
        current = Signal.like(opened, reset_less=True)  # is read: its next burst
        reads = Signal()
        pace = Signal(range(clocks.burst), reset_less=True)  # clocks until the next burst
        used = Signal(BANKS)  # banks that are open
        closing = [Signal(range(max(clocks.close, clocks.written)), name=f"closing_{bank}", reset_less=True) for bank in range(BANKS)]

        # open
        free = Signal()  # the access's bank
        beat = access.address[:page_bits]
        rest = Signal(page_bits)  # beats of the page after the first
        crosses = Signal()
        closed = Cat(*((one == 0) for one in closing)) & ~used
        m.d.comb += [
            free.eq(closed.bit_select(access.bank, 1)),
            rest.eq(~beat),
            crosses.eq(access.more > rest),
            self.activate.strobe.eq(waits & ~is_open & free & ~self.hold),
            self.activate.bank.eq(access.bank),
            self.activate.row.eq(access.address[page_bits:]),
            self.i.ready.eq(~waits | (self.activate.strobe & ~crosses)),
        ]
        with m.If(self.activate.strobe):
            m.d.sync += [
                waits.eq(crosses),
                access.more.eq(access.more - rest - 1),
                access.address.eq(Cat(Const(0, page_bits), access.address[page_bits:] + 1)),
                is_open.eq(1),
                ripe.eq(Mux(access.write, clocks.write, clocks.open) - 1),
                opened.bank.eq(access.bank),
                opened.at.eq(Cat(access.word, beat)),
                opened.bursts.eq(Cat((~access.write).replicate(split), Mux(crosses, rest, access.more))),
                opened.write.eq(access.write),
                used.bit_select(access.bank, 1).eq(1),
            ]
        with m.Elif(ripe != 0):
            m.d.sync += ripe.eq(ripe - 1)
        taken = self.i.valid & self.i.ready
        with m.If(taken):
            m.d.sync += [access.eq(self.i.payload), waits.eq(1)]
        with m.If(self.drop & Mux(taken, self.i.payload.row, access.row)):
            m.d.sync += waits.eq(0)

        # read
        first = Signal()
        now = Signal.like(opened)
        m.d.comb += [
            first.eq((pace == 0) & ~reads & is_open & (ripe == 0)),
            now.eq(Mux(reads, current, opened)),
            self.column.strobe.eq(((pace == 0) & reads) | first),
            self.column.bank.eq(now.bank),
            self.column.column.eq(now.at),
            self.column.write.eq(now.write),
            self.column.last.eq(now.bursts == 0),
            self.column.ends.eq(now.bursts[:split] == 0 if split else 1),
        ]
        m.d.sync += pace.eq(Mux(pace == 0, 0, pace - 1))
        with m.If(first):
            m.d.sync += is_open.eq(0)
        with m.If(self.column.strobe):
            m.d.sync += [
                pace.eq(clocks.burst - 1),
                current.eq(now),
                current.at.eq(now.at + (1 << self._burst_bits)),
                current.bursts.eq(now.bursts - 1),
                reads.eq(~self.column.last),
            ]
        for bank, left in enumerate(closing):
            with m.If(self.column.strobe & self.column.last & (now.bank == bank)):
                m.d.sync += [left.eq(Mux(now.write, clocks.written, clocks.close) - 1), used[bank].eq(0)]
            with m.Elif(left != 0):
                m.d.sync += left.eq(left - 1)
        m.d.comb += self.idle.eq(~is_open & ~reads & closed.all())
        return m
