"""Claims of the link's frames: each one comes out once and unchanged, each reply is sent whole."""

from functools import partial

from amaranth.hdl import Cat, Mux, ResetSignal, Signal, Value

from hdl.link.feed import PayloadFeed
from hdl.link.frame import Command, FrameReceiver
from hdl.link.reply import ReplySender
from hdl.link.request import RequestCheck
from hdl.link.uart import UartReceiver, UartTransmitter

from ..claims import Claims
from ..prove import Proof


def _receiver() -> Claims:
    c = Claims(FrameReceiver())
    m, b = c.m, c.block
    c.cut("wrong")  # the CRC may be wrong or right in any frame
    came = b.i.valid
    c.assume(~came | (c.counter(3, clear=came, begin=3) == 3))  # bytes are four clocks apart at least
    start, drain, whole = (c.state("frame_state", name) for name in ("START", "DRAIN", "WHOLE"))
    payload = c.state("frame_state", "PAYLOAD")
    c.stable(b.o, name="o", fault="o__valid late")
    taken = b.o.valid & b.o.ready

    inside = Signal(name="inside_one")  # from a frame's first byte until it is taken
    m.d.sync += inside.eq(Mux(start, came, ~taken))
    c.claim("a frame comes out only after its bytes", inside, when=b.o.valid, fault="o__valid is 1")
    c.lemma("inside", inside == ~start)
    bad = Signal(name="dropping")
    with m.If(drain):
        m.d.sync += bad.eq(1)
    with m.If(start):
        m.d.sync += bad.eq(0)
    c.claim(
        "what was dropped is told of as bad, and nothing else",
        b.o.payload.bad == bad,
        when=b.o.valid,
        cover=b.o.valid & bad,
        fault="o__payload[0] is 1",
    )
    c.lemma("bad", ((c.signal("request")[0] == bad) | start | drain) & (~bad | drain | whole | start))
    drops = c.past(drain & c.signal("silent"))
    c.claim(
        "`dropped` counts the bad frames",
        b.dropped == (c.before(b.dropped) + drops)[:8],
        when=c.past(1),
        cover=drops,
        fault="dropped[0] late",
    )
    count = Signal(8, name="bytes")  # of the payload
    with m.If(start):
        m.d.sync += count.eq(0)
    with m.Elif(payload & came & ~c.signal("full")):
        m.d.sync += count.eq(count + 1)
    c.lemma("index", (c.signal("index") == count) | start | drain | whole)
    length = b.o.payload.length
    c.claim(
        "a frame has as many bytes as it says",
        count == length,
        when=b.o.valid & ~b.o.payload.bad,
        cover=b.o.valid & ~bad & (count == 1),
        fault="full is 1",
    )
    c.lemma("count", (count == length) | start | drain | bad | c.state("frame_state", "SEQ", "COMMAND", "LENGTH", "PAYLOAD"))
    c.lemma("more", ~payload | (c.signal("full") <= (count == length)))
    judged = c.state("frame_state", "CHECK")
    checks = c.counter(31, clear=~judged | came)
    c.claim("a frame is judged 9 clocks after its last byte", checks <= 8, when=judged, cover=checks == 8, fault="passing is 1")
    write = c.signal("write__en")
    c.claim("a byte is written to its place, in a payload only", c.signal("write__addr") == count, when=write, fault="write__en is 1")
    c.claim("nothing is written while it must be held", ~write, when=b.hold, cover=b.hold & payload & came, fault="write__en late")
    c.claim(
        "a frame of which a byte was held back isn't said to be stored",
        ~b.o.payload.stored,
        when=b.o.valid & ~bad & _held(c, payload & came & ~c.signal("full") & b.hold, start),
        fault="o__payload[1] is 1",
    )
    return c


def _held(c: Claims, event: Value, until: Value) -> Signal:
    held = Signal(name="held_back")
    with c.m.If(event):
        c.m.d.sync += held.eq(1)
    with c.m.If(until):
        c.m.d.sync += held.eq(0)
    stored = c.signal("request")[1]
    c.lemma("stored", ~held | ~stored)
    return held


def _sender() -> Claims:
    c = Claims(ReplySender())
    m, b = c.m, c.block
    begun, sent = b.i.valid & b.i.ready, b.o.valid & b.o.ready
    idle = c.state("reply_state", "IDLE")
    c.steady(b.i)
    c.assume(idle | (b.length == c.before(b.length)))
    c.assume(~b.write.valid | (idle & ~b.i.valid))  # what is sent stands, written by the clock before
    first = c.signal("first")
    c.lemma(
        "the CRC has taken the byte",
        ~(c.state("reply_state", "CRC_LOW") | (c.state("reply_state", "NEXT") & ~first)) | ~c.signal("passing"),
    )
    c.lemma("written", idle | ~c.signal("write__en"))
    c.stable(b.o, name="o", fault="o__valid late")
    bytes_ = Signal(10, name="bytes")  # of the frame, still to be sent
    with m.If(begun):
        m.d.sync += bytes_.eq(6 + Mux(b.i.payload.short, 0, b.length))
    with m.Elif(sent):
        m.d.sync += bytes_.eq(bytes_ - 1)
    c.claim(
        "a reply has four bytes, its payload and two of the CRC, and no other byte is sent",
        bytes_ != 0,
        when=b.o.valid,
        cover=sent & (bytes_ == 4),
        fault="o__valid is 1",
    )
    c.claim("the next reply begins when all have been sent", bytes_ == 0, when=b.i.ready, fault="i__ready is 1")
    index = c.signal("index")
    header = index[8]
    going, kept = c.state("reply_state", "NEXT", "CRC", "BYTE"), index[7]
    ahead = Mux(index[2], 4 - index[:2] + Mux(kept, b.length, 0), 0)
    c.lemma("bytes of header and payload", ~going | (bytes_ == 2 + Mux(header, ahead, b.length - index[:8])))
    c.lemma(
        "places",
        ~going
        | Mux(header, Mux(index[2], Mux(kept, index >= 0x1FC, (index >= 0x17C) & (index <= 0x17F)), index == 0x180), index[:8] <= b.length),
    )
    c.lemma("more", ~c.state("reply_state", "CRC", "BYTE") | Mux(header, index[2], index[:8] < b.length))
    c.lemma("bytes of the CRC", (bytes_ == 2) | ~c.state("reply_state", "CRC_LOW"))
    c.lemma("the last byte", (bytes_ == 1) | ~c.state("reply_state", "CRC_HIGH"))
    c.lemma("idle", idle == (bytes_ == 0))
    waited = c.counter(31, clear=idle | b.o.valid)
    c.claim("a byte is offered 11 clocks after the one before it was taken", waited <= 10, cover=waited == 10, fault="passing is 1")
    return c


def _check() -> Claims:
    c = Claims(RequestCheck(flash=True))
    m, b = c.m, c.block
    last, known = Signal(8, name="last", reset_less=True), Signal(name="last_known")
    with m.If(b.accept):
        m.d.sync += [last.eq(b.request.seq), known.eq(b.request.command != Command.HELLO)]
    same = c.before(known & (last == b.request.seq))
    c.claim(
        "a repeated sequence number is seen in the next clock, and no other",
        b.again == same,
        when=c.past(1),
        cover=b.again,
        fault="again late",
    )
    c.lemma("kept", (known == b.known) & (~known | (last == c.signal("seq"))))
    command, length = c.before(Value.cast(b.request.command)), c.before(b.request.length)
    c.claim("nothing fits after a reset", ~b.fits, when=c.before(ResetSignal()), fault="fits is 1")
    fits = b.fits & c.past(1)
    c.claim("a command that is none doesn't fit", ~fits, when=command >= 8, cover=c.past(1) & (command >= 8), fault="fits is 1")
    c.claim(
        "no LOAD or SCRUB fits while the flash is read",
        ~fits,
        when=((command == Command.LOAD) | (command == Command.SCRUB)) & c.before(b.booting),
        fault="fits is 1",
    )
    c.claim(
        "STEP has one byte, READ four",
        length == Mux(command == Command.READ, 4, 1),
        when=fits & ((command == Command.STEP) | (command == Command.READ)),
        fault="fits late",
    )
    return c


def _feed(cores: int) -> Claims:
    c = Claims(PayloadFeed(cores=cores))
    m, b = c.m, c.block
    offer = c.signal("offer")
    step, image = b.step.valid & b.step.ready, b.image.valid & b.image.ready
    c.assume(
        ~c.past(offer)
        | ((b.running == c.before(b.running)) & (b.payload.data == c.before(b.payload.data)) & (b.forced == c.before(b.forced)))
        | c.before(b.cancel)
    )
    c.assume(~(b.running & b.loading))
    c.assume(~(offer & c.signal("fetching")))  # nothing is fetched while a byte is offered
    c.claim("a byte goes to the core or to the loader", ~(b.step.valid & b.image.valid), cover=b.step.valid, fault="image__valid is 1")
    stalled = c.past(offer & ~(step | image) & ~b.cancel)
    c.claim(
        "what is offered stands until it is taken, or taken back",
        offer & (b.payload.data == c.before(b.payload.data)),
        when=stalled,
        fault="offer late",
    )
    c.claim("what was taken back isn't offered", ~offer, when=c.past(b.cancel), fault="offer is 1")
    if cores == 1:
        fetched = c.before(c.before(b.forward | b.fetch))
        c.claim("a byte is offered only after a fetch", fetched, when=offer & ~c.past(offer), fault="offer late")
        c.claim(
            "no byte is offered when `total` have been counted",
            c.before(b.length) != c.before(b.total),
            when=offer & ~c.past(offer),
            cover=offer & (b.length == 1),
            fault="offer late",
        )
    else:
        under_way = Signal(4, name="steps_under_way")
        ends = b.forward
        spreads = b.running & b.spread
        quiet = b.back | ~spreads
        m.d.sync += under_way.eq(Mux(quiet, 0, under_way + step - ends))
        c.assume(~(ends & spreads) | (under_way + step != 0))
        c.assume(~b.spread | (b.running | ~offer))
        c.claim("no more steps are under way than there are cores", under_way <= cores, cover=under_way == cores, fault="open_[2] is 0")
        c.claim(
            "a step is offered only to a core that has none",
            under_way < cores,
            when=b.step.valid & b.spread,
            cover=b.step.valid & b.spread & (under_way == cores - 1),
            fault="open_ is 0",
        )
        c.assume(~c.before(ResetSignal()) | ~b.running)
        c.lemma("open", (c.signal("open_") == under_way) | c.before(ResetSignal()))
    return c


def _uart_receiver() -> Claims:
    c = Claims(UartReceiver(clocks=4))
    b = c.block
    idle = c.state("receiver_state", "IDLE")
    since = c.counter(63, clear=b.o.valid, begin=63)
    c.claim("a byte is told of for one clock, nine bits behind the one before", since >= 36, when=b.o.valid, fault="bits[1] is 0")
    c.claim("a byte is told of as it ends", idle & ~c.past(idle), when=b.o.valid, fault="o__valid is 1")
    quiet = c.counter(40, clear=~b.rx, begin=0)
    c.claim("a line that is high for a byte's time has been left", idle, when=quiet == 40, fault="due is 0")
    c.lemma("the start bit is among the bits", idle | (c.signal("first") == c.signal("bits").all()))
    stands = b.o.payload.as_value() == c.before(b.o.payload.as_value())
    c.claim("the byte stands until the next start bit", stands, when=c.past(idle) & ~c.past(c.past(~idle)) & idle, fault="bits[4] late")
    return c


def _uart_transmitter() -> Claims:
    c = Claims(UartTransmitter(clocks=4))
    m, b = c.m, c.block
    taken = b.i.valid & b.i.ready
    left = Signal(6, name="left")  # clocks of the byte
    frame = Signal(10, name="bits_of_byte", init=-1)
    with m.If(taken):
        m.d.sync += [left.eq(40), frame.eq(Cat(0, b.i.payload, 1))]
    with m.Elif(left != 0):
        m.d.sync += left.eq(left - 1)
    number = ((40 - left) >> 2)[:4]
    c.claim(
        "the line carries start bit, byte and stop bit, four clocks each",
        b.tx == frame.bit_select(number, 1),
        when=left != 0,
        cover=left == 1,
        fault="tx inverted",
    )
    c.claim("the line is high where no byte is sent", b.tx, when=left == 0, fault="bits[0] is 0")
    c.claim("a byte is taken in the last clock of the one before", b.i.ready == (left <= 1), cover=c.past(left == 1), fault="i__ready is 1")
    timer, bits = c.signal("timer"), c.signal("bits")
    c.lemma("timer", (timer == ((left - 1) & 3)[:2]) | (left == 0))
    c.lemma("at rest", (left != 0) | ((timer == 0) & (bits == 1)))
    c.lemma("stop bit", frame[9] & (left <= 40))
    c.lemma("bits", (left == 0) | (bits == (frame >> number)))
    return c


PROOFS = (
    Proof(block="frame receiver", write=_receiver, clocks=14, reach=50),
    Proof(block="reply sender", write=_sender, clocks=14, reach=40),
    Proof(block="request check", write=_check),
    *(Proof(block=f"payload feed, cores: {n}", write=partial(_feed, n), clocks=3) for n in (1, 4)),
    Proof(block="UART receiver", write=_uart_receiver, clocks=42, reach=100),
    Proof(block="UART transmitter", write=_uart_transmitter, reach=50),
)
