"""Claims of who reads the memories: the store's reader, the host's, the tables' tier and its banks."""

from functools import partial

from amaranth.hdl import Signal, Value

from firmware import isa
from hdl.core.host import HostReader
from hdl.core.params import CoreParams
from hdl.memory.reader import StoreReader

from ..claims import Claims
from ..prove import Proof


def _reader(store_clocks: int) -> Claims:
    c = Claims(StoreReader(params=CoreParams(store_clocks=store_clocks)))
    b = c.block
    reads, residual = b.reads, b.residual
    pairs, outputs = b.pairs.valid & b.pairs.ready, b.outputs.valid & b.outputs.ready
    c.steady(b.pairs)
    c.steady(b.outputs)
    c.assume(~b.outputs.valid | b.stepping)
    c.assume(~(b.host_reads & (b.stepping | b.pairs.valid | residual.en)))  # the host reads between steps

    c.claim(
        "one of write-back, comparators and sorter reads in a clock",
        residual.en + pairs + outputs <= 1,
        cover=b.pairs.valid & b.outputs.valid & residual.en,
        fault="pairs__ready is 1",
    )
    word = reads.word.en & (reads.word.addr == residual.addr)
    c.claim("the write-back is never refused", word, when=residual.en, cover=residual.en & b.pairs.valid, fault="single is 1")
    own = ~reads.word.en & (reads.pairs.as_value() == b.pairs.payload.as_value())
    c.claim("comparators that are let read get their own pairs", own, when=pairs, fault="reads__word__en is 1")
    c.claim("comparators are let read where the write-back isn't", b.pairs.ready, when=~residual.en, fault="pairs__ready is 0")
    address = b.outputs.payload.address
    here = (
        reads.word.en
        & (reads.word.addr == address.word)
        & (Value.cast(reads.pairs.choice[0]) == address.bank[1:])
        & (reads.pairs.slot[0].bank == address.bank[:1])
    )
    c.claim("the sorter's latency is the one that it asks for", here, when=outputs, fault="single is 0")
    free = b.latency.ready & ~residual.en & ~b.pairs.valid
    c.claim("the sorter is let read where nobody else wants to", b.outputs.ready, when=free, fault="outputs__ready is 0")
    host = reads.word.en & (reads.word.addr == b.host_address.word) & (Value.cast(reads.pairs.choice[0]) == b.host_address.bank[1:])
    c.claim("the host reads what it asks for", host, when=b.host_reads, fault="one[5] is 0")
    came = c.pipeline(outputs, store_clocks + 1)[-1]
    c.claim("each latency asked for comes once, in its clock", b.latency.valid == came, cover=came, fault="latency__valid late")
    last = Value.cast(b.outputs.payload.last)
    for _ in range(store_clocks + 1):
        last = c.before(last)
    c.claim("the last one is marked on the way", b.latency.payload.last == last, when=came, cover=came & last, fault="asked_last late")
    return c


def _host(store_clocks: int, learns: bool) -> Claims:
    c = Claims(HostReader(params=CoreParams(store_clocks=store_clocks, learns=learns)))
    m, b = c.m, c.block
    asked, told = b.request.valid & b.request.ready, b.data.valid & b.data.ready
    c.steady(b.request)
    c.stable(b.data, name="data", fault="data__valid late")
    owed = Signal(name="owed")
    m.d.sync += owed.eq((owed | asked) & ~told)
    c.claim("each request gets one word", owed == b.data.valid, cover=told, fault="data__valid is 0")
    c.claim("no request is taken while a word waits", ~b.data.valid, when=asked, fault="request__ready is 1")
    work = ~c.state("host_state", "IDLE")
    c.lemma("work", ~work | (b.request.valid & ~b.data.valid))
    c.claim("an answer begins between steps only", c.past(b.idle), when=work & ~c.past(work), fault="host_state[0] is 1")
    space = b.request.payload.space
    c.claim(
        "a latency is told as it came",
        b.data.payload == c.before(b.latency.as_unsigned()),
        when=c.past(asked & (space == isa.ReadSpace.STORE)),
        fault="data__payload[0] inverted",
    )
    c.claim(
        "a count is told as it came",
        b.data.payload == c.before(b.count),
        when=c.past(asked & (space == isa.ReadSpace.COUNTERS)),
        fault="data__payload[9] is 0",
    )
    waits = c.counter(
        15, clear=~b.request.valid | asked | b.data.valid | ~(work | b.idle) | ((b.side.valid & ~b.side.ready) if learns else 0)
    )
    limit = 2 + store_clocks
    c.claim(
        f"a word is there {limit + 1} clocks after it could be asked for",
        waits <= limit,
        cover=asked & (waits == limit),
        fault="request__ready is 0",
    )
    c.lemma("its states", ~c.state("host_state", "STORE") | (waits <= 1))
    c.lemma("crossbar", ~c.state("host_state", "CROSSBAR") | (waits <= store_clocks + 1))
    if store_clocks > 1:
        c.lemma("memory", ~c.state("host_state", "MEMORY") | (waits <= 2))
    c.lemma("idle", ~c.state("host_state", "IDLE") | (waits == 0) | ~b.idle)
    if learns:
        stalled, stands = c.past(b.side.valid & ~b.side.ready), b.side.valid & (b.side.address == c.before(b.side.address))
        c.assume(~c.past(work) | (b.page == c.before(b.page)))
        c.claim("an access of the tables stands until it is granted", stands, when=stalled, fault="side__valid late")
        c.lemma("tables", ~c.state("host_state", "TABLES") | (waits <= 1))
    return c


PROOFS = (
    *(Proof(block=f"store reader, store in {s}", write=partial(_reader, s), clocks=3) for s in (1, 2)),
    Proof(block="host reader", write=partial(_host, 1, False)),
    Proof(block="host reader, store in 2, learns", write=partial(_host, 2, True)),
)
