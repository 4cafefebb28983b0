"""Host reads: words of the latency store, the counters, the list of spikes and of tables that learn, between steps."""

from amaranth.hdl import Cat, Module, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import SideBus, address_layout
from hdl.core.params import CoreParams
from hdl.core.sorter import ResultPort
from hdl.link.bus import ReadDataStream, ReadRequestStream


class HostReader(wiring.Component):
    """Answers one request after another: with ``params.store_clocks`` of 1 the first 4 clocks after it is offered, the next ones every 5
    clocks; with 2 after 5, and every 6.

    A request's address stands at all three sources so long; the word is kept until it is taken. A word of the tables takes no longer.
    """

    def __init__(self, *, params: CoreParams) -> None:
        width, self._clocks, self._learns = params.width, params.store_clocks, params.learns
        bits = (params.table_beats - 1).bit_length()
        tables = {"page": In(16), "side": Out(SideBus(address_bits=bits, width=width, words=True))}  # of 2**16 words; the tier on chip
        super().__init__(
            {
                "request": In(ReadRequestStream),
                "data": Out(ReadDataStream),
                "idle": In(1),  # no step runs or begins: an answer may begin
                "address": Out(address_layout(width)),  # of the latency asked
                "reads": Out(1),  # the store is read
                "latency": In(signed(16)),  # ... and answers a clock after its ``store_clocks``
                "counter": Out(range(2 * len(isa.counters(learns=params.learns)))),  # word asked
                "count": In(16),  # combinational
                "results": In(ResultPort),
                **(tables if params.learns else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        asked = self.request.payload
        m.d.comb += [
            self.address.eq(asked.address[: self.address.shape().size]),
            self.counter.eq(asked.address[: len(self.counter)]),
            self.results.addr.eq(asked.address[: len(self.results.addr)]),
        ]
        with m.FSM(name="host"):
            with m.State("IDLE"), m.If(self.request.valid & self.idle & ~self.data.valid):
                m.next = "STORE"
                if self._learns:
                    with m.If(asked.space == isa.ReadSpace.TABLES):
                        m.next = "TABLES"
            with m.State("STORE"):
                m.d.comb += self.reads.eq(1)
                m.next = "CROSSBAR" if self._clocks == 1 else "MEMORY"
            if self._clocks > 1:
                with m.State("MEMORY"):
                    m.next = "CROSSBAR"
            with m.State("CROSSBAR"):
                m.next = "TAKE"
            with m.State("TAKE"):
                m.d.comb += self.request.ready.eq(1)
                m.d.sync += self.data.valid.eq(1)
                with m.Switch(asked.space):
                    with m.Case(isa.ReadSpace.STORE):
                        m.d.sync += self.data.payload.eq(self.latency)
                    with m.Case(isa.ReadSpace.COUNTERS):
                        m.d.sync += self.data.payload.eq(self.count)
                    if self._learns:
                        with m.Case(isa.ReadSpace.TABLES):
                            m.d.sync += self.data.payload.eq(self.side.word)
                    with m.Default():
                        m.d.sync += self.data.payload.eq(self.results.data)
                m.next = "IDLE"
            if self._learns:
                self._tables(m)
        with m.If(self.data.valid & self.data.ready):
            m.d.sync += self.data.valid.eq(0)
        return m

    def _tables(self, m: Module) -> None:
        """The state in which a beat of the tables is asked for."""
        word = Cat(self.request.payload.address, self.page)
        lane_bits = len(self.side.lane)
        m.d.comb += [self.side.lane.eq(word[:lane_bits]), self.side.address.eq(word[lane_bits:])]
        with m.State("TABLES"):
            m.d.comb += self.side.valid.eq(1)
            with m.If(self.side.ready):
                m.next = "TAKE"
