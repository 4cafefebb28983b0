"""Claims of the row fetch's streamer and of the queue before it: each row's beats in order, none lost, none twice."""

from amaranth.hdl import Cat, Mux, Signal

from hdl.fetch.queue import DEPTH, RowQueue
from hdl.fetch.streamer import Streamer

from ..claims import Claims
from ..prove import Proof

BITS = 6  # of an address on chip


def _streamer() -> Claims:
    c = Claims(Streamer(address_bits=BITS, far=True))
    m, b = c.m, c.block
    row, tag, payload = b.i.payload, b.request.payload.tag, b.request.payload
    taken, asked = b.i.valid & b.i.ready, b.request.valid & b.request.ready
    c.steady(b.i)
    c.stable(b.request, name="request", fault="active late")

    # the row as it was taken, and how many of its requests have been granted
    rows = Signal(b.i.payload.shape(), name="own_rows", reset_less=True)
    left, count = Signal(9, name="left"), Signal(8, name="count", reset_less=True)
    whole = Mux(row.int4, 2 * (row.more + 1), row.more + 1)
    m.d.sync += left.eq(Mux(taken, whole, left - asked))
    with m.If(taken):
        m.d.sync += [rows.eq(row), count.eq(0)]
    with m.Elif(asked):
        m.d.sync += count.eq(count + 1)
    active, pause, phase, beat = (c.signal(name) for name in ("active", "pause", "phase", "beat"))
    inner = {name: c.signal("rows")[field.offset : field.offset + field.width] for name, field in row.shape()}
    constant = Cat(*(inner[name] for name in inner if name != "more"))
    c.lemma("the row stands", ~active | (constant == Cat(*(rows[name] for name in inner if name != "more"))))
    c.lemma("left", active == (left != 0))
    done_beats = Mux(rows.int4, count >> 1, count)
    c.lemma("beats", ~active | ((beat == done_beats) & (inner["more"] == (rows.more - done_beats)[:7]) & (phase == (rows.int4 & count[0]))))
    c.lemma("count", ~active | (left + count == Mux(rows.int4, 2 * (rows.more + 1), rows.more + 1)))
    c.lemma("end", ~active | (c.signal("at_end") == (done_beats == rows.more)))
    c.lemma("pause", ~pause | (active & ~rows.int4 & (count == 0)))
    c.lemma("phase", active | ~phase)

    c.claim(
        "a row gives a request a beat, an int4 couple two, and no other comes",
        left != 0,
        when=b.request.valid,
        cover=asked & (left == 1),
        fault="active is 1",
    )
    c.claim(
        "the next rows are taken with the last request at the earliest",
        (left == 0) | (asked & (left == 1)),
        when=taken,
        fault="at_end is 1",
    )
    c.claim("rows are let in when the ones before have gone", b.i.ready, when=left == 0, fault="active is 1")
    address = (Mux(rows.int4 & count[0], rows.b, rows.a) | done_beats)[:BITS]
    c.claim(
        "beats are asked in order, those of a couple by turns",
        payload.address == address,
        when=b.request.valid,
        cover=asked & (count == 3) & rows.int4,
        fault="phase is 0",
    )
    c.claim(
        "`final` marks the last request of a run",
        tag.final == (rows.closes & (left == 1)),
        when=b.request.valid,
        cover=tag.final & b.request.valid,
        fault="adding is 1",
    )
    c.claim("`start` marks the first beat", tag.start == (done_beats == 0), when=b.request.valid, fault="beat[0] is 0")
    c.claim(
        "the first beat of a couple is held, the second added",
        tag.hold == (rows.int4 & ~count[0]),
        when=b.request.valid,
        fault="phase late",
    )
    c.claim(
        "a row waits a clock at most for its first request",
        b.request.valid,
        when=active & (~pause | c.past(active & (left != 0) & ~asked & pause)),
        fault="pause is 1",
    )
    c.claim(
        "no int8 beat directly follows an int4 pair",
        tag.pair,
        when=c.past(asked & tag.pair & ~tag.hold) & b.request.valid,
        fault="pause is 0",
    )
    outputs = Signal(b.outputs.shape(), name="own_outputs")
    with m.If(taken & row.sort):
        m.d.sync += outputs.eq(row.outputs)
    c.claim(
        "where the outputs lie stands until another run with `sort`",
        b.outputs.as_value() == outputs.as_value(),
        cover=asked & rows.sort,
        fault="outputs[0] late",
    )
    return c


def _queue(tight: bool) -> Claims:
    c = Claims(RowQueue(address_bits=BITS, tight=tight))
    m, b = c.m, c.block
    c.steady(b.i)
    c.stable(b.o, name="o", fault="rows.consume[0] late")
    put, got = b.i.valid & b.i.ready, b.o.valid & b.o.ready
    level = Signal(range(DEPTH + 2), name="own_level")
    m.d.sync += level.eq(level + put - got)
    c.claim(
        "the queue holds what came less what went, and never more than its rows",
        (level <= DEPTH) & (c.signal("rows.level") == level),
        cover=level == DEPTH,
        fault="rows.level[0] late",
    )
    c.lemma("places", (c.signal("rows.produce") - c.signal("rows.consume"))[:3] == level[:3])
    c.claim("nothing leaves an empty queue, nothing enters a full one", (level != 0) | ~b.o.valid, cover=got, fault="o__valid is 1")
    c.claim("a row is taken where there is room", b.i.ready == (level != DEPTH), cover=level == DEPTH, fault="i__ready is 1")

    last_far = Signal(name="last_far", reset_less=True)
    c.lemma("far", c.signal("far") == last_far)
    with m.If(put):
        m.d.sync += last_far.eq(b.i.payload.flash)
    c.claim(
        "a far row is asked for only behind far ones",
        (level == 0) | last_far,
        when=b.far_next,
        cover=b.far_next & (level != 0),
        fault="far is 1",
    )
    c.claim("and only while far ones stream", b.streams_far, when=b.far_next, fault="far_next is 1")
    return c


def _order() -> Claims:
    c = Claims(RowQueue(address_bits=BITS))
    m, b = c.m, c.block
    put, got = b.i.valid & b.i.ready, b.o.valid & b.o.ready
    level = c.signal("rows.level")
    # one row, chosen at any time, and how many are before it
    pick = c.free(1, "pick")
    watched, before, waits = (
        Signal(BITS, name="watched", reset_less=True),
        Signal(range(DEPTH + 1), name="rows_before"),
        Signal(name="watching"),
    )
    with m.If(pick & put & ~waits):
        m.d.sync += [watched.eq(b.i.payload.a), before.eq(level - got), waits.eq(1)]
    with m.Elif(waits & got):
        m.d.sync += before.eq(before - 1)
        with m.If(before == 0):
            m.d.sync += waits.eq(0)
    same = b.o.payload.a == watched
    c.claim(
        "the address of each row leaves as it came, in its turn",
        b.o.valid & same,
        when=waits & (before == 0),
        cover=waits & (before == 0) & c.past(before == 1),
        fault="rows.produce[0] is 0",
    )
    return c


PROOFS = (
    Proof(block="streamer", write=_streamer),
    Proof(block="row queue", write=lambda: _queue(False), quick=True),
    Proof(block="row queue, tight", write=lambda: _queue(True)),
    Proof(block="row queue, order for 12 clocks", write=_order, bounded=12, reach=12, map_memories=True),
)
