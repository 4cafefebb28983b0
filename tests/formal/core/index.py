"""Claims of the index maker and its encoder: no index is lost or comes twice, words wait for what they must wait for."""

from functools import partial

from amaranth.hdl import Mux, Signal

import boards
from firmware import isa
from hdl.board.parts import core_params
from hdl.core.compare import IndexEncoder
from hdl.core.index import IndexMaker
from hdl.core.params import CoreParams

from ..claims import Claims
from ..prove import Proof

PARAMS = core_params(boards.get("icebreaker"))


def _encoder(comparators: int) -> Claims:
    c = Claims(IndexEncoder(comparators=comparators))
    m, b = c.m, c.block
    ends = b.strobe & (b.emit != 0)
    words = Signal(range(comparators + 1), name="words")  # of the group, as many as count
    with m.If(b.strobe):
        m.d.sync += words.eq(Mux(ends, 0, Mux(words == comparators, comparators, words + 1)))
    c.assume(b.emit <= comparators)
    c.assume(~ends | (words + 1 >= comparators))  # a group takes at least P words (docs/reference/isa.md, "Anchor words")

    left, ended, opening = c.signal("left"), c.signal("ended"), c.signal("opening")
    owed = Signal(range(2 * comparators + 1), name="owed")
    m.d.sync += owed.eq(owed + Mux(ends, b.emit, 0) - b.o.valid)
    c.claim("as many indices leave as groups emit", owed == ended + left, cover=b.o.valid & (left == comparators), fault="left[0] late")
    c.claim("a group's indices have left when the next one's come", left <= 1, when=ended != 0, fault="left is 1")
    c.claim("an index leaves two clocks after its group ended", b.o.valid, when=c.past(c.past(ends)), fault="ended is 0")
    c.lemma("sizes", (ended <= comparators) & (left <= comparators) & (words <= comparators))
    c.lemma("a group's words leave time", Mux(ended != 0, (words == 0) & (left <= 1), left + words <= comparators + 1))
    c.lemma("opening", opening == (words == 0))

    # one lane, and the last four bits of its index
    lane = 0
    bits = Signal(4, name="bits_of_lane", reset_less=True)
    with m.If(b.strobe & (b.valid[lane] | opening)):
        m.d.sync += bits.eq(((Mux(opening, 0, bits) << 1) | (b.bits[lane] & b.valid[lane]))[:4])
    c.lemma("bits", bits == c.signal("index_0")[:4])
    first = c.past(ended != 0)
    c.claim("the first index is lane 0's bits, the last one lowest", b.o.payload[:4] == c.before(bits), when=first, fault="index_0[0] late")
    if comparators > 1:
        second = c.before(c.before(c.signal("index_1")))
        c.claim("lane 1's index follows it", b.o.payload == second, when=c.past(first & (left == 2)), fault="held_1[5] is 1")
    return c


def _maker(comparators: int, store_clocks: int, *, depth: int = 16, anchor_words: int = 16) -> Claims:
    width = isa.Width(lanes=8, comparators=comparators)
    c = Claims(IndexMaker(params=CoreParams(width=width, index_depth=depth, anchor_words=anchor_words, store_clocks=store_clocks)))
    m, b = c.m, c.block
    word_valid, take, room, accept = (c.signal(name) for name in ("word_valid", "take", "room", "accept"))
    pending, sync, fresh, started = (c.signal(name) for name in ("pending", "held_sync", "held_fresh", "started"))
    level, made = c.signal("queue.level"), c.signal("encoder.o__valid")
    strobe, emit = c.signal("encoder.strobe"), c.signal("encoder.emit")
    c.assume(~b.retired | (pending > (word_valid | c.state("runs_state", "WORDS"))))  # not before its words are taken

    # a group takes at least P words
    words = Signal(range(comparators + 1), name="words")
    ends = strobe & (emit != 0)
    with m.If(strobe):
        m.d.sync += words.eq(Mux(ends, 0, Mux(words == comparators, comparators, words + 1)))
    c.assume(~strobe | (emit <= comparators))
    c.assume(~ends | (words + 1 >= comparators))

    c.stable(b.reads, name="reads", fault="read__en is 1")
    c.stable(b.o, name="o", fault="o__valid late")
    c.claim("no index comes while the queue is full", c.signal("queue.w_rdy"), when=made, cover=made & (level > 7), fault="room is 1")
    left, ended = c.signal("encoder.left"), c.signal("encoder.ended")
    coming = sum([word_valid, *c.pipeline(take, store_clocks)], start=Mux(ends, emit, words + strobe) + ended + left)
    c.lemma("there is room for what is on its way", level + coming <= depth)
    c.lemma("room", ~room | (level <= depth - 4 - comparators - store_clocks))
    c.lemma("a group's words leave time", Mux(ended != 0, (words == 0) & (left <= 1), left + words <= comparators + 1))
    c.lemma("the encoder", (ended <= comparators) & (left <= comparators) & (words <= comparators))

    waiting = Signal(range(2 * depth), name="indices_waiting")
    m.d.sync += waiting.eq(waiting + made - (b.o.valid & b.o.ready))
    c.claim("the queue holds what came less what went", level == waiting, cover=level == 5, fault="queue.level[0] late")
    c.claim("nothing leaves an empty queue", waiting != 0, when=b.o.valid, fault="o__valid is 1")
    own = Signal.like(pending, name="begun")  # runs that have begun and aren't retired
    m.d.sync += own.eq(own + accept - b.retired)
    c.claim("a run with `sync` waits for all before it", own == 1, when=take & sync, fault="waits is 0")
    c.claim("a word stands for no two runs", ~word_valid | take, when=accept, cover=accept & take, fault="accept is 1")
    c.lemma("pending", own == pending)
    tokens = Signal(name="step_begun")  # and its first run hasn't taken a word
    c.assume(~b.go | ~tokens)
    with m.If(take & fresh):
        m.d.sync += tokens.eq(0)
    with m.If(b.go & ~(take & fresh & ~tokens)):
        m.d.sync += tokens.eq(1)
    c.lemma("started", tokens == started)
    c.claim("the first word of a step waits for the step to begin", tokens | b.go, when=take & fresh, fault="started is 1")
    c.claim(
        "a word that waits for nothing is offered in the next clock",
        b.reads.valid,
        when=c.past(word_valid & ~c.signal("waits") & ~take),
        fault="reads__valid is 0",
    )
    return c


def _icebreaker() -> Claims:
    depth = PARAMS.index_depth
    c = _maker(2, 1, depth=depth, anchor_words=PARAMS.anchor_words)
    held = c.before(c.signal("queue.level")) + 8 <= depth
    c.claim("a word is read only if 8 places of the queue were free a clock ago", held, when=c.signal("issue"), fault="room is 1")
    return c


PROOFS = (
    *(Proof(block=f"index encoder, P = {p}", write=partial(_encoder, p), clocks=3) for p in (2, 4)),
    *(Proof(block=f"index maker, P = {p}, store in {s}", write=partial(_maker, p, s), reach=48) for p, s in ((1, 1), (2, 1), (2, 2))),
    Proof(block="index maker of the icebreaker", write=_icebreaker, reach=12, anywhere=True),
)
