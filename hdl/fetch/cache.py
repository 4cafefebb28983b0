"""Index cache: queries of a block, keys of all cached positions, and the indices that an attend run makes of them."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.compare import INDEX_BITS
from hdl.core.layouts import SideBus
from hdl.learn.rows import RowMemory

_LOW = (isa.CONTEXT - 1).bit_length()


def _table_layout(width: isa.Width) -> data.StructLayout:
    return data.StructLayout(
        {
            "lane": (width.side_words - 1).bit_length(),  # of the words of a beat
            "group": 8,  # side block
        }
    )


class IndexCache(wiring.Component):
    """Attention's half of the row fetch (Eq. 14, 15; docs/reference/isa.md, "Attention").

    ::

        query run: index -----------> query memory -----------.
        key run:   index << n_q ----> ring (tier 0) --.        |
                           position bits (tier 0) ----+--> OR -+--> o (index of the next row)
        anchors run:            beats of tier 0 ---------------> copied

    If ``side`` is never refused, there are 5 clocks from ``open`` to the first ``o``, 2 from one index to the next, and 6 from the last
    index of a side block taken to the first of the next one. A key takes two clocks, a copied beat three. A reset leaves the ring and its
    counters as they are.
    """

    def __init__(self, *, address_bits: int, width: isa.Width, learns: bool = False) -> None:
        self._bits, self._width, self._learns = address_bits, width, learns
        super().__init__(
            {
                "mode": In(isa.Mode),  # of the run, two clocks before ``open`` at the latest
                "block": In(8),  # its ``side``
                "reach": In(8),  # its n_out - 1
                "open": In(1),  # a pass over the run's tables begins; an attend run has one for each distance
                "again": In(1),  # ... which isn't the run's first
                "left": In(1),  # tables of the pass are left
                "made": In(1),  # one of them is dealt with
                "query": In(INDEX_BITS),  # index of a query run, taken with ``made``
                "key": In(16),  # index of a key run, taken a clock after ``made``
                "busy": Out(1),  # a key is not written yet
                "base": In(address_bits),  # the beat to copy
                "copied": Out(1),  # it is in ``side.beat``
                "word": Out(_table_layout(width).size),  # ... for this anchor word
                "o": Out(stream.Signature(unsigned(INDEX_BITS))),  # indices of an attend run
                "further": Out(1),  # another distance comes after this pass
                "empty": Out(1),  # an attend run finds no position
                "side": Out(SideBus(address_bits=address_bits, width=width)),  # beats read and words written in tier 0
                "advance": In(1),  # the step ends
                "clear": In(1),  # a new text begins
                **({"kept": In(RowMemory(address_bits=address_bits))} if learns else {}),  # no step of a network with attention uses it
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # The stream: where the newest position goes, how many lie before it.
        now = Signal(_LOW, reset_less=True)
        cached = Signal(_LOW, reset_less=True)
        with m.If(self.advance):
            m.d.sync += [now.eq(now + 1), cached.eq(cached + (cached != isa.CONTEXT - 1))]
        with m.If(self.clear):
            m.d.sync += [now.eq(0), cached.eq(0)]

        # The pass: distance - 1, and the table as side block and lane.
        before = Signal(_LOW, reset_less=True)
        table = Signal(_table_layout(self._width), reset_less=True)
        step = Signal()
        with m.If(step):
            m.d.sync += table.eq(table.as_value() + 1)
        with m.If(self.open):
            m.d.sync += [table.lane.eq(0), table.group.eq(self.block), before.eq(Mux(self.again, before + 1, 0))]
        attend = self.mode == isa.Mode.ATTEND
        m.d.sync += [
            self.empty.eq(attend & (cached == 0)),
            self.further.eq(attend & (before != self.reach[:_LOW]) & (cached != 0) & (before + 1 != cached)),
        ]

        m.submodules.queries = queries = Memory(shape=unsigned(INDEX_BITS), depth=isa.QUERIES, init=[])
        read = queries.read_port()
        write = queries.write_port()
        m.d.comb += [
            self.word.eq(table),
            read.addr.eq(self.word[: len(read.addr)]),
            write.addr.eq(self.word[: len(write.addr)]),
            write.data.eq(self.query),
            write.en.eq((self.mode == isa.Mode.QUERY) & self.made),
        ]
        if self._learns:
            m.d.comb += self.kept.row.eq(read.data)
            with m.If(self.kept.write):
                m.d.comb += [write.addr.eq(self.kept.number), write.data.eq(self.kept.address), write.en.eq(1)]
            with m.If(self.kept.read):
                m.d.comb += read.addr.eq(self.kept.number)
        self._side_words(m, now=now, before=before, table=table, query=read.data, step=step)
        return m

    def _side_words(self, m: Module, *, now: Signal, before: Signal, table: data.View, query: Value, step: Signal) -> None:
        """Accesses of ``side``: keys written, beats copied, and for the tables of a side block the ring's words, then their position bits.

        ``step``: strobe, the next table.
        """
        side, anchors = self.side, self.mode == isa.Mode.ANCHORS
        key = Signal(reset_less=True)  # the run is a key run; from a clock after ``mode`` on, which stands two before ``open``
        words = Signal(data.ArrayLayout(INDEX_BITS, self._width.side_words), reset_less=True)
        ring = Signal(_LOW, reset_less=True)  # position of the pass
        low = Signal(_LOW, reset_less=True)  # of the beat asked, in its half of the side block
        placing = Signal()  # the position bits are asked
        second = Signal(reset_less=True)
        copying = Signal(reset_less=True)
        granted = Signal()
        nearer = Mux(self.again, ring, now) - 1
        with m.If(self.open):
            m.d.sync += [ring.eq(nearer), low.eq(Mux(key, now, nearer)), placing.eq(0), copying.eq(anchors)]
        m.d.sync += [second.eq(placing), self.copied.eq(0), key.eq(self.mode == isa.Mode.KEY)]
        m.d.comb += [
            granted.eq(side.valid & side.ready),
            self.busy.eq(side.valid & key),
            side.address.eq(Mux(copying, self.base, Cat(low, placing, table.group)[: self._bits])),
            side.write.eq(key),
            side.lane.eq(table.lane),
            side.data.eq(self.key),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(granted):
            m.d.sync += side.valid.eq(0)

        with m.FSM(name="side_words"):
            with m.State("IDLE"):  # and query and key runs
                m.d.comb += step.eq(((self.mode == isa.Mode.QUERY) & self.made) | granted)
                with m.If(self.made & key):
                    m.d.sync += side.valid.eq(1)
                with m.If(self.open & (self.mode == isa.Mode.ATTEND)):
                    m.d.sync += side.valid.eq(1)
                    m.next = "RING"
                with m.If(self.open & anchors):
                    m.d.sync += side.valid.eq(1)
                    m.next = "COPY"
            with m.State("RING"), m.If(granted):
                m.d.sync += [side.valid.eq(1), low.eq(before), placing.eq(1)]
                m.next = "PLACE"
            with m.State("PLACE"):
                with m.If(~second):
                    m.d.sync += words.eq(side.beat)
                with m.If(granted):
                    m.d.sync += [low.eq(ring), placing.eq(0)]
                    m.next = "BOTH"
            with m.State("BOTH"):
                m.d.sync += words.eq(words.as_value() | side.beat)
                m.next = "TABLES"
            with m.State("TABLES"):
                with m.If(~self.left):
                    m.next = "IDLE"
                with m.Elif(~self.o.valid):
                    m.d.sync += [
                        self.o.valid.eq(1),
                        self.o.payload.eq(query | words.as_value().bit_select(Cat(Const(0, 4), table.lane), INDEX_BITS)),
                    ]
                    m.d.comb += step.eq(1)
                    with m.If(table.lane == self._width.side_words - 1):
                        m.next = "NEXT"
            with m.State("NEXT"):
                with m.If(~self.left):
                    m.next = "IDLE"
                with m.Elif(~self.o.valid):
                    m.d.sync += side.valid.eq(1)
                    m.next = "RING"
            with m.State("COPY"), m.If(granted):
                m.d.sync += self.copied.eq(1)
                m.next = "COPIED"
            with m.State("COPIED"):
                m.d.comb += step.eq(1)
                m.next = "MORE"
            with m.State("MORE"):
                m.next = "IDLE"
                with m.If(self.left):
                    m.d.sync += side.valid.eq(1)
                    m.next = "COPY"
