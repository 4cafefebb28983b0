"""Claims of the loader: a byte every 15 clocks, words only where they belong, one outcome of each image."""

from functools import partial

from amaranth.hdl import Array, Cat, Mux, Signal

from firmware import isa
from hdl.flash.rest import Rest
from hdl.link.loader import Loader
from hdl.link.section import space_words
from hdl.link.serial import SerialCounter

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()
WORDS = space_words(table_bytes=1 << 17, width=WIDTH)


def _loader() -> Claims:
    c = Claims(Loader(words=WORDS, width=WIDTH))
    m, b = c.m, c.block
    c.cut("wrong")  # the CRC may be wrong or right at any time
    status, load = b.status, b.load
    begin = b.start | b.scrub
    c.assume(~(b.start & b.scrub))
    taken = b.i.valid & b.i.ready
    count, ready, checking = c.signal("count"), c.signal("ready"), c.signal("checking")
    off = status.done | status.error

    gap = Signal(5, name="gap", init=15)  # clocks since a byte was taken, while none of them began anew
    m.d.sync += gap.eq(Mux(taken & ~off & ~begin, 1, Mux(gap == 15, 15, gap + 1)))
    with m.If(begin):
        m.d.sync += gap.eq(15)
    c.assume(~b.fail | (~off & (gap == 15) & ~taken))  # the flash is lost before an image ends, and between two bytes
    c.claim(
        "bytes of an image are taken 15 clocks apart",
        gap >= 15,
        when=taken & ~off,
        cover=taken & ~off & c.past(gap == 14),
        fault="ready is 1",
    )
    c.claim(
        "the next byte is taken 15 clocks after one at the latest",
        ready,
        when=gap == 15,
        cover=(gap == 15) & c.past(gap == 14),
        fault="ready late",
    )
    c.lemma("gap", (gap != 0) & (gap <= 15) & Mux(count == 14, (gap == 15) | off, count + 1 == gap))
    c.lemma("ready", ready | (gap < 15))
    c.lemma("ready only then", ~ready | off | (gap == 15) | c.past(off))
    c.claim("once an image has ended every byte is taken", ready, when=off & c.past(off & ~begin), fault="ready is 0")

    c.claim("an image ends well or badly, not both", ~(status.done & status.error), cover=status.error, fault="done is 1")
    c.claim("an error stays until the next image", status.error, when=c.past(status.error & ~begin), fault="status__error late")
    code = c.past((status.code != 0) & ~begin)
    c.lemma("a code is that of an error", status.error | ((status.code == 0) & (c.signal("cause") == 0)))
    c.claim("the code stays that of the first error", status.code == c.before(status.code), when=code, fault="cause[0] is 1")
    c.claim("a begin forgets how the last image ended", ~off, when=c.past(begin), fault="done is 1")

    strobes = c.counter(8, clear=load.strobe, begin=8)
    c.claim("words are written 8 clocks apart at least", strobes >= 7, when=load.strobe, fault="ready is 1")
    c.claim("nothing is written by a scrub", ~checking | c.past(begin), when=load.strobe, fault="section.skip is 0")
    c.claim("nothing is written of an image that has ended", c.past(~off), when=load.strobe, fault="section.load__strobe is 1")
    words = Mux(load.space == isa.Kind.TABLES, WORDS[isa.Kind.TABLES], 0)
    for kind, number in WORDS.items():
        words = Mux(load.space == kind, number, words)
    judged = c.signal("section.payload") | (c.signal("section.header") & (c.signal("section.position") != 0))
    c.lemma("a scrub skips", ~judged | ~checking | c.signal("section.skip"))
    c.lemma("other sections are skipped", ~judged | c.signal("section.skip") | (load.space <= isa.Kind.CONFIG) | off)
    c.claim("every word is within its space", load.address < words, when=load.strobe & ~c.past(begin), fault="section.beyond is 0")
    c.claim(
        "the space stands a clock before its word", load.space == c.before(load.space), when=load.strobe, fault="section.load__strobe is 1"
    )
    return c
    return c


def _rest() -> Claims:
    c = Claims(Rest(clocks=16))
    b = c.block
    since = c.counter(16, clear=b.held)
    c.claim(
        "no step begins while the core is held, nor for 16 clocks from then on",
        (since == 16) & ~b.held,
        when=b.o.valid,
        fault="rest[4] is 1",
    )
    c.claim(
        "after that steps pass",
        (b.o.valid == b.i.valid) & (b.i.ready == b.o.ready),
        when=(since == 16) & ~b.held,
        cover=b.o.valid & b.o.ready,
        fault="rest[4] is 0",
    )
    c.claim(
        "a step is taken from one side when the other takes it",
        (b.i.valid & b.i.ready) == (b.o.valid & b.o.ready),
        cover=b.o.valid & b.o.ready,
        fault="o__valid is 1",
    )
    c.lemma("since", c.signal("rest") == since)
    return c


def _serial(down: bool) -> Claims:
    width = 6
    c = Claims(SerialCounter(width=width, down=down))
    m, b = c.m, c.block
    c.assume(~(b.enter & b.turn))
    turns = Signal(range(width + 1), name="turns")  # of the round, which begins with `add` or without
    value, total = Signal(width, name="began_as", reset_less=True), Signal(name="counted", reset_less=True)
    begins = b.add | b.clear
    with m.If(b.turn & (turns != 0)):
        m.d.sync += turns.eq(turns - 1)
    with m.If(begins):
        m.d.sync += [turns.eq(width), value.eq(b.value), total.eq(b.add & ~b.clear)]
    c.assume(~begins | (turns == 0))
    c.assume(~(begins & b.turn))
    c.assume(~b.enter)
    after = (value - total if down else value + total)[:width]
    done = width - turns
    c.claim(
        "after a whole turn the number has been counted by one, or not",
        b.value == after,
        when=(turns == 0) & c.past((turns == 1) & b.turn),
        fault="carry is 1",
    )
    mixed = Signal(width, name="mixed")
    cases = [Cat(value[at:], after[:at]) for at in range(width + 1)]
    m.d.comb += mixed.eq(Array(cases)[done])
    c.lemma("on the way", (turns == 0) | (turns <= width) & (b.value == mixed))
    carries = Array([total] + [total & (~value[:at].any() if down else value[:at].all()) for at in range(1, width + 1)])
    c.lemma("the carry", (turns == 0) | (b.carry == carries[done]))
    c.claim(
        "`carry` then tells whether it went round",
        b.carry == (total & (value == (0 if down else (1 << width) - 1))),
        when=(turns == 0) & c.past((turns == 1) & b.turn),
        fault="carry is 1",
    )
    return c


PROOFS = (
    Proof(block="loader", write=_loader, clocks=17, reach=24, anywhere=True, quick=True),
    Proof(block="rest of the flash", write=_rest, reach=30),
    *(Proof(block=f"serial counter, {name}", write=partial(_serial, down)) for name, down in (("up", False), ("down", True))),
)
