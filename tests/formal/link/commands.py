"""Claims of the link's commands: each frame is answered once, a repeated one is not executed, a run makes no step too many."""

from functools import partial

from amaranth.hdl import Array, Cat, Mux, Signal, Value

from firmware import isa
from hdl.link.frame import Command
from hdl.link.link import Link
from hdl.link.spread import Spread

from ..claims import Claims
from ..prove import Proof

WIDTH = isa.Width()
CORES = 4
AT_WORK = ("CHECK", "EXECUTE", "SAY", "LENGTH", "LOAD", "ARGUMENTS", "START", "RUN", "READ_WORD", "READ_LOW", "READ_HIGH")


def _link() -> Claims:
    """Frames come at any time and stand until they are taken, and replies take any time: receiver and sender have claims of their own."""
    c = Claims(Link(width=WIDTH, flash=True, gap_bits=8, watchdog_bits=12))
    c.cut("frames.o__valid", "frames.request", "sender.i__ready")
    frame, taken, request = _frame(c)
    c.assume(~c.past(frame & ~taken) | (frame & (request == c.before(request))))
    _steps(c)
    _replies(c)
    _execution(c)
    _watchdog(c)
    return c


def _watchdog(c: Claims) -> None:
    """Times are counted in ticks of 16 clocks here; 2^8 of them are the watchdog's."""
    m, restart = c.m, c.signal("restart")
    ticks = Signal(9, name="ticks", reset_less=True)  # since then
    with m.If(restart):
        m.d.sync += ticks.eq(0)
    with m.Elif(c.signal("frames.tick")):
        m.d.sync += ticks.eq(ticks + 1)
    c.claim(
        "the watchdog counts ticks from the step or word on that is awaited",
        c.signal("waited") == ticks,
        cover=c.past(restart),
        fault="waited[3] inverted",
    )


def _frame(c: Claims) -> tuple[Value, Value, Value]:
    """Whether one waits, whether it is taken, and the request."""
    frame = c.signal("frames.o__valid")
    return frame, frame & c.signal("frames.o__ready"), c.signal("frames.request")


def _steps(c: Claims) -> None:
    """Of the core: a symbol comes only for a step that it has taken, and a reset forgets that."""
    m, b, state = c.m, c.block, partial(c.state, "command_state")
    running = c.signal("feed.running")
    stepped, told = b.step.valid & b.step.ready, b.symbol.valid & b.symbol.ready
    under_way, steps = Signal(name="under_way"), Signal(9, name="steps")
    m.d.sync += [under_way.eq((under_way | stepped) & ~told & ~c.signal("feed.cancel")), steps.eq(Mux(state("START"), 0, steps + stepped))]
    c.assume(~b.symbol.valid | under_way)
    offer, fetching, length, total = (c.signal(f"feed.{name}") for name in ("offer", "fetching", "length", "total"))
    stands = (state("LOAD") | running) & (length != total) & ~c.signal("feed.complete") & ~fetching & ~under_way
    c.lemma("what is offered", ~offer | stands)
    c.lemma("a step is under way in a run", ~under_way | (running & (length != total) & ~c.signal("feed.complete") & ~fetching))
    c.lemma("length begins at 0", ~state("EXECUTE", "START") | (length == 0))
    c.lemma("no more than asked for", ~running | (length <= total))
    c.lemma("steps", ~running | (steps == length + under_way))
    c.claim("no step is offered while one is under way", ~under_way, when=b.step.valid, fault="feed.fetching is 1")
    c.claim("a run makes no more steps than it was asked for", steps < total, when=b.step.valid, fault="feed.length is 0")


def _replies(c: Claims) -> None:
    m, state = c.m, partial(c.state, "command_state")
    frame, taken, request = _frame(c)
    command, running = request[10:14], c.signal("feed.running")
    replies = c.signal("sender.i__valid") & c.signal("sender.i__ready")
    aborting = state("RUN") & taken
    owed = Signal(3, name="owed")
    m.d.sync += owed.eq(owed + taken - replies - aborting)
    inner = state("SHORT", "SHORT_STATUS", "CHECK", "EXECUTE")
    due = Mux(state("SEND_SHORT"), 1 + running, Mux(state("SEND", *AT_WORK[2:]), 1, Mux(state("SHORT", "SHORT_STATUS"), running, 0)))
    c.claim("each frame is answered once, but for an ABORT that ends a run", owed == due, cover=replies, fault="frames.o__ready is 1")
    c.claim("a reply is sent only for a frame", owed != 0, when=replies, fault="command_state[0] is 1")
    c.lemma("it runs in these states", ~running | state("RUN", "SHORT", "SHORT_STATUS", "SEND_SHORT"))
    c.lemma("in a run", ~state("RUN") | running)
    c.lemma("states with a frame", ~state("CHECK", "EXECUTE", "SHORT", "SHORT_STATUS") | frame)
    ends = aborting & ~c.past(frame & (command == Command.ABORT) & ~request[0])
    c.claim("in a run only an ABORT is taken without a reply", ~ends, cover=aborting, fault="frames.o__ready is 1")

    turned = c.counter(7, clear=~inner)
    c.claim(
        "a frame that the link has turned to is taken in 3 clocks",
        Mux(inner, turned <= 2, ~c.past(inner) | c.past(taken)),
        cover=taken & (turned == 2),
        fault="frames.o__ready is 0",
    )
    c.lemma("turned to", (~state("SHORT", "EXECUTE") | (turned <= 1)) & (~state("CHECK") | (turned == 0)))
    write, short = c.signal("sender.write__valid"), c.signal("sender.write__payload")[2]
    faults = {"short": "sender.write__payload[2] is 1", "kept": "sender.write__valid is 1"}
    for name, one in (("short", 1), ("kept", 0)):
        sent = Signal(name=f"{name}_is_sent")  # until the sender is ready again
        m.d.sync += sent.eq(Mux(c.signal("sender.i__ready"), replies & (c.signal("sender.i__payload") == one), sent))
        c.claim(f"the {name} reply isn't changed while it is sent", ~sent, when=write & (short == one), fault=faults[name])
        c.lemma(f"the {name} reply was sent before", ~sent | ~state(*(("SHORT", "SHORT_STATUS", "SEND_SHORT") if one else AT_WORK)))


def _execution(c: Claims) -> None:
    """Of the frame that was executed last."""
    m, b, state = c.m, c.block, partial(c.state, "command_state")
    _, _, request = _frame(c)
    seq, command, running = request[2:10], request[10:14], c.signal("feed.running")
    last, known = Signal(8, name="last", reset_less=True), Signal(name="last_known")
    executed = state("EXECUTE")
    with m.If(executed):
        m.d.sync += [last.eq(seq), known.eq(command != Command.HELLO)]
    again = known & (seq == last)
    c.lemma("again", ~state("CHECK") | (c.signal("check.again") == again))
    c.lemma("kept", (known == c.signal("check.known")) & (~known | (last == c.signal("check.seq"))))
    c.claim(
        "a repeated sequence number is never executed, HELLO's apart",
        ~again | (command == Command.HELLO),
        when=executed,
        cover=executed & known,
        fault="check.again is 0",
    )
    c.claim("a bad frame is never executed", ~request[0], when=executed, fault="command_state late")
    fits = c.signal("check.fits")
    c.claim(
        "the loader starts with a LOAD_BEGIN only",
        c.past(executed & (command == Command.LOAD_BEGIN) & fits),
        when=b.image_start,
        fault="image_start late",
    )
    c.claim("a scrub begins with a SCRUB only", c.past(executed & (command == Command.SCRUB) & fits), when=b.scrub, fault="scrub late")
    c.claim(
        "the core is reset by LOAD_BEGIN, an ABORT or a missed watchdog only",
        c.past(executed & (command == Command.LOAD_BEGIN) & fits) | c.past(state("RUN", "READ_LOW")),
        when=b.core_reset,
        fault="core_reset is 1",
    )
    c.claim("image bytes go out in a load only", state("LOAD"), when=b.image.valid, fault="feed.offer is 1")
    c.claim(
        "steps are offered in a run only",
        running,
        when=b.step.valid,
        cover=b.step.valid,
        fault="step__valid is 1",
    )
    c.claim("symbols are taken in a run only", state("RUN"), when=b.symbol.ready, fault="symbol__ready is 1")
    c.claim("words are asked for in a READ only", state("READ_WORD"), when=b.read_request.valid, fault="read_request__valid is 1")
    c.claim(
        "nothing is stored while the link is at work",
        c.signal("frames.hold"),
        when=~state("IDLE"),
        fault="frames.hold is 0",
    )


def _spread() -> Claims:
    c = Claims(Spread(cores=CORES))
    b = c.block
    valid = Cat(one.valid for one in b.steps)
    c.claim("a step is offered to one core at most", sum(valid) == b.step.valid, cover=b.step.valid, fault="steps__2__valid is 1")
    chosen = Array(one.valid & one.ready for one in b.steps)[b.step_core]
    c.claim("a step is taken where its core takes it", (b.step.valid & b.step.ready) == chosen, cover=chosen, fault="step__ready is 1")
    asked = Cat(one.valid for one in b.read_requests)
    c.claim(
        "a word is asked of one core at most",
        sum(asked) == b.read_request.valid,
        cover=b.read_request.valid,
        fault="read_requests__1__valid is 1",
    )
    ready = Cat(one.ready for one in b.symbols)
    c.claim("a symbol is taken of one core at most", sum(ready) == b.symbol.ready, cover=b.symbol.ready, fault="symbols__3__ready is 1")
    heard = Array(Cat(one.payload, one.valid) for one in b.symbols)[b.symbol_core]
    c.claim(
        "the symbol heard is that of the core whose turn it is",
        Cat(b.symbol.payload, b.symbol.valid) == heard,
        cover=b.symbol.valid,
        fault="symbol__payload[4] inverted",
    )
    strobes = Cat(one.strobe for one in b.loads)
    own = Cat(b.load.space == one for one in isa.OWN_SPACES).any() & (b.load.address[isa.OWN_SHIFT : 16] != 0)
    c.claim("a word of all cores is loaded into all", strobes.all(), when=b.load.strobe & ~own, fault="loads__1__strobe is 0")
    c.claim(
        "a core's own word is loaded into it alone",
        sum(strobes) == (b.load.address[isa.OWN_SHIFT : 16] <= CORES),
        when=b.load.strobe & own,
        fault="loads__0__strobe is 1",
    )
    c.claim("no word is loaded without a strobe", strobes == 0, when=~b.load.strobe, fault="loads__3__strobe is 1")
    return c


PROOFS = (
    Proof(block="link", write=_link, reach=40),
    Proof(block="spread", write=_spread, quick=True),
)
