"""Claims of the sequencer and the counters: each step ends once, with one symbol, and only when all of it is done."""

from functools import partial

from amaranth.hdl import Array, Module, Mux, ResetSignal, Signal

from firmware import isa
from hdl.core.counters import Counters
from hdl.core.sequencer import Sequencer

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()


def _seen(m: Module, event: Signal, name: str, *, until: Signal) -> Signal:
    """Whether it was in an earlier clock of the step."""
    register = Signal(name=name)
    with m.If(event):
        m.d.sync += register.eq(1)
    with m.If(until):
        m.d.sync += register.eq(0)
    return register


def _sequencer() -> Claims:
    c = Claims(Sequencer(width=WIDTH, learns=True))
    m, b = c.m, c.block
    taken, given = b.step.valid & b.step.ready, b.symbol.valid & b.symbol.ready
    read = b.reads.valid & b.reads.ready
    reading, waiting = c.state("sorting_state", "READ"), c.state("sorting_state", "DONE")

    # Of a step one run has `sort`, and the last one `end`.
    sort, end = b.retired & b.sort, b.retired & b.end
    sorted_, ended = _seen(m, sort, "seen_sort", until=b.stepped), _seen(m, end, "seen_end", until=b.stepped)
    c.steady(b.step)
    c.assume(~b.retired | (b.running & ~ended))
    c.assume(~sort | ~sorted_)
    c.assume(~end | sorted_ | sort)
    c.assume(~c.past(reading) | (b.outputs.as_value() == c.before(b.outputs.as_value())))

    c.stable(b.symbol, name="symbol", fault="symbol__valid late")
    c.stable(b.reads, name="reads", fault="neuron[0] late")

    owed = Signal(2, name="owed")  # symbols of the steps taken
    m.d.sync += owed.eq(owed + taken - given)
    c.claim(
        "each step taken gives one symbol, and no other comes", owed == b.symbol.valid + b.running, cover=given, fault="symbol__valid is 0"
    )
    c.claim("a step is taken only where none runs, or one ends", ~b.running | b.stepped, when=taken, fault="step__ready is 1")
    c.claim("each step taken starts the core once", b.go == taken, when=taken | b.go, fault="go late")
    c.claim("a symbol that waits is not overwritten", ~b.symbol.valid, when=b.stepped, fault="finish is 1")
    known = _seen(m, b.sorter_done & waiting, "seen_done", until=b.stepped)
    complete = (ended | end) & (known | (waiting & b.sorter_done))
    c.claim("a step ends only when its last run is retired and its symbol known", complete, when=b.stepped, fault="ended is 1")
    c.claim(
        "a step that is complete ends at once", b.stepped, when=b.running & complete & ~b.symbol.valid & ~b.hold, fault="ended_now is 0"
    )
    c.claim("`hold` keeps a step open", ~b.stepped, when=b.hold & b.running, fault="finish inverted")
    c.claim("the symbol is known in its step only", b.running, when=b.known, fault="sorted_ late")
    c.lemma("what is seen is kept", (c.signal("ended") == ended) & (c.signal("sorted_") == known) & (known <= sorted_))
    c.lemma("the sorter is at work once a step", (sorted_ == (reading | waiting | known)) & ~(known & (reading | waiting)))
    c.lemma("all is seen in a step only", b.running | ~(sorted_ | ended))
    c.lemma("the end is behind the run with `sort`", sorted_ | ~ended)

    started = _seen(m, b.sorter_start, "seen_start", until=b.stepped)
    c.claim("the sorter starts once a step", ~started, when=b.sorter_start, fault="sorter_start late")
    c.lemma("started", started == sorted_)
    number = Signal(8, name="number")  # of the latency
    with m.If(b.sorter_start):
        m.d.sync += number.eq(0)
    with m.Elif(read):
        m.d.sync += number.eq(number + 1)
    address = Mux(b.outputs.base + number[3:] > 255, b.outputs.base + number[3:] - 256, b.outputs.base + number[3:])
    here = (b.reads.payload.address.bank == number[:3]) & (b.reads.payload.address.word == address)
    c.claim("latencies are read in neuron order, none twice", here, when=read, fault="neuron[3] is 0")
    c.claim(
        "the last one of them, and no other, is marked",
        b.reads.payload.last == (number == b.outputs.last),
        when=read,
        fault="neuron[0] is 1",
    )
    c.claim("nothing is read behind the last", ~reading, when=c.past(read & b.reads.payload.last), fault="sorting_state late")
    c.lemma("number", (number == c.signal("neuron")) | ~reading)

    forced, target = Signal(name="forced_step"), Signal(8, name="forced_symbol")
    with m.If(taken):
        m.d.sync += [forced.eq(b.step.payload.forced), target.eq(b.step.payload.symbol)]
    c.claim("a forced step goes on with its symbol", b.chosen == target, when=b.running & forced, fault="chosen[7] inverted")
    c.lemma("forced", ~b.running | ((forced == c.signal("forced")) & (target == c.signal("symbol"))))
    c.claim(
        "after a reset no step runs and no symbol waits", ~b.running & ~b.symbol.valid, when=c.before(ResetSignal()), fault="running is 1"
    )
    return c


def _counters(learns: bool) -> Claims:
    c = Claims(Counters(width=WIDTH, learns=learns))
    b = c.block
    events = {"clocks": b.clock, "rows": b.row, "beats": b.beat, "saturations": b.saturated, "steps": b.step, "flash": b.flash}
    if learns:
        events |= {"writes": b.write, "held": b.held}
    for name, event in events.items():
        value = c.signal(name)
        total = (c.before(value) + c.before(event))[: len(value)]
        c.claim(
            f"`{name}` is the sum of what was counted, reset or not", value == total, cover=c.before(event) != 0, fault=f"{name}[0] late"
        )
    words = Array(
        half for one in isa.counters(learns=learns) for half in (c.signal(one.name.lower())[:16], c.signal(one.name.lower())[16:])
    )
    c.claim("the host reads the word that it asks for", b.data == words[b.address], when=b.address < len(words), fault="data[15] inverted")
    return c


PROOFS = (
    Proof(block="sequencer", write=_sequencer, quick=True),
    Proof(block="counters", write=partial(_counters, False)),
    Proof(block="counters, learns", write=partial(_counters, True)),
)
