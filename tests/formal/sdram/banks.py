"""Claims of the SDRAM's controller: refreshes are neither lost nor put off too long, banks are opened and closed in their times."""

from amaranth.hdl import Array, Cat, Mux, Signal

from boards import SdramClocks
from hdl.sdram.bus import NOP
from hdl.sdram.reader import BANKS, RowReader
from hdl.sdram.refresh import Refresher
from hdl.sdram.starter import Starter

from ..claims import Claims
from ..prove import Proof

CLOCKS = SdramClocks(start=3, precharge=1, refresh=3, open=2, write=2, burst=2, close=3, written=3, interval=5)
OWED = 7


def _refresher() -> Claims:
    c = Claims(Refresher(clocks=CLOCKS))
    b = c.block
    owed, under_way, left = c.signal("owed"), c.signal("under_way"), c.signal("left")
    since = c.counter(CLOCKS.refresh, clear=b.give, begin=CLOCKS.refresh - 1)
    c.claim("refreshes are apart by their clocks", since >= CLOCKS.refresh - 1, when=b.give, fault="under_way is 0")
    c.lemma("since", under_way + since >= CLOCKS.refresh - 1)
    c.claim("a refresh is given only while every bank is closed", b.idle, when=b.give, fault="give is 1")
    c.claim("no row may be opened in its clocks", b.hold, when=(since < CLOCKS.refresh - 1), fault="hold is 0")
    kept = owed + c.before(b.give) >= c.before(owed)
    c.claim(
        "none that is owed is forgotten",
        kept,
        when=c.past(b.enabled & ~b.begin),
        cover=c.past(b.enabled & ~b.begin & (owed == OWED)),
        fault="owed[2] late",
    )
    c.claim("one that is owed is given when the banks are closed", b.give, when=(owed != 0) & b.idle & (under_way == 0), fault="give is 0")
    c.claim("none is given that isn't owed", owed != 0, when=b.give, fault="give is 1")
    c.claim("one becomes owed each interval", (owed != 0), when=c.past((left == 0) & b.enabled & ~b.begin & ~b.give), fault="owed is 0")
    c.claim(
        "a step that begins asks for one, if none is under way",
        (owed != 0) | c.past(under_way != 0) | c.past(b.give),
        when=c.past(b.begin & b.enabled),
        cover=c.past(b.begin & b.enabled & (under_way == 0) & ~b.give),
        fault="owed is 0",
    )
    opening = c.counter(CLOCKS.refresh + 2, clear=b.begin, begin=CLOCKS.refresh + 2)
    c.claim("no row is opened where a step begins", b.hold, when=opening <= CLOCKS.refresh, fault="opening is 0")
    c.lemma("opening", c.signal("opening") + opening >= CLOCKS.refresh + 1)
    return c


def _reader() -> Claims:
    c = Claims(RowReader(clocks=CLOCKS, row_bits=4, column_bits=4, word_bits=2, burst_bits=1))
    m, b = c.m, c.block
    c.steady(b.i)
    c.assume(~b.i.valid | ~b.i.payload.write | (b.i.payload.more == 0))
    activate, column = b.activate, b.column
    opened = Signal(BANKS, name="own_open")
    for bank in range(BANKS):
        mine, done = activate.strobe & (activate.bank == bank), column.strobe & (column.bank == bank)
        with m.If(mine):
            m.d.sync += opened[bank].eq(1)
        with m.If(done & column.last):
            m.d.sync += opened[bank].eq(0)
    used = c.signal("used")
    c.lemma("open", used == opened)
    c.claim("a bank that is open is not opened", ~opened.bit_select(activate.bank, 1), when=activate.strobe, fault="free is 1")
    c.claim(
        "only a bank that is open is read or written", opened.bit_select(column.bank, 1), when=column.strobe, fault="column__strobe is 1"
    )
    c.claim(
        "no row is opened while it must be held",
        ~activate.strobe,
        when=b.hold,
        cover=b.hold & c.signal("waits") & ~c.signal("is_open"),
        fault="activate__strobe is 1",
    )
    pace = c.counter(CLOCKS.burst, clear=column.strobe, begin=CLOCKS.burst)
    c.claim("bursts are a burst's clocks apart", pace >= CLOCKS.burst - 1, when=column.strobe, fault="pace is 0")
    ripe = c.counter(CLOCKS.open, clear=activate.strobe, begin=CLOCKS.open)
    first = column.strobe & c.signal("first")
    c.claim("a row is read no sooner than it is open", ripe >= CLOCKS.open - 1, when=first, fault="ripe is 0")
    c.lemma("ripe", ~c.signal("is_open") | (c.signal("ripe") + ripe >= CLOCKS.open - 1))
    c.lemma("pace", c.signal("pace") + pace >= CLOCKS.burst - 1)
    closed = [
        c.counter(CLOCKS.close, clear=column.strobe & column.last & (column.bank == bank), begin=CLOCKS.close) for bank in range(BANKS)
    ]
    c.claim(
        "a bank is closed for its time before it is opened again",
        Array(closed)[activate.bank] >= CLOCKS.close - 1,
        when=activate.strobe,
        fault="free is 1",
    )
    for bank in range(BANKS):
        c.lemma(f"closing {bank}", c.signal(f"closing_{bank}") + closed[bank] >= CLOCKS.close - 1)
    is_open, reads = c.signal("is_open"), c.signal("reads")
    current, waiting = c.signal("current")[:2], c.signal("opened")[:2]
    bit = Mux(is_open, 1 << waiting, 0) | Mux(reads, 1 << current, 0)
    c.lemma("which are open", (used == bit[:BANKS]) & ~(is_open & reads & (waiting == current)))
    shut = (Array(closed)[activate.bank] >= CLOCKS.close - 1) & ~opened.bit_select(activate.bank, 1)
    first = c.signal("waits") & ~is_open & c.past(c.signal("waits")) & ~b.hold
    late = c.pipeline(shut & ~activate.strobe & ~column.strobe, CLOCKS.close)[-1]
    c.claim(
        "a row whose bank is shut is opened as soon as none waits", activate.strobe, when=first & late & shut, fault="activate__strobe is 0"
    )
    c.claim("two banks are open at most", sum(opened) <= 2, cover=sum(opened) == 2, fault="is_open is 0")
    c.claim(
        "`idle` tells that all banks could be opened",
        (opened == 0) & Cat(one >= CLOCKS.close - 1 for one in closed).all(),
        when=b.idle,
        fault="idle is 1",
    )
    c.claim(
        "an access is taken only where none waits, or it is opened",
        ~c.signal("waits") | activate.strobe,
        when=b.i.valid & b.i.ready,
        fault="i__ready is 1",
    )
    return c


def _starter() -> Claims:
    c = Claims(Starter(clocks=CLOCKS, burst_words=8))
    b = c.block
    order = ("POWER", "REFRESH", "MODE", "WRITE", "READ", "END")
    at = Mux(c.state("start_state", "POWER"), 0, 5)
    for number, name in enumerate(order):
        at = Mux(c.state("start_state", name), number, at)
    forward, middle = at >= c.before(at), c.past(c.state("start_state", "MODE"))
    c.claim("the start goes from step to step, never back", forward, when=c.past(1), cover=middle, fault="start_state[2] late")
    c.claim("it ends well or badly", ~(b.ready & b.failed), cover=b.failed, fault="ready is 1")
    same = (b.ready == c.before(b.ready)) & (b.failed == c.before(b.failed))
    c.claim("and stays so", same, when=c.past(b.ready | b.failed), fault="ready late")
    c.claim("what is told of has ended", c.state("start_state", "END"), when=b.ready | b.failed, fault="failed is 1")
    before = c.before(b.capture)
    falls = (b.capture == before) | (b.capture + 1 == before)
    c.claim("instants are tried from the latest on", falls, when=c.past(1), cover=b.capture == 1, fault="capture[0] late")
    c.claim("it fails only when the earliest instant has failed", b.capture == 0, when=b.failed, fault="failed is 1")
    gap = c.counter(CLOCKS.start, clear=b.command != NOP)
    refreshed = ~c.state("start_state", "REFRESH") | (c.signal("number") != 0)
    needed = Mux(c.state("start_state", "POWER"), CLOCKS.start, Mux(refreshed, CLOCKS.refresh, CLOCKS.precharge))
    c.claim("commands are apart by the chip's clocks", gap >= needed, when=b.command != NOP, fault="left is 0")
    c.lemma("gap", c.signal("left") + gap >= needed)
    c.claim("a test begins when the commands are over", ~b.commanding & (b.command == NOP), when=b.test, fault="test is 1")
    return c


PROOFS = (
    Proof(block="SDRAM starter", write=_starter, reach=60),
    Proof(block="SDRAM refresher", write=_refresher, reach=40),
    Proof(block="SDRAM row reader", write=_reader, clocks=6, reach=30),
)
