"""Who reads the latency store in a clock: write-back, comparators, sorter or host."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.core.layouts import LatencyStream, address_layout, operands_layout, output_read_stream, pairs_layout, store_read_port
from hdl.core.params import CoreParams
from hdl.memory.later import later
from hdl.memory.store import StoreReads


class StoreReader(wiring.Component):
    """Gives each clock's read of the store to write-back, else to the comparators, else to the sorter or, between steps, the host.

    ::

        residual (write-back) --------.
        pairs (comparators) -----------+--> reads --> operand[2P] (comparators)
        outputs (sorter), host --------'                   '--> operand[0]: latency (sorter), host_latency

    Operands and latencies come a clock after the ``params.store_clocks`` of a word. A latency for the sorter is read only in a clock in
    which ``latency`` is ready, which must then stay ready until it comes.
    """

    def __init__(self, *, params: CoreParams) -> None:
        width = params.width
        self._width, self._clocks = width, params.store_clocks
        super().__init__(
            {
                "reads": Out(StoreReads(width=width)),
                "residual": Out(store_read_port(width)),  # never refused
                "pairs": In(stream.Signature(pairs_layout(width))),  # refused while ``residual`` reads
                "operand": Out(operands_layout(width)),  # latencies of the pairs taken
                "outputs": In(output_read_stream(width)),
                "latency": Out(LatencyStream),
                "stepping": In(1),  # a step runs: the host is not served
                "host_address": In(address_layout(width)),
                "host_reads": In(1),
                "host_latency": Out(signed(16)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pairs, word = self.reads.pairs, self.reads.word
        residual, outputs = self.residual, self.outputs
        one = Signal(address_layout(self._width))  # what sorter or host ask
        single = Signal()  # it is read, if no comparator wants the store
        m.d.comb += [
            one.eq(Mux(self.stepping, outputs.payload.address, self.host_address)),
            single.eq((outputs.valid | self.host_reads) & ~residual.en),
            self.pairs.ready.eq(~residual.en),
            outputs.ready.eq(self.latency.ready & ~self.pairs.valid & ~residual.en),
            pairs.eq(self.pairs.payload),
            word.en.eq(residual.en | ~self.pairs.valid),
            word.addr.eq(Mux(single, one.word, residual.addr)),
            residual.data.eq(word.data),
            self.operand.eq(self.reads.operand),
        ]
        with m.If(~self.pairs.valid):
            bank_bits = len(pairs.slot[0].bank)
            m.d.comb += pairs.choice[0].eq(one.bank >> bank_bits)
            for slot in pairs.slot:
                m.d.comb += slot.bank.eq(one.bank[:bank_bits])

        asked = later(m, outputs.valid & outputs.ready, self._clocks, name="asked", reset_less=False)
        asked_last = later(m, outputs.payload.last, self._clocks, name="asked_last")
        m.d.sync += [self.latency.valid.eq(asked), self.latency.payload.last.eq(asked_last)]
        m.d.comb += [self.latency.payload.latency.eq(self.operand[0]), self.host_latency.eq(self.operand[0])]
        return m
