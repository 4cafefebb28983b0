"""Row fetch: from indices to requests for the beats of their rows."""

from amaranth.hdl import Cat, Const, Module, Mux, ShapeLike, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.cache import IndexCache
from hdl.core.compare import INDEX_BITS
from hdl.core.layouts import RowStream, SideBus, field, request_stream
from hdl.core.params import CoreParams

__all__ = ["RowFetch"]

_PC_BITS = (isa.MAX_INSTRUCTIONS - 1).bit_length()
_WORDS = (3, 4, 5, 0, 6, 7)  # program words in reading order; from the fourth on the streamer's fields are replaced
_KEEP = 3


def _kept(shape: ShapeLike) -> Signal:
    """A register that a reset need not clear: it counts only while another one says so."""
    return Signal(shape, reset_less=True)


class RowFetch(wiring.Component):
    """Turns each run's indices into one request a clock, int4 tables two by two.

    ::

        program (6 words a run) --> run ----.
        index ------------------> row address (table_base + table | index << row_log2) --> slot --> streamer --> request
        symbol (token runs) ----|                                                            '--> rows (of flash)
        cache (attend runs) ----'

    Ports
    -----
    ``program_address``, ``program_data``: read port of the program memory, one clock. ``index``: indices in the order of the tables.
    ``symbol``, ``symbol_known``: the index of a token run, waited for.
    ``request``: beat requests with their tags. ``sort_base``, ``sort_last``: first store word and last neuron of the run with ``sort``
    whose beats were requested last. ``rows`` (with ``params.flash``): rows of tier 1, asked as soon as the row before, one of tier 1 too,
    streams; until it is taken there, a row does not stream. Its beats are requested with ``tag.bytes``, one after another.
    ``side``: what the index cache reads and writes (hdl/core/cache.py). ``copied``, ``copied_word``: strobe, ``side.beat`` is an anchor
    word of an anchors run. ``advance``, ``clear``: the cache's.

    A row address is made while the row before streams, so beats follow one another without a gap while indices last (but for rows of one
    beat): int8 rows table by table; int4 rows of two tables alternately, beat by beat, a single one after beats that are not read; one
    clock of pause where an int8 run follows an int4 run. int4 rows of flash go one by one, each of their beats followed by the last beat
    of the tables tier, which is zero. A new run's first row address is made 5 clocks after the last row of the run
    before left the slot, and at least 9 clocks after that row's address was made.
    """

    def __init__(self, *, params: CoreParams) -> None:
        self._params = params
        self._bits = (params.table_beats - 1).bit_length()
        rows = {"rows": Out(RowStream)} if params.flash else {}
        super().__init__(
            {
                **rows,
                "program_address": Out(_PC_BITS + 3),
                "program_data": In(16),
                "index": In(stream.Signature(unsigned(INDEX_BITS))),
                "symbol": In(8),
                "symbol_known": In(1),
                "request": Out(request_stream(self._bits)),
                "sort_base": Out(8),
                "sort_last": Out(8),
                "side": Out(SideBus(address_bits=self._bits)),
                "copied": Out(1),
                "copied_word": Out(10),
                "advance": In(1),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, wide = self._bits, self._params.address_bits

        # The run whose row addresses are made.
        token, int4, first, last = _kept(1), _kept(1), _kept(1), _kept(1)
        residual, sort, end, shift = _kept(1), _kept(1), _kept(1), _kept(2)
        base, row_log2, table_log2 = _kept(wide), _kept(3), _kept(range(wide + 1))
        tier, mode, side_block = _kept(2), _kept(3), _kept(8)
        m.submodules.cache = cache = IndexCache(address_bits=bits)
        attend, quiet = mode == isa.Mode.ATTEND, mode[2]  # quiet: its indices pick no rows
        flash = tier[0] & ~cache.empty & int(self._params.flash)
        count, row_beats = _kept(10), _kept(7)
        base_word, n_out = _kept(8), _kept(8)

        fields = {
            "table_base_low": base[:16],
            "table_base_high": base[16:],
            "row_log2": row_log2,
            "count": count,
            "table_log2": table_log2,
            "token": token,
            "int4": int4,
            "first": first,
            "last": last,
            "residual": residual,
            "sort": sort,
            "end": end,
            "shift": shift,
            "tier": tier,
            "mode": mode,
            "side": side_block,
            "row_beats": row_beats,
            "base": base_word,
            "n_out": n_out,
        }

        # One row, or two of an int4 couple, waiting for the streamer.
        slot_a, slot_b, slot_both, slot_first, slot_last = _kept(wide), _kept(bits), _kept(1), _kept(1), _kept(1)
        slot_valid, slot_asked, take = Signal(), Signal(), Signal()  # `slot_asked`: the row needn't be asked of the flash any more
        half, opening, again = Signal(), Signal(), Signal()

        pc, word, kept = Signal(_PC_BITS), Signal(3), Signal()
        m.d.comb += self.program_address.eq(Cat(Const(0, 3), pc))
        with m.Switch(word):
            for position, number in enumerate(_WORDS):
                with m.Case(position):
                    m.d.comb += self.program_address[:3].eq(number)

        known, queued = Signal(), _kept(1)
        index = Signal(INDEX_BITS)
        m.d.comb += [
            known.eq((token & self.symbol_known) | (queued & self.index.valid & ~cache.busy) | cache.o.valid | cache.copied),
            index.eq(Mux(token, self.symbol, Mux(attend, cache.o.payload, self.index.payload))),
        ]
        m.d.sync += queued.eq(~token & ~attend & (mode != isa.Mode.ANCHORS))  # the run takes its indices from the queue
        row, single, couple, rows_left = Signal(wide), Signal(), Signal(), Signal()
        m.d.comb += [single.eq(count == 1), couple.eq(int4 & ~flash)]
        m.d.comb += row.eq(base | (index << row_log2))

        # `made`: a table's index is dealt with. `close`: the row of zeros that ends a quiet run.
        opened, made, close = Signal(), Signal(), Signal()
        wiring.connect(m, cache.side, wiring.flipped(self.side))
        m.d.comb += [
            cache.mode.eq(mode),
            cache.block.eq(side_block),
            cache.reach.eq(n_out),
            cache.open.eq(opened),
            cache.again.eq(again),
            cache.left.eq(rows_left),
            cache.made.eq(made),
            cache.query.eq(self.index.payload),
            cache.key.eq(slot_a),
            cache.base.eq(base),
            cache.o.ready.eq(made),
            cache.advance.eq(self.advance),
            cache.clear.eq(self.clear),
            self.copied.eq(cache.copied),
            self.copied_word.eq(cache.word),
        ]
        with m.If(made | close):
            m.d.sync += [
                base.eq(base + (Const(1, wide) << table_log2)),
                count.eq(count - 1),
                slot_b.eq(row | (flash | cache.empty | close).replicate(bits)),
            ]
            with m.If(~half):
                m.d.sync += slot_a.eq(row | (cache.empty | close).replicate(wide))

        with m.If(take):
            m.d.sync += slot_valid.eq(0)
        with m.FSM(name="rows"):
            with m.State("RUN"):
                data = self.program_data
                m.d.sync += kept.eq(word == _KEEP)
                with m.If((word != _KEEP) | ~slot_valid | again):
                    m.d.sync += word.eq(word + 1)
                with m.Switch(word):
                    for position, number in enumerate(_WORDS, start=1):
                        with m.Case(position), m.If((position != _KEEP) | ~kept):
                            for name, register in fields.items():
                                if isa.place(name)[0] == number:
                                    m.d.sync += register.eq(field(data, name))
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
                    with m.If(~quiet & couple & ~half & ~single):
                        m.d.sync += half.eq(1)
                with m.If((made & ~quiet & ~(couple & ~half & ~single)) | close):
                    m.d.sync += [
                        half.eq(0),
                        opening.eq(0),
                        slot_valid.eq(1),
                        slot_asked.eq(~flash),
                        slot_both.eq(half | flash),
                        slot_first.eq(first & opening),
                        slot_last.eq(close | (single & ~cache.further)),
                    ]
                with m.If(~rows_left & ~cache.busy):
                    m.d.sync += again.eq(cache.further)
                    with m.If(~cache.further):
                        m.d.sync += pc.eq(Mux(end, 0, pc + 1))
                    m.next = "RUN"

        # The streamer: one request a clock.
        row_a, row_b, beat, more = _kept(bits), _kept(bits), _kept(7), _kept(7)  # `more`: beats of the row after this one
        both, is_int4, is_first, is_last, run_last, is_flash = _kept(1), _kept(1), _kept(1), _kept(1), _kept(1), _kept(1)
        active, pause, phase = Signal(), Signal(), Signal()
        tag = self.request.payload.tag
        flags = _kept(tag.shape())  # the parts of the tag that hold for the whole run
        adding, at_end, done = Signal(), _kept(1), Signal()
        m.d.comb += [
            adding.eq(~is_int4 | phase),
            self.request.valid.eq(active & ~pause),
            self.request.payload.address.eq(Mux(phase, row_b, row_a) | beat),
            self.request.payload.read.eq(Mux(is_flash, ~phase, ~is_int4 | phase | both)),
            tag.eq(flags),
            tag.hold.eq(~adding),
            tag.bytes.eq(is_flash & ~phase),
            tag.pair.eq(is_int4),
            tag.alone.eq(is_int4 & ~both),
            tag.start.eq(beat == 0),
            tag.first.eq(is_first),
            tag.last.eq(is_last & run_last),
            tag.final.eq(is_last & at_end & adding),
            done.eq(self.request.valid & self.request.ready & adding & at_end),
            take.eq(slot_valid & slot_asked & (~active | done)),
        ]
        if self._params.flash:
            m.d.comb += [
                self.rows.payload.address.eq(slot_a),
                self.rows.payload.more.eq(row_beats),
                self.rows.valid.eq(slot_valid & ~slot_asked & (~active | is_flash)),
            ]
            with m.If(self.rows.valid & self.rows.ready):
                m.d.sync += slot_asked.eq(1)
        m.d.sync += pause.eq(0)
        with m.If(self.request.valid & self.request.ready):
            with m.If(is_int4):
                m.d.sync += phase.eq(~phase)
            with m.If(adding):
                m.d.sync += [beat.eq(beat + 1), more.eq(more - 1), at_end.eq(more == 1)]
        with m.If(done):
            m.d.sync += active.eq(0)
        with m.If(take):
            m.d.sync += [
                active.eq(1),
                pause.eq(active & is_int4 & ~int4),
                row_a.eq(slot_a),
                row_b.eq(slot_b),
                both.eq(slot_both),
                is_int4.eq(int4),
                is_flash.eq(flash),
                is_first.eq(slot_first),
                is_last.eq(slot_last),
                run_last.eq(last),
                beat.eq(0),
                more.eq(row_beats),
                at_end.eq(row_beats == 0),
                flags.residual.eq(residual),
                flags.sort.eq(sort),
                flags.end.eq(end),
                flags.shift.eq(shift),
                flags.base.eq(base_word),
            ]
            with m.If(sort):
                m.d.sync += [self.sort_base.eq(base_word), self.sort_last.eq(n_out)]
        return m
