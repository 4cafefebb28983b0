"""Claims of the learning unit: the step is held as long as it learns, each row has two entries changed, and only those."""

from amaranth.hdl import Cat, Mux, Signal

from firmware import isa
from hdl.core.params import CoreParams
from hdl.learn.entry import EntryStep
from hdl.learn.learner import Learner
from hdl.learn.rival import Rival
from hdl.learn.rows import RowList

from ..claims import Claims
from ..prove import Proof


def _learner() -> Claims:
    c = Claims(Learner(params=CoreParams(table_beats=16, learns=True)))
    m, b = c.m, c.block
    side, granted = b.side, b.side.valid & b.side.ready
    loads = b.load.writes(isa.Kind.TABLES)
    idle = c.state("learning_state", "IDLE")
    due, count, adds = c.signal("due"), c.signal("rows.count"), c.signal("adds")
    c.assume(~b.begin | ~b.hold)  # a step begins when the one before has ended
    c.assume(~b.seen.valid | (~b.ripe & ~b.begin))
    c.assume(~c.past(b.hold & b.ripe) | b.ripe)  # all else of the step stays done
    c.assume(~b.load.strobe | ~b.hold)
    c.assume(~b.accessed | side.valid)

    asks = Cat(side.address, side.write, side.lane, side.data)
    c.claim(
        "an access of the tables stands until it is granted",
        side.valid & (asks == c.before(asks)),
        when=c.past(side.valid & ~side.ready),
        fault="side__valid late",
    )
    c.claim("the tables are reached only in a step that learns", b.hold, when=side.valid, fault="due late")
    c.claim("only when all else of the step is done", b.ripe, when=side.valid, fault="side__valid is 1")
    c.lemma("at work", idle | (due & b.ripe))

    c.lemma("an access", (side.valid == c.state("learning_state", "READ", "WRITE")) & (side.write == c.state("learning_state", "WRITE")))
    c.claim("a write counts when the tables take it", b.written == (b.accessed & side.write), cover=b.written, fault="written is 1")
    changed = ~c.before(loads) & (c.before(b.changed) | c.before(b.written))
    c.claim("tables have changed from a write on until they are loaded", b.changed == changed, cover=b.changed, fault="changed late")
    c.claim("whether a limit held it stands as long as the write", b.held == c.before(b.held), when=c.past(side.valid), fault="held late")

    read, write = granted & ~side.write, granted & side.write
    open_ = Signal(name="read_not_written")
    with m.If(read):
        m.d.sync += open_.eq(1)
    with m.If(write):
        m.d.sync += open_.eq(0)
    at = Signal(len(side.address) + len(side.lane), name="read_at", reset_less=True)
    with m.If(read):
        m.d.sync += at.eq(Cat(side.address, side.lane))
    c.claim("a word is written only after it was read, once", open_, when=write, fault="side__write is 1")
    c.claim("it is written where it was read", Cat(side.address, side.lane) == at, when=side.valid & side.write, fault="column[4] late")
    c.claim("each word read is written before the next is read", ~open_, when=read, fault="side__write is 0")
    between = c.state("learning_state", "TAKE", "SELECT", "STEP", "CHANGE", "WRITE")
    c.lemma("read and written", open_ == between)
    c.lemma("the place stands", ~open_ | (at == Cat(side.address, side.lane)))

    entries = Signal(10, name="entries")  # still to be changed
    m.d.sync += entries.eq(Mux(idle, 2 * count, entries - write))
    working = ~idle
    c.lemma("entries", ~working | (entries == 2 * count + 2 - adds))
    c.lemma("left", ~working | (count < isa.QUERIES))
    c.lemma("adds", ~c.state("learning_state", "ROW", "KEEP", "IDLE") | ~adds | idle)
    c.claim(
        "each row of the list has two entries changed, and then the step may end",
        (entries == 0) == ~b.hold,
        when=c.past(write),
        cover=c.past(write) & ~b.hold,
        fault="adds is 1",
    )
    c.claim(
        "`hold` falls with the last write, or where nothing is to be learned",
        c.past(write) | c.past(idle & b.ripe),
        when=c.past(b.hold) & ~b.hold,
        fault="due late",
    )
    c.claim(
        "a step that isn't forced, or doesn't learn, is not held",
        ~b.hold,
        when=c.past(b.begin & ~(b.forced & c.signal("on"))),
        fault="due inverted",
    )
    c.lemma("the list is no longer than its room", count <= isa.QUERIES)

    waits = c.counter(31, clear=granted | idle, up=~side.valid)
    c.claim("between two accesses there are 4 clocks at most", waits <= 4, cover=waits == 4, fault="side__valid is 0")
    for state, most in (("ROW", 0), ("KEEP", 1), ("READ", 2), ("TAKE", 0), ("SELECT", 1), ("STEP", 2), ("CHANGE", 3), ("WRITE", 4)):
        c.lemma(f"waits in {state}", ~c.state("learning_state", state) | (waits <= most))
    return c


def _rows() -> Claims:
    c = Claims(RowList(address_bits=6))
    m, b = c.m, c.block
    c.assume(~((b.read | b.take) & (b.seen.valid | b.clear)))
    c.assume(~b.take | (b.count != 0))
    number = Signal(9, name="rows_seen")
    with m.If(b.clear):
        m.d.sync += number.eq(0)
    with m.Elif(b.take):
        m.d.sync += number.eq(number - 1)
    with m.Elif(b.seen.valid & (number != isa.QUERIES)):
        m.d.sync += number.eq(number + 1)
    c.claim(
        "the list is as long as rows were seen, up to 256, and not taken off", b.count == number, cover=b.count == 3, fault="count[0] late"
    )
    c.claim("a row is kept behind those before it", b.memory.number == number[:8], when=b.memory.write, fault="memory__number[0] is 0")
    c.claim("a row is kept only where one is seen", b.seen.valid, when=b.memory.write, fault="memory__write is 1")
    c.claim("no word is written in the clock in which one is read", ~b.memory.write, when=b.memory.read, fault="memory__write is 1")
    return c


def _rival() -> Claims:
    c = Claims(Rival())
    m, b = c.m, c.block
    begun = Signal(name="begun")
    with m.If(b.start):
        m.d.sync += begun.eq(1)
    c.assume(~begun | b.start | ((b.target == c.before(b.target)) & (b.margin == c.before(b.margin))))
    c.assume(~(b.start & b.valid))
    number, best, who, some = (
        Signal(8, name="nth"),
        Signal(16, name="earliest", reset_less=True),
        Signal(8, name="whose", reset_less=True),
        Signal(name="some"),
    )
    other = b.valid & (number != b.target)
    latency = (b.latency + 0x8000)[:16]
    with m.If(b.valid):
        m.d.sync += number.eq(number + 1)
        with m.If(other & (~some | (latency < best))):
            m.d.sync += [best.eq(latency), who.eq(number), some.eq(1)]
    with m.If(b.start):
        m.d.sync += [number.eq(0), some.eq(0)]
    c.claim(
        "the rival is the earliest output but the target, the lowest of equals",
        b.neuron == who,
        when=some,
        cover=some & (who == 2),
        fault="found late",
    )
    c.claim("of a single output there is no rival", ~b.close, when=c.past(~some), fault="close is 1")
    c.lemma("number", (number == c.signal("number")) & (some == c.signal("found")))
    c.lemma("best", ~some | (best == (c.signal("best") + 0x8000)[:16]))
    return c


def _entry() -> Claims:
    c = Claims(EntryStep())
    b = c.block
    inputs = Cat(b.word, b.int4, b.byte, b.nibble, b.step, b.down)
    same = c.before(inputs) == inputs
    stands = same & c.past(same)
    old = b.word.word_select(b.byte, 8)
    new = b.changed.word_select(b.byte, 8)
    c.claim(
        "the other byte stands",
        b.changed.word_select(~b.byte, 8) == b.word.word_select(~b.byte, 8),
        when=stands & c.past(1),
        fault="changed[3] inverted",
    )
    c.claim(
        "the other nibble stands",
        new.word_select(~b.nibble, 4) == old.word_select(~b.nibble, 4),
        when=stands & b.int4,
        fault="changed[13] inverted",
    )
    for int4, most in ((1, 7), (0, 127)):
        value = new.word_select(b.nibble, 4).as_signed() if int4 else new.as_signed()
        was = old.word_select(b.nibble, 4).as_signed() if int4 else old.as_signed()
        wanted = Mux(b.down, was - b.step, was + b.step)
        held = Mux(wanted > most, most, Mux(wanted < -most, -most, wanted))
        chosen = stands & (b.int4 == int4)
        c.claim(
            f"an {'int4' if int4 else 'int8'} goes by the step, and is held at {most}",
            value == held,
            when=chosen,
            cover=chosen & (wanted > most),
            fault="kept[6] inverted",
        )
        inside = (was >= -most) & (was <= most)  # as entries of tables are
        outside = (wanted > most) | (wanted < -most)
        c.claim(
            f"it says whether {most} held it", b.held == outside, when=chosen & inside, cover=chosen & inside & b.held, fault="held is 0"
        )
    return c


PROOFS = (
    Proof(block="learning unit", write=_learner, reach=30),
    Proof(block="list of rows", write=_rows),
    Proof(block="rival", write=_rival),
    Proof(block="entry step", write=_entry, clocks=3),
)
