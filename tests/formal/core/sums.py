"""Claims of the accumulators and the write-back: what is added, where it goes, that a word read in the clock of its write isn't used."""

from functools import partial

from amaranth.hdl import Cat, Mux, Signal, Value, signed
from amaranth.lib import data

from firmware import isa
from hdl.core.accumulate import Accumulators
from hdl.core.layouts import Tag
from hdl.core.params import CoreParams
from hdl.core.writeback import WriteBack

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()
LANES = (0, 5)  # that are looked at


def _accumulators(clocks: int) -> Claims:
    c = Claims(Accumulators(width=WIDTH, far_bytes=1, clocks=clocks))
    m, b = c.m, c.block

    def then(value: Value) -> Value:
        """As it was when the sums now there were begun, with ``clocks`` of 2 a clock before the rest of `o` was."""
        return c.before(value) if clocks == 2 else value

    def since(value: Value) -> Value:
        return c.past(value) if clocks == 2 else value

    tag, beat = b.i.payload.tag, b.i.payload.data
    adding, step, high = (c.signal(name) for name in ("adding", "step", "high"))
    read, write, at = (c.signal(name) for name in ("read__addr", "write__en", "write__addr"))
    c.assume(~(high & adding))  # no int8 beat directly follows an int4 pair

    owed = Signal(2, name="owed")
    m.d.sync += owed.eq(owed + Mux(b.i.valid & ~tag.hold, Mux(tag.pair, 2, 1), 0) - b.o.valid)
    c.claim("an int8 beat gives one sum, an int4 pair two", owed == b.o.valid + high, cover=b.o.valid & high, fault="high late")
    c.claim("a sum comes in the clock after its beat", b.o.valid, when=c.past(adding), fault="valid late")
    sums = b.o.payload.sums
    if clocks == 1:
        c.claim("no word of sums is read in the clock of its write", read != at, when=step & write, fault="write__addr[0] is 1")
    else:
        stood, collides = c.signal("before"), step & write & (read == at)
        kept = stood == c.before(c.before(sums.as_value()))
        c.claim("of a word read in the clock of its write the sum is taken", kept, when=c.past(c.past(collides)), fault="again is 0")
        kept = stood == c.before(c.signal("read__data"))
        c.claim("any other word is what the memory gave", kept, when=c.past(c.past(step & ~collides)), fault="again is 1")
    c.claim("word 255 is never written", at != isa.ZERO_WORD, when=write, fault="write__en is 1")
    c.claim(
        "every other sum is written to its word",
        write & (at == then(b.o.payload.word)),
        when=since(b.o.valid & (b.o.payload.word != isa.ZERO_WORD)),
        fault="write__en is 0",
    )
    place = Signal(8, name="place", init=255, reset_less=True)  # of the sum that came last
    following = Mux(adding & tag.start, tag.base, (place + 1)[:8])
    with m.If(step):
        m.d.sync += place.eq(following)
    c.assume(~(step & b.o.valid & ~data.View(Tag, c.signal("now")).first) | (following != place))  # a word is used again after 2 clocks
    c.lemma("place", c.signal("word") == (place + 1)[:8])
    c.claim(
        "a row's sums go from its base on to one word after the other", b.o.payload.word == place, when=b.o.valid, fault="sum_word[2] is 1"
    )
    c.claim("`store` is never high without `valid`", b.o.valid, when=b.o.payload.store, fault="valid is 0")
    finals = Signal(name="final_owed")
    m.d.sync += finals.eq(b.i.valid & ~tag.hold & tag.final & tag.pair)
    once = b.o.payload.final == (c.past(b.i.valid & ~tag.hold & tag.final & ~tag.pair) | c.past(finals & high))
    c.claim(
        "a run's last beat is told of once, with its last sum",
        once,
        when=b.o.valid,
        cover=b.o.payload.final & b.o.valid,
        fault="pair_half is 1",
    )

    stands = c.signal("read__data" if clocks == 1 else "before")
    for lane in LANES:
        entry = then(c.before(beat.word_select(lane, 8))).as_signed()
        kept = Value.cast(sums[lane]) == (stands.word_select(lane, 16).as_signed() + entry)[:16].as_signed()
        c.claim(f"lane {lane} adds its byte", kept, when=since(c.past(adding & ~tag.pair & ~tag.bytes)), fault=f"entry_{lane}[7] inverted")
    held = Signal.like(beat, name="held_beat", reset_less=True)
    with m.If(b.i.valid & tag.hold):
        m.d.sync += held.eq(Mux(tag.alone, 0, beat))
    c.assume(~b.bytes.strobe)
    fresh = Signal(name="fresh")  # what is held came as a beat
    with m.If(b.i.valid):
        m.d.sync += fresh.eq(tag.hold & ~tag.bytes)
    pair = since(c.past(adding & tag.pair & fresh))
    for lane in LANES:
        both = [then(c.before(word_.word_select(2 * lane, 4).as_signed())) for word_ in (held, beat)]
        kept = Value.cast(sums[lane]) == (stands.word_select(lane, 16).as_signed() + both[0] + both[1])[:16].as_signed()
        c.claim(f"of an int4 pair lane {lane} adds the low nibbles", kept, when=pair, fault=f"pairs[{5 * lane + 4}] inverted")
    c.lemma("held", (held == c.signal("held")) | ~fresh)
    pairs = c.signal("pairs")
    stand = pairs == c.before(pairs)
    c.claim("the sums of an int4 pair stand until the next one comes", stand, when=c.past(~(adding & tag.pair)), fault="pairs[4] late")
    return c


def _saturated(value: Value) -> Value:
    return Mux(value > 0x7FFF, 0x7FFF, Mux(value < -0x8000, -0x8000, value))[:16]


def _write_back(store_clocks: int) -> Claims:
    c = Claims(WriteBack(params=CoreParams(store_clocks=store_clocks)))
    m, b = c.m, c.block
    word, loading = b.i.payload, b.load.writes(isa.Kind.STORE)
    wait = store_clocks
    c.assume(~word.store | b.i.valid)
    stored = c.pipeline(b.i.valid & word.store, wait)
    busy = [Value.cast(b.i.valid)]
    for _ in range(wait):
        busy.append(c.before(busy[-1]))
    c.assume(~loading | ~Cat(busy).any())
    c.assume(~loading | (b.residual.data.as_value() == 0))  # the zero word is read, with the core in reset
    begun, place, final = c.pipeline(b.i.valid, wait)[-1], word.word, c.pipeline(b.i.valid & word.final, wait)[-1]
    shift = word.shift
    for _ in range(wait - 1):  # the sums come as much later
        shift = c.before(shift)
    sums = [c.before(word.sums[lane] << shift) for lane in LANES]
    for _ in range(wait):
        place = c.before(place)
    active = stored[-1] & (place != isa.ZERO_WORD)
    for lane, shifted in zip(LANES, sums, strict=True):
        total = shifted[:16].as_signed() + b.residual.data[lane]
        c.claim(
            f"lane {lane} writes its sum, shifted, and the residual, saturated once",
            b.write.data[lane] == _saturated(total).as_signed(),
            when=active,
            fault=f"over[{lane}] is 0",
        )
    c.claim("a sum goes to its word, in all lanes", b.write.en.all() & (b.write.addr == place), when=active, fault="active late")
    c.claim("nothing else is written", b.write.en == 0, when=~active & ~loading, fault="active is 1")
    c.claim(
        "word 255 is never written by a step", b.write.addr != isa.ZERO_WORD, when=(b.write.en != 0) & ~loading, fault="write__en[3] is 1"
    )
    c.claim("each run is retired once", b.retired == final, cover=b.retired, fault="retired late")
    lane = b.load.address[:3]
    one = (
        (b.write.en == (1 << lane))
        & (b.write.addr == b.load.address[3:11])
        & (b.write.data.as_value().word_select(lane, 16) == b.load.data)
    )
    c.claim("a word that is loaded goes to its one latency", one, when=loading, fault="write__addr[2] inverted")
    zero = (b.residual.addr == isa.ZERO_WORD) | (word.residual & word.store)
    c.claim("without a residual the zero word is read", zero, when=b.residual.en, fault="residual__addr[0] is 0")
    over = [Signal(signed(17), name=f"total_of_{lane}") for lane in range(WIDTH.lanes)]
    for lane, total in enumerate(over):
        m.d.comb += total.eq(c.signal(f"shifted_{lane}") + b.residual.data[lane])
    flags = c.before(c.before(Mux(c.signal("active"), Cat((one > 0x7FFF) | (one < -0x8000) for one in over), 0)))
    stale = c.past(c.past(1))  # no reset since
    c.claim(
        "as many neurons are counted as were saturated",
        b.saturated == sum(flags[lane] for lane in range(WIDTH.lanes)),
        when=stale,
        cover=b.saturated == 8,
        fault="saturated[0] is 1",
    )
    c.lemma("begun", begun | ~final)
    return c


PROOFS = (
    *(Proof(block=f"accumulators, sums in {clocks}", write=partial(_accumulators, clocks)) for clocks in (1, 2)),
    *(Proof(block=f"write-back, store in {s}", write=partial(_write_back, s), clocks=3) for s in (1, 2)),
)
