"""Index cache: queries of a block, keys of all cached positions, and the indices that an attend run makes of them."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.compare import INDEX_BITS
from hdl.core.layouts import SideBus

__all__ = ["IndexCache"]

_LOW = (isa.CONTEXT - 1).bit_length()
_LANE = (isa.SIDE_WORDS - 1).bit_length()
_GROUP = 8


class IndexCache(wiring.Component):
    """Attention's half of the row fetch (Eq. 14, 15; docs/reference/isa.md, "Attention").

    ::

        query run: index -----------> query memory -----------.
        key run:   index << n_q ----> ring (tier 0) --.        |
                           position bits (tier 0) ----+--> OR -+--> o (index of the next row)
        anchors run:            beats of tier 0 ---------------> copied

    Ports
    -----
    ``mode``, ``block``, ``reach``: of the run (isa.Mode, side, n_out - 1). ``open``: strobe, a pass begins (an attend run has one for each
    distance); ``again``: with ``open``, not the run's first. ``left``: tables of the pass are left. ``made``: strobe, one is dealt with.
    ``query``, ``key``: an index of a query or key run, both taken with ``made``; ``busy``: a key is not written yet.
    ``base``: address of the beat to copy; ``copied``: the beat copied is in ``side.beat``, for anchor word ``word``.
    ``o``: an index of an attend run. ``further``: another distance comes after this pass. ``empty``: an attend run finds no position.
    ``side``: beats read and words written in tier 0. ``advance``: strobe, the step ends; ``clear``: strobe, a new text begins.

    From ``open`` to the first ``o``: 5 clocks, if ``side`` is never refused; from the last of four taken to the next four's first: 6. In
    between, an index every second clock. A key takes two clocks, a copied beat three. A reset leaves the ring and its counters.
    """

    def __init__(self, *, address_bits: int) -> None:
        self._bits = address_bits
        super().__init__(
            {
                "mode": In(3),
                "block": In(_GROUP),
                "reach": In(8),
                "open": In(1),
                "again": In(1),
                "left": In(1),
                "made": In(1),
                "query": In(INDEX_BITS),
                "key": In(16),
                "busy": Out(1),
                "base": In(address_bits),
                "copied": Out(1),
                "word": Out(_LANE + _GROUP),
                "o": Out(stream.Signature(unsigned(INDEX_BITS))),
                "further": Out(1),
                "empty": Out(1),
                "side": Out(SideBus(address_bits=address_bits)),
                "advance": In(1),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        attend, query, key, anchors = (self.mode == mode for mode in (isa.Mode.ATTEND, isa.Mode.QUERY, isa.Mode.KEY, isa.Mode.ANCHORS))

        # The stream: where the newest position goes, how many lie before it.
        now, cached = Signal(_LOW, reset_less=True), Signal(_LOW, reset_less=True)
        with m.If(self.advance):
            m.d.sync += [now.eq(now + 1), cached.eq(cached + (cached != isa.CONTEXT - 1))]
        with m.If(self.clear):
            m.d.sync += [now.eq(0), cached.eq(0)]

        # The pass: distance - 1, and the table as side block and lane.
        before = Signal(_LOW, reset_less=True)
        lane, group = Signal(_LANE, reset_less=True), Signal(_GROUP, reset_less=True)
        step = Signal()
        with m.If(step):
            m.d.sync += Cat(lane, group).eq(Cat(lane, group) + 1)
        with m.If(self.open):
            m.d.sync += [lane.eq(0), group.eq(self.block), before.eq(Mux(self.again, before + 1, 0))]
        m.d.sync += [
            self.empty.eq(attend & (cached == 0)),
            self.further.eq(attend & (before != self.reach[:_LOW]) & (cached != 0) & (before + 1 != cached)),
        ]
        m.d.comb += self.word.eq(Cat(lane, group))

        m.submodules.queries = queries = Memory(shape=INDEX_BITS, depth=isa.QUERIES, init=[])
        read, write = queries.read_port(), queries.write_port()
        m.d.comb += [
            read.addr.eq(self.word),
            write.addr.eq(self.word),
            write.data.eq(self.query),
            write.en.eq(query & self.made),
        ]

        # Side words of four tables: the ring's, then the position bits beside them.
        words = Signal(16 * isa.SIDE_WORDS, reset_less=True)
        placing, granted, second = Signal(), Signal(), Signal(reset_less=True)
        ring, low, copying = Signal(_LOW, reset_less=True), Signal(_LOW, reset_less=True), Signal(reset_less=True)
        nearer = Mux(self.again, ring, now) - 1
        with m.If(self.open):
            m.d.sync += [ring.eq(nearer), low.eq(Mux(key, now, nearer)), placing.eq(0), copying.eq(anchors)]
        m.d.comb += [granted.eq(self.side.valid & self.side.ready), self.busy.eq(self.side.valid & key)]
        m.d.sync += second.eq(placing)
        m.d.comb += [
            self.side.address.eq(Mux(copying, self.base, Cat(low, placing, group))),
            self.side.write.eq(key),
            self.side.lane.eq(lane),
            self.side.data.eq(self.key),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(granted):
            m.d.sync += self.side.valid.eq(0)

        with m.FSM(name="side_words"):
            with m.State("IDLE"):  # and query and key runs
                m.d.comb += step.eq((query & self.made) | granted)
                with m.If(self.made & key):
                    m.d.sync += self.side.valid.eq(1)
                with m.If(self.open & attend):
                    m.d.sync += self.side.valid.eq(1)
                    m.next = "RING"
                with m.If(self.open & anchors):
                    m.d.sync += self.side.valid.eq(1)
                    m.next = "COPY"
            with m.State("RING"):
                with m.If(granted):
                    m.d.sync += [self.side.valid.eq(1), low.eq(before), placing.eq(1)]
                    m.next = "PLACE"
            with m.State("PLACE"):
                with m.If(~second):
                    m.d.sync += words.eq(self.side.beat)
                with m.If(granted):
                    m.d.sync += [low.eq(ring), placing.eq(0)]
                    m.next = "BOTH"
            with m.State("BOTH"):
                m.d.sync += words.eq(words | self.side.beat)
                m.next = "TABLES"
            with m.State("TABLES"):
                with m.If(~self.left):
                    m.next = "IDLE"
                with m.Elif(~self.o.valid):
                    m.d.sync += [
                        self.o.valid.eq(1),
                        self.o.payload.eq(read.data | Array(words[16 * i : 16 * i + 16] for i in range(isa.SIDE_WORDS))[lane]),
                    ]
                    m.d.comb += step.eq(1)
                    with m.If(lane == isa.SIDE_WORDS - 1):
                        m.next = "NEXT"
            with m.State("NEXT"):
                with m.If(~self.left):
                    m.next = "IDLE"
                with m.Elif(~self.o.valid):
                    m.d.sync += self.side.valid.eq(1)
                    m.next = "RING"
            with m.State("COPY"):
                with m.If(granted):
                    m.next = "COPIED"
            with m.State("COPIED"):
                m.d.comb += [self.copied.eq(1), step.eq(1)]
                m.next = "MORE"
            with m.State("MORE"):
                m.next = "IDLE"
                with m.If(self.left):
                    m.d.sync += self.side.valid.eq(1)
                    m.next = "COPY"
        return m
