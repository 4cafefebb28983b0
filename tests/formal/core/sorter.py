"""Claims of the sorter: its cells are a sorted list, nothing that comes is lost, each step gets one symbol in its time."""

from functools import partial

from amaranth.hdl import Cat, Mux, Signal

from firmware import isa
from hdl.core.cells import SortedCells
from hdl.core.jitter import Jitter
from hdl.core.sorter import Sorter, done_clocks

from ..claims import Claims
from ..prove import Proof


def _cells(depth: int) -> Claims:
    c = Claims(SortedCells(depth=depth))
    m, b = c.m, c.block
    cells, used = [c.signal(f"cell_{at}") for at in range(depth)], [c.signal(f"used_{at}") for at in range(depth)]
    latency = [cell[:16] for cell in cells]
    c.assume(~(b.enter & b.shift) & (~b.enter | ~b.clear))
    copied = Signal(name="copied", init=1)  # the list has been shifted, and is to be cleared before the next spike
    with m.If(b.shift):
        m.d.sync += copied.eq(1)
    with m.If(b.clear & ~b.shift):
        m.d.sync += copied.eq(0)
    c.assume(~b.enter | ~copied)
    for at in range(depth - 1):
        both = used[at + 1] & ~copied
        c.claim(f"cell {at + 1} is used after cell {at} only", used[at], when=used[at + 1], fault=f"used_{at + 1} is 1")
        c.claim(f"cell {at} is not later than cell {at + 1}", latency[at] <= latency[at + 1], when=both, fault=f"later_{at} is 1")

    # the earliest of all that came, and of equal ones the first
    best, neuron, some = (
        Signal(16, name="best", reset_less=True),
        Signal(8, name="best_neuron", reset_less=True),
        Signal(name="some", reset_less=True),
    )
    with m.If(b.enter & (~some | (~b.key < best))):
        m.d.sync += [best.eq(~b.key), neuron.eq(b.neuron)]
    m.d.sync += some.eq((some | b.enter) & ~b.clear)
    first = (b.first.latency == best) & (b.first.neuron == neuron)
    c.claim(
        "the first cell has the earliest spike, of equals the one that came first",
        first,
        when=some & ~copied,
        cover=some & used[1],
        fault="total_0[16] inverted",
    )
    c.lemma("some", some == used[0])

    count = Signal(range(depth + 1), name="count", reset_less=True)
    with m.If(b.clear):
        m.d.sync += count.eq(0)
    with m.Elif(b.enter & (count != depth)):
        m.d.sync += count.eq(count + 1)
    c.claim("as many cells are used as spikes came, at most all", sum(used) == count, cover=count == depth, fault=f"used_{depth - 1} late")
    return c


def _jitter() -> Claims:
    c = Claims(Jitter())
    b = c.block
    config = b.load.writes(isa.Kind.CONFIG)
    c.assume(~b.load.strobe | ~(b.draw | b.prepare))
    state, seeded, mask = c.signal("state"), c.signal("seeded"), c.signal("mask")
    register = b.load.address[:2]
    asked = c.before(b.draw | (b.prepare & seeded) | (config & (register < 2)))
    c.claim(
        "the generator stands but for draws and seeds",
        asked | (state == c.before(state)),
        when=c.past(1),
        cover=c.past(b.prepare & ~seeded),
        fault="state[31] inverted",
    )
    c.claim("a seed is stepped ahead once", ~c.before(b.prepare) | ~seeded, when=c.before(b.prepare), fault="seeded is 1")
    c.claim("while off the jitter is 0", b.jitter == 0, when=~b.enable, fault="jitter[3] is 1")
    c.claim("no entry is read in the clock of its write, of a draw", ~c.signal("write__en"), when=b.draw, fault="write__en is 1")
    c.claim(
        "the mask stands but for its register",
        (mask == c.before(mask)) | c.before(config & (register == 3)),
        when=c.past(1),
        cover=c.past(config & (register == 3)),
        fault="mask[0] late",
    )
    return c


def _sorter(depth: int) -> Claims:
    c = Claims(Sorter(depth=depth))
    m, b = c.m, c.block
    intake, settling, copying, replaying, pending = (c.signal(name) for name in ("intake", "settling", "copying", "replaying", "pending"))
    k, top_k, listed, left = (c.signal(name) for name in ("k", "top_k", "listed", "left"))
    phases = Cat(intake, settling, copying, replaying)
    taken = b.i.valid & b.i.ready
    last = taken & b.i.payload.last
    c.assume(~b.load.strobe | ~(b.start | pending | phases.any()))  # none comes in a step, nor while the list is copied

    drawn = c.signal("generator.draw") | c.signal("generator.prepare")
    c.claim("numbers are drawn in a step only, where no word is loaded", phases.any() | pending, when=drawn, fault="generator.draw is 1")
    c.claim("the sorter is in one phase at most", sum(phases) <= 1, cover=replaying, fault="copying late")
    c.claim("latencies are taken in the phase for them only", intake, when=taken, fault="i__ready is 1")
    c.claim(
        "each latency taken comes to the cells two clocks later",
        c.signal("key_valid"),
        when=c.pipeline(taken, 2)[-1],
        fault="latched_valid is 0",
    )
    c.claim("`done` stays until the next start", b.done, when=c.past(b.done & ~b.start), fault="done late")
    c.claim("so does the symbol", b.symbol == c.before(b.symbol), when=c.past(b.done & ~b.start), fault="symbol late")
    c.claim("a start ends `done`", ~b.done, when=c.past(b.start), fault="done is 1")
    on_way = c.signal("latched_valid") | c.signal("key_valid")
    c.lemma("what is on its way has a phase", ~on_way | intake | settling | replaying | pending)
    c.lemma("done", ~b.done | ~(pending | intake | settling | replaying | on_way | (copying & top_k)))
    c.claim("the list isn't written while it is read back", ~c.signal("write__en").any(), when=replaying, fault="write__en[1] is 1")

    # When the symbol is known: hdl.core.sorter.done_clocks.
    number = Signal(range(depth + 1), name="number")  # of latencies, as many as are listed
    with m.If(b.start):
        m.d.sync += number.eq(0)
    with m.Elif(taken & (number != depth)):
        m.d.sync += number.eq(number + 1)
    due = Signal(name="due")  # the last latency was taken
    waited = Signal(6, name="waited")  # clocks since then
    m.d.sync += waited.eq(waited + 1)
    with m.If(last):
        m.d.sync += [due.eq(1), waited.eq(1)]
    with m.If(b.start | pending | (due & b.done)):
        m.d.sync += due.eq(0)
    least = Mux(k < number, k, number)
    clocks = Mux(top_k, 2 * depth + 8 + 2 * least, done_clocks(jitter=False, k=0, n_out=1))
    c.claim(
        "the symbol is known at its clock and not before",
        b.done == (waited == clocks),
        when=due & (waited <= clocks),
        cover=due & top_k & b.done & (number == depth),
        fault="replayed is 1",
    )
    c.claim("no step waits longer", waited <= clocks, when=due, cover=due & (waited == clocks), fault="latched_valid is 1")
    back, replayed = (~left)[:5], c.signal("replayed")
    late = c.signal("latched_valid")
    first = ~replayed & (waited <= 2) & (late == (waited == 1))
    second = (
        replayed
        & top_k
        & (waited >= 2 * depth + 6 + 2 * least)
        & (waited <= 2 * depth + 7 + 2 * least)
        & (late == (waited == 2 * depth + 6 + 2 * least))
    )
    places = [
        settling & (first | second),
        copying & top_k & ~replayed & (waited == 3 + 2 * depth - left) & (left <= 2 * depth),
        replaying & top_k & (waited == 4 + 2 * depth + back) & (back <= 2 * least + 1) & (replayed == (back >= 2)),
        b.done & (waited == clocks),
    ]
    c.lemma("where a step that is due stands", ~due | (Cat(places).any() & (waited != 0) & (number != 0) & (top_k <= (k != 0))))
    c.lemma("listed", (listed == number) | ~(due & ~b.done | intake) | pending)
    c.lemma("no more are listed than there are cells", (listed <= depth) & (number <= depth))
    c.lemma("the phases of a step", ~(settling | replaying | (copying & top_k)) | due | pending)
    c.lemma("a start forgets", ~pending | (number == 0))
    c.lemma("nothing is read back before", ~(intake | copying) | ~replayed)
    c.lemma("jitter of the k earliest", ~top_k | (k != 0))

    c.claim("a start that waits takes no latency", ~b.i.ready, when=pending, fault="i__ready is 1")
    return c


PROOFS = (
    *(Proof(block=f"sorted cells, {depth}", write=partial(_cells, depth)) for depth in (2, 3)),
    Proof(block="jitter", write=_jitter),
    Proof(block="sorter", write=partial(_sorter, 2), reach=30),
)
