"""Host reads: words of the latency store, the counters and the list of spikes, between steps."""

from amaranth.hdl import Module, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import address_layout
from hdl.core.params import CoreParams
from hdl.core.sorter import ResultPort
from hdl.link.bus import ReadDataStream, ReadRequestStream


class HostReader(wiring.Component):
    """Answers one request after another: with ``params.store_clocks`` of 1 the first 4 clocks after it is offered, the next ones every 5
    clocks; with 2 after 5, and every 6.

    A request's address stands at all three sources so long; the word is kept until it is taken.
    """

    def __init__(self, *, params: CoreParams) -> None:
        width, self._clocks = params.width, params.store_clocks
        super().__init__(
            {
                "request": In(ReadRequestStream),
                "data": Out(ReadDataStream),
                "idle": In(1),  # no step runs or begins: an answer may begin
                "address": Out(address_layout(width)),  # of the latency asked
                "reads": Out(1),  # the store is read
                "latency": In(signed(16)),  # ... and answers a clock after its ``store_clocks``
                "counter": Out(range(2 * len(isa.Counter))),  # word asked
                "count": In(16),  # combinational
                "results": In(ResultPort),
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
                    with m.Default():
                        m.d.sync += self.data.payload.eq(self.results.data)
                m.next = "IDLE"
        with m.If(self.data.valid & self.data.ready):
            m.d.sync += self.data.valid.eq(0)
        return m
