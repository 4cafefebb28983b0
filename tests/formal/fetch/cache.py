"""Claims of the index cache: only positions that are there are read, each key is written once, each beat copied once."""

from amaranth.hdl import Cat, Mux, Signal

from firmware import isa
from hdl.fetch.cache import IndexCache

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()
MOST = isa.CONTEXT - 1


def _cache() -> Claims:
    c = Claims(IndexCache(address_bits=14, width=WIDTH))
    m, b = c.m, c.block
    side, granted = b.side, b.side.valid & b.side.ready
    mode = {one: b.mode == one for one in isa.Mode}
    idle = c.state("side_words_state", "IDLE")
    attends = c.state("side_words_state", "RING", "PLACE", "BOTH", "TABLES", "NEXT")
    copies = c.state("side_words_state", "COPY", "COPIED", "MORE")

    # Of the row fetch, whose claims are in fetch.py.
    c.assume((b.mode == c.before(b.mode)) | (idle & ~side.valid & ~b.o.valid & ~b.open & ~b.made & ~c.past(b.open | b.made)))
    c.assume(~b.open | (idle & ~side.valid & ~b.o.valid & (b.mode == c.before(b.mode)) & (c.before(b.mode) == c.before(c.before(b.mode)))))
    known = Mux(mode[isa.Mode.ATTEND], b.o.valid, Mux(mode[isa.Mode.ANCHORS], b.copied, ~b.busy))
    c.assume(~b.made | (b.left & known & ~b.open & (b.mode == c.before(b.mode))))
    c.assume(~c.past(side.valid & ~side.ready) | ((b.key == c.before(b.key)) & (b.base == c.before(b.base))))
    c.assume(~(b.advance | b.clear) | (idle & ~b.open))

    asks = Cat(side.address, side.write, side.lane)
    c.claim(
        "an access of the tables stands until it is granted",
        side.valid & (asks == c.before(asks)),
        when=c.past(side.valid & ~side.ready),
        fault="side__valid late",
    )
    c.stable(b.o, name="o", fault="o__valid late")
    cached = c.signal("cached")
    steps = Signal(range(MOST + 1), name="steps_since_clear", reset_less=True)
    with m.If(b.advance & (steps != MOST)):
        m.d.sync += steps.eq(steps + 1)
    with m.If(b.clear):
        m.d.sync += steps.eq(0)
    c.claim(
        "as many positions are cached as steps have ended, up to the ring's less one",
        cached == steps,
        cover=cached == 3,
        fault="cached[0] late",
    )
    c.claim("only keys are written", mode[isa.Mode.KEY], when=side.valid & side.write, fault="key is 1")
    c.claim("indices come in runs that attend only", mode[isa.Mode.ATTEND], when=b.o.valid, fault="o__valid is 1")
    c.claim("a beat is copied once for each that is granted", c.past(granted & ~side.write), when=b.copied, fault="copied late")
    c.claim("and in a run of anchors only", mode[isa.Mode.ANCHORS], when=b.copied, fault="copied is 1")
    c.claim("a key waits until it is written", b.busy | c.past(granted), when=c.past(b.busy), fault="busy late")
    c.claim("a key is asked to be written once for each table", b.busy, when=c.past(b.made & mode[isa.Mode.KEY]), fault="side__valid is 0")
    c.claim("no query is written while indices are made of them", ~c.signal("write__en"), when=attends, fault="write__en is 1")
    c.lemma("attends", attends <= mode[isa.Mode.ATTEND])
    c.lemma("copies", copies <= mode[isa.Mode.ANCHORS])
    c.lemma("copied", b.copied == c.state("side_words_state", "COPIED"))
    c.lemma("key", (c.signal("key") == mode[isa.Mode.KEY]) | (idle & ~side.valid))
    c.lemma("what waits", ~side.valid | Mux(idle, mode[isa.Mode.KEY], c.state("side_words_state", "RING", "PLACE", "COPY")))
    c.lemma("who waits", side.valid | ~c.state("side_words_state", "RING", "PLACE", "COPY"))
    c.lemma("indices", ~b.o.valid | c.state("side_words_state", "TABLES", "NEXT", "IDLE"))
    c.lemma("indices of attention", ~b.o.valid | mode[isa.Mode.ATTEND])
    return c


PROOFS = (Proof(block="index cache", write=_cache, clocks=3, reach=30),)
