"""Claims of the row fetch and the index cache: each table of a run is dealt with once, and its row asked for once."""

from functools import partial

from amaranth.hdl import Mux, Signal

import boards
from firmware import isa
from hdl.board.parts import core_params
from hdl.core.params import CoreParams
from hdl.fetch.fetch import RowFetch

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()
PARAMS = core_params(boards.get("icebreaker"))


def _fetch(far_bytes: int) -> Claims:
    c = Claims(RowFetch(params=CoreParams(table_beats=16, far_bytes=far_bytes)))
    m, b = c.m, c.block
    c.steady(b.index)
    made, close = c.signal("made"), c.signal("close")
    waiting, left, queued, waits = (c.signal(name) for name in ("slot_valid", "rows_left", "queued", "waits"))
    asked = c.signal("slot_asked")
    streamer = c.signal("streamer.i__valid") & c.signal("streamer.i__ready")
    rows = c.state("rows_state", "ROWS")
    quiet = c.signal("run_mode") >= isa.Mode.QUERY

    mode, token, head, word = c.signal("run_mode"), c.signal("run_token"), c.state("rows_state", "HEAD"), c.signal("word")
    attend, anchors = mode == isa.Mode.ATTEND, mode == isa.Mode.ANCHORS
    side = "cache.side_words_state"
    idle = c.state(side, "IDLE")
    told = rows | (head & (word == 6))
    c.lemma("queued", ~told | (queued == (~token & ~attend & ~anchors)))
    c.lemma("a state machine at rest", ~(head & (word != 0)) | (idle & ~c.signal("cache.o__valid") & ~c.signal("cache.copied")))
    c.lemma("word", (word <= 6) & (head | (word == 0)))
    c.lemma("attention", c.state(side, "RING", "PLACE", "BOTH", "TABLES", "NEXT") <= attend)
    c.lemma("copies", c.state(side, "COPY", "COPIED", "MORE") <= anchors)
    c.lemma("copied", c.signal("cache.copied") == c.state(side, "COPIED"))
    c.lemma("index of attention", ~c.signal("cache.o__valid") | (attend & left & rows))
    c.lemma("attention has tables left", ~c.state(side, "RING", "PLACE", "BOTH") | (left & rows & ~c.signal("cache.o__valid")))
    c.lemma("copies have tables left", ~c.state(side, "COPY", "COPIED") | (left & rows & ~waiting))
    c.lemma("tables left", left <= rows)
    again = c.signal("again")
    c.assume(~again | ~told | attend)  # the program stands
    c.lemma("the slot is free in a run without rows", ~(rows & quiet & waiting))
    c.lemma("the run stands", ~(head & waiting & ~again) | (word <= 3))
    c.assume(~token | (mode == isa.Mode.ROWS))
    if far_bytes:
        c.assume(mode == isa.Mode.ROWS)
        c.lemma("no attention", ~(c.signal("cache.empty") | c.signal("cache.further") | c.signal("again")) & idle)

    c.stable(b.request, name="request", fault="streamer.active late")
    if far_bytes:
        c.stable(b.rows, name="rows", fault="slot_asked late")
    taken = b.index.valid & b.index.ready
    c.claim(
        "an index is taken for each table that needs one, and for no other",
        taken == (made & queued),
        when=taken | made,
        cover=taken,
        fault="queued is 1",
    )
    c.claim("a table is dealt with only while the slot is free", ~waiting, when=made, fault="made is 1")
    c.claim("a table is dealt with only while tables are left", left & rows, when=made, fault="made late")
    put = (made & ~quiet & ~waits) | close
    owed = Signal(2, name="owed")
    m.d.sync += owed.eq(owed + put - streamer)
    c.claim("each row that is made leaves for the streamer once", owed == waiting, cover=streamer, fault="slot_valid late")
    c.claim("rows leave two clocks apart at least", ~streamer, when=c.past(streamer), fault="slot_valid late")
    c.claim("no row overwrites one that waits", ~waiting | streamer, when=put, cover=put, fault="close is 1")
    if far_bytes:
        flash = c.signal("flash")
        wanted = Signal(name="asked_once")  # of the far tier
        with m.If(b.rows.valid & b.rows.ready):
            m.d.sync += wanted.eq(1)
        with m.If(put | ~waiting):
            m.d.sync += wanted.eq(0)
        c.claim("a row of flash is asked of it once before it streams", wanted, when=streamer & flash, fault="slot_asked is 1")
        c.claim("and not again", ~wanted, when=b.rows.valid, fault="slot_asked is 0")
        c.lemma("asked", ~waiting | Mux(flash, asked == wanted, asked))
    return c


def _zeros() -> Claims:
    """Of the icebreaker's core, whatever the program: how a row is left out."""
    c = Claims(RowFetch(params=PARAMS))
    made, close, empty = (c.signal(name) for name in ("made", "close", "cache.empty"))
    left_out = (made & empty) | close
    slot = c.signal("slot")
    bits = (PARAMS.table_beats - 1).bit_length()
    both = slot[: PARAMS.address_bits].all() & slot[PARAMS.address_bits :][:bits].all()
    when = c.past(left_out & ~c.signal("half"))
    c.claim("a row that is left out is the last beat of all, which is zero", both, when=when, fault="slot[3] late")
    return c


PROOFS = (
    Proof(block="row fetch", write=partial(_fetch, 0), reach=40),
    Proof(block="row fetch with flash", write=partial(_fetch, 1), reach=40),
    Proof(block="row fetch of the icebreaker", write=_zeros, reach=8, anywhere=True),
)
