"""Row fetch: from indices to requests for the beats of their rows."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.compare import INDEX_BITS
from hdl.core.layouts import Outputs, ProgramReadPort, SideBus, request_stream, row_stream
from hdl.core.params import CoreParams
from hdl.fetch.cache import IndexCache
from hdl.fetch.queue import RowQueue
from hdl.fetch.streamer import Streamer
from hdl.learn.rows import RowMemory, RowsSeen
from hdl.memory.anchors import copy_port
from hdl.memory.program import RunRegisters

_WORDS = (3, 4, 5, 0, 6, 7)  # program words in reading order; from the fourth on those that the slot's row still needs
_KEEP = 3


class RowFetch(wiring.Component):
    """Turns each run's indices into one request a clock, int4 tables two by two.

    ::

        program (6 words a run) --> run ----.
        index ------------------> row address (table_base + table | index << row_log2) --> slot --> streamer --> request
        symbol (token runs) ----|                                                            '--> rows (of flash)
        cache (attend runs) ----'

    A row address is made while the previous row streams, so that beats follow one another without a gap while there are indices (except for
    rows of one beat). int8 rows go table by table; int4 rows of two tables alternately, beat by beat, and a single int4 row behind beats
    that are not read. There is one idle clock where an int8 run follows an int4 run. The first row address of a new run is made 5 clocks
    after the last row of the previous run has left the slot, and at least 9 clocks after that row's address was made.

    A row of tier 1 is requested from the flash while the streamer is idle or has another row of tier 1; it streams once the flash has taken
    the request. Its beats are requested with ``tag.bytes``, one after another. int4 rows of flash go one by one, each of their
    beats followed by the last beat of the tables tier, which is zero.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        self._bits = (params.table_beats - 1).bit_length()
        learning = {"learn": Out(RowsSeen(address_bits=self._bits)), "kept": In(RowMemory(address_bits=self._bits))}
        super().__init__(
            {
                "program": In(ProgramReadPort),
                "index": In(stream.Signature(unsigned(INDEX_BITS))),  # in the order of the tables
                "symbol": In(8),  # the index of a token run
                "symbol_known": In(1),  # ... which waits for it
                "request": Out(request_stream(self._bits)),
                "outputs": Out(Outputs),  # of the run with ``sort`` whose beats were requested last
                **({"rows": Out(row_stream(params.width))} if params.far_bytes else {}),  # asked of the far tier
                "side": Out(SideBus(address_bits=self._bits, width=params.width)),  # the index cache's
                "anchors": In(copy_port(params)),  # anchor words copied by an anchors run
                "advance": In(1),  # the step ends
                "clear": In(1),  # a new text begins: the cache is empty
                **(learning if params.learns else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, wide = self._bits, self._params.address_bits
        m.submodules.cache = cache = IndexCache(address_bits=bits, width=self._params.width, learns=self._params.learns)
        spread = self._params.width.far_banks > 1
        m.submodules.streamer = streamer = Streamer(address_bits=bits, far=self._params.far_bytes > 0)
        run = RunRegisters()  # the run whose row addresses are made
        quiet = run.mode >= isa.Mode.QUERY  # its indices pick no rows
        flash = Signal()  # its rows are in flash
        m.d.comb += flash.eq(run.tier[0] & ~cache.empty & int(self._params.far_bytes > 0))
        index, known, queued = self._choose_index(m, run, cache)

        # One row, or two of an int4 couple, waiting for the streamer.
        banks = {"bank": (self._params.width.far_banks - 1).bit_length()} if spread else {}
        slot = Signal(data.StructLayout({"a": wide, "b": bits, "both": 1, "opens": 1, "closes": 1, **banks}), reset_less=True)
        slot_valid = Signal()
        slot_asked = Signal()  # the row needn't be asked of the flash any more
        offered = self._offer(m, streamer, run, slot, slot_valid, slot_asked, flash)

        half = Signal()  # the first row of a couple is in the slot
        opening = Signal()
        again = Signal()  # another distance of an attend run
        rows_left = Signal()
        opened = Signal()  # a pass over the run's tables begins
        made = Signal()  # a table's index is dealt with
        close = Signal()  # the row of zeros that ends a quiet run is made
        single = Signal()  # one table is left
        coupled = Signal()  # rows go two by two
        waits = Signal()  # the row waits for the other one of its couple
        row = Signal(wide)
        m.d.comb += [waits.eq(coupled & ~half & ~single), row.eq((run.table_base | (index << run.row_log2))[:wide])]
        m.d.sync += [single.eq(run.count == Mux(made | close, 2, 1)), coupled.eq(run.int4 & ~flash)]  # both stand when ROWS begins
        if self._params.learns:
            m.d.sync += self.learn.valid.eq(made & run.learn)  # the row's address is then in the slot, and its run goes on
            m.d.comb += [self.learn.address.eq(slot.b), self.learn.int4.eq(run.int4)]
            wiring.connect(m, wiring.flipped(self.kept), cache.kept)
        one = self._next_bank(m, flash, slot=slot, made=made, opened=opened) if spread else Const(1, wide)
        with m.If(made | close):
            m.d.sync += [
                run.table_base.eq(run.table_base + (one << run.table_log2)),
                run.count.eq(run.count - 1),
                slot.b.eq(self._or_zeros(row, flash | cache.empty | close, bits)),
            ]
            with m.If(~half):
                m.d.sync += slot.a.eq(self._or_zeros(row, cache.empty | close, wide))
        with m.If(slot_valid):
            m.d.sync += [half.eq(0), opening.eq(0)]
        with m.If(offered.valid & offered.ready):
            m.d.sync += slot_valid.eq(0)

        pc = Signal(range(isa.MAX_INSTRUCTIONS))
        word = Signal(range(len(_WORDS) + 1))  # position of the next in _WORDS; the one before it arrives
        kept = Signal()  # the word that arrives is there already
        with m.Switch(word):
            for position, number in enumerate(_WORDS):
                with m.Case(position):
                    m.d.comb += self.program.addr.eq(Cat(Const(number, 3), pc))
        with m.FSM(name="rows"):
            with m.State("HEAD"):
                m.d.sync += kept.eq(word == _KEEP)
                with m.If((word != _KEEP) | ~slot_valid | again):
                    m.d.sync += word.eq(word + 1)
                with m.Switch(word):
                    for position, number in enumerate(_WORDS, start=1):
                        with m.Case(position), m.If((position != _KEEP) | ~kept):
                            m.d.sync += run.load(number, self.program.data)
                with m.If(word == len(_WORDS)):
                    m.d.comb += opened.eq(1)
                    m.d.sync += [opening.eq(opening | ~again), rows_left.eq(1), word.eq(0)]
                    m.next = "ROWS"
            with m.State("ROWS"):
                m.d.comb += [
                    made.eq(rows_left & known & ~slot_valid),
                    self.index.ready.eq(rows_left & queued & ~slot_valid & ~cache.busy),
                    close.eq(~rows_left & quiet & ~cache.busy),
                ]
                with m.If(made):
                    m.d.sync += rows_left.eq(~single)
                    with m.If(~quiet & waits):
                        m.d.sync += half.eq(1)
                with m.If((made & ~quiet & ~waits) | close):
                    m.d.sync += [
                        slot_valid.eq(1),
                        slot_asked.eq(~flash),
                        slot.both.eq(half | flash),
                        slot.opens.eq(run.first & opening),
                        slot.closes.eq(close | (single & ~cache.further)),
                    ]
                with m.If(~rows_left & ~cache.busy):
                    m.d.sync += again.eq(cache.further)
                    with m.If(~cache.further):
                        m.d.sync += pc.eq(Mux(run.end, 0, pc + 1))
                    m.next = "HEAD"

        m.d.comb += [cache.open.eq(opened), cache.again.eq(again), cache.left.eq(rows_left), cache.made.eq(made)]
        m.d.comb += cache.key.eq(slot.a[: len(cache.key)])
        return m

    def _or_zeros(self, row: Value, zeros: Value, bits: int) -> Value:
        """The address ``row`` of ``bits`` or, with ``zeros``, that of the last beat of the tables tier, which is the row's every beat: its
        lowest bits are ones, and the streamer adds a beat's number by OR."""
        off = ~(self._params.table_beats - 1) & (1 << self._bits) - 1  # bits that are 0 in it
        last = row | zeros.replicate(bits)
        return last & ~(zeros.replicate(bits) & off) if off else last

    def _choose_index(self, m: Module, run: RunRegisters, cache: IndexCache) -> tuple[Signal, Signal, Signal]:
        """The next table's index, whether it is there, and whether the run takes it from the queue."""
        attend = run.mode == isa.Mode.ATTEND
        index = Signal(INDEX_BITS)
        known = Signal()
        queued = Signal(reset_less=True)
        m.d.sync += queued.eq(~run.token & ~attend & (run.mode != isa.Mode.ANCHORS))
        m.d.comb += [
            known.eq((run.token & self.symbol_known) | (queued & self.index.valid & ~cache.busy) | cache.o.valid | cache.copied),
            index.eq(Mux(run.token, self.symbol, Mux(attend, cache.o.payload, self.index.payload))),
            cache.mode.eq(run.mode),
            cache.block.eq(run.side),
            cache.reach.eq(run.n_out),
            cache.base.eq(run.table_base[: self._bits]),
            cache.query.eq(self.index.payload),
            cache.o.ready.eq(cache.made),
            cache.advance.eq(self.advance),
            cache.clear.eq(self.clear),
            self.anchors.en.eq(cache.copied),
            self.anchors.addr.eq(cache.word[: len(self.anchors.addr)]),
            self.anchors.data.eq(cache.side.beat[: len(self.anchors.data)]),
        ]
        wiring.connect(m, cache.side, wiring.flipped(self.side))
        return index, known, queued

    def _next_bank(self, m: Module, far: Value, *, slot: data.View, made: Value, opened: Value) -> Signal:
        """The banks of the far tier by turns, from 0 on in each pass: the row's goes into the slot. Returns whether the next table lies
        behind this one, which it does where the banks begin anew, and on chip always."""
        bank = Signal.like(slot.bank, reset_less=True)
        one = Signal()
        m.d.comb += one.eq(~far | bank.all())
        with m.If(made):
            m.d.sync += [bank.eq(bank + 1), slot.bank.eq(bank)]
        with m.If(opened):
            m.d.sync += bank.eq(0)
        return one

    def _offer(self, m: Module, streamer: Streamer, run: RunRegisters, slot: data.View, valid: Signal, asked: Signal, flash: Value) -> Any:
        """What stands in the slot to the streamer, or to the queue before it, once it is asked of the far tier if it lies there. The run's
        fields stand as long. Returns the stream that takes it."""
        rows, far_next = streamer.i, streamer.flash_next if self._params.far_bytes else Const(1)
        if self._params.width.far_banks > 1:
            tight = 2 * self._params.far_bytes == self._params.width.beat_bytes
            m.submodules.queue = queue = RowQueue(address_bits=self._bits, tight=tight)
            wiring.connect(m, queue.o, streamer.i)
            m.d.comb += [queue.streams_far.eq(streamer.flash_next), queue.streams.eq(~streamer.i.ready | streamer.request.valid)]
            rows, far_next = queue.i, queue.far_next
        i = rows.payload
        m.d.comb += [rows.valid.eq(valid & asked), i.a.eq(slot.a[: self._bits])]
        m.d.comb += [i.b.eq(slot.b), i.both.eq(slot.both), i.opens.eq(slot.opens), i.closes.eq(slot.closes), i.flash.eq(flash)]
        m.d.comb += [
            i.more.eq(run.row_beats[: len(i.more)]),
            i.shift.eq(run.shift[: len(i.shift)]),
            i.outputs.base.eq(run.base),
            i.outputs.last.eq(run.n_out),
            *(i[name].eq(getattr(run, name)) for name in ("int4", "last", "residual", "sort", "end")),
            self.outputs.eq(streamer.outputs),
        ]
        wiring.connect(m, streamer.request, wiring.flipped(self.request))
        if self._params.far_bytes:
            m.d.comb += [
                self.rows.payload.address.eq(slot.a),
                self.rows.payload.more.eq(i.more),
                self.rows.valid.eq(valid & ~asked & far_next),
            ]
            if self._params.width.far_banks > 1:
                m.d.comb += self.rows.payload.bank.eq(slot.bank)
            with m.If(self.rows.valid & self.rows.ready):
                m.d.sync += asked.eq(1)
        return rows
