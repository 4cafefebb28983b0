"""Claims of the tables' tier: each request gets its beat, side accesses their turn, and nothing is read in the clock of a write."""

from functools import partial

from amaranth.hdl import Cat, Const, Value

from firmware import isa
from hdl.core.params import CoreParams
from hdl.memory.anchors import AnchorMemory
from hdl.memory.bank import GenericBank
from hdl.memory.tier import BankTier

from ..claims import Claims
from ..prove import Proof


def _tier(table_clocks: int, far_bytes: int, learns: bool = False) -> Claims:
    params = CoreParams(table_beats=16, table_clocks=table_clocks, far_bytes=far_bytes, learns=learns)
    c = Claims(BankTier(params=params, bank=GenericBank))
    b = c.block
    tag = b.request.payload.tag
    taken, side = b.request.valid & b.request.ready, b.side.valid & b.side.ready
    loads = b.load.writes(isa.Kind.TABLES)
    c.steady(b.request)
    asks = Cat(b.side.address, b.side.write, b.side.lane, b.side.data)
    c.assume(~c.past(b.side.valid & ~b.side.ready) | (b.side.valid & (asks == c.before(asks))))
    c.assume(~b.load.strobe | (b.load.space == c.before(b.load.space)))
    c.assume(~loads | ~(b.request.valid | b.side.valid))
    beside = c.signal("beside")
    urgent = c.past(taken & tag.bytes & tag.pair)
    if not far_bytes:
        c.assume(~b.request.valid | ~tag.bytes)
    else:  # the other half of a pair follows at once
        c.assume(~urgent | (b.request.valid & ~tag.bytes))

    came = c.pipeline(taken, table_clocks)[-1]
    c.claim("each request gets one beat, at its clock", b.beat.valid == came, cover=came, fault="beat__valid late")
    kept = Value.cast(tag)
    for _ in range(table_clocks):
        kept = c.before(kept)
    c.claim("the beat has its request's tag", Value.cast(b.beat.payload.tag) == kept, when=b.beat.valid, fault="kept[3] late")
    bank = {name: c.signal(f"bank.{name}") for name in ("address", "write")}
    wait = (table_clocks - 1) // 2
    addressed = c.before(b.request.payload.address) if wait else b.request.payload.address
    asked = c.pipeline(taken & ~tag.bytes, wait)[-1] if wait else taken & ~tag.bytes
    own = (bank["address"] == addressed) & ~bank["write"]
    c.claim("a request that is taken reads its own beat", own, when=asked, fault="bank.address[1] is 0")
    beside_then, address = (c.before(beside), c.before(b.side.address)) if wait else (beside, b.side.address)
    write = c.before(b.side.write) if wait else b.side.write
    spared = _spare(c, wait=wait, loads=loads) if learns else Const(0)
    c.claim(
        "an access of `side` reads or writes its own beat",
        (bank["address"] == address) & (bank["write"] == write),
        when=beside_then,
        cover=beside_then & write,
        fault="bank.address[2] is 1",
    )
    loaded = c.before(loads) if wait else loads
    c.claim(
        "only loads and side accesses write",
        loaded | (beside_then & write) | spared,
        when=bank["write"],
        cover=bank["write"] & loaded,
        fault="bank.write is 1",
    )
    c.claim(
        "a request is refused for `side` only, or until its bytes come",
        (tag.bytes & ~b.ending if far_bytes else 0) | beside,
        when=b.request.valid & ~b.request.ready,
        fault="request__ready is 0",
    )
    if far_bytes:
        c.claim(
            "the beat behind one of bytes is never refused",
            b.request.ready,
            when=urgent & b.request.valid,
            cover=urgent & b.side.valid,
            fault="urgent is 0",
        )
    waited = c.counter(15, clear=~b.side.valid | side)
    limit = (1 if far_bytes else 0) if table_clocks == 1 else table_clocks - 1 + (1 if far_bytes else 0)
    if limit:
        c.claim(f"`side` waits {limit} clocks at most", waited <= limit, cover=waited == limit, fault="side__ready is 0")
    else:
        c.claim("`side` never waits", side, when=b.side.valid, fault="side__ready is 0")
    if wait:
        under_way = c.signal("under_way")
        c.claim("one side access is under way at a time", (under_way & (under_way - 1)) == 0, cover=under_way[-1], fault="beside late")
    return c


def _spare(c: Claims, *, wait: int, loads: Value) -> Value:
    """Claims of the accesses in spare clocks. Returns whether one of them writes at the bank in this clock."""
    b, spare = c.block, c.block.spare
    asks = Cat(spare.address, spare.write, spare.lane, spare.data)
    c.assume(~c.past(spare.valid & ~spare.ready) | (spare.valid & (asks == c.before(asks))))
    c.assume(~loads | ~spare.valid)
    c.claim(
        "an access of `spare` begins only where neither a request nor `side` wants the tables",
        spare.valid & ~b.request.valid & ~b.side.valid,
        when=b.accessed,
        cover=b.accessed,
        fault="accessed is 1",
    )
    begun, address, write = ((c.before(one) if wait else one) for one in (b.accessed, spare.address, spare.write))
    at, writes = c.signal("bank.address"), c.signal("bank.write")
    own = (at == address) & (writes == write)
    c.claim("it reads or writes its own beat", own, when=begun, cover=begun & write, fault="bank.address[0] is 1")
    ends = c.pipeline(b.accessed, 2 * wait)[-1] if wait else b.accessed
    c.claim("it ends as late as one of `side`", spare.valid & spare.ready, when=ends, cover=ends, fault="accessed late")
    return begun & write


def _anchors() -> Claims:
    c = Claims(AnchorMemory(params=CoreParams(anchor_words=16)))
    b = c.block
    loads = b.load.writes(isa.Kind.ANCHORS)
    enable, address = c.signal("write__en"), c.signal("write__addr")
    c.assume(~(loads & b.copy.en))
    c.claim("a load writes one column of its word", sum(enable) == (b.load.address[:2] != 3), when=loads, fault="write__en[0] is 1")
    c.claim("a copy writes the whole word it names", enable.all() & (address == b.copy.addr), when=b.copy.en, fault="write__addr[3] is 0")
    c.claim("nothing else is written", enable == 0, when=~loads & ~b.copy.en, fault="write__en[2] is 1")
    return c


PROOFS = (
    *(Proof(block=f"tier, tables in {t}, far {f}", write=partial(_tier, t, f), clocks=4) for t, f in ((1, 0), (1, 1), (3, 1))),
    *(Proof(block=f"tier, tables in {t}, learns", write=partial(_tier, t, 1, True), clocks=4) for t in (1, 3)),
    Proof(block="anchor memory", write=_anchors, quick=True),
)
