"""Step control: when a step begins and ends, when the sorter reads, and whose symbol counts."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.core.layouts import Outputs, output_read_stream
from hdl.link.bus import StepStream, SymbolStream


class Sequencer(wiring.Component):
    """Begins a step for each transfer of ``step``, hands the sorter its latencies, ends the step with a transfer of ``symbol``.

    ::

        step --> go (index maker)          retired, sort --> reads --> store --> sorter --> chosen, known
                                           retired, end  --> end of step --> symbol

    A step ends in the first clock in which its last run is retired, the sorter is done, and the previous symbol was taken in an earlier
    clock. If the next step is offered, it is taken in that same clock. ``symbol`` always carries the sorter's choice. A reset ends a step
    without a symbol. ``learns``: a step may last on, in which its tables change.
    """

    def __init__(self, *, width: isa.Width, learns: bool = False) -> None:
        self._learns = learns
        learning = {"ripe": Out(1), "hold": In(1)}  # all is done but what ``hold`` keeps the step open for
        super().__init__(
            {
                "step": In(StepStream),
                "symbol": Out(SymbolStream),
                "go": Out(1),  # a step begins
                "running": Out(1),  # a step runs
                "stepped": Out(1),  # a step ends
                "retired": In(1),  # a run's rows are added and written back
                "sort": In(1),  # of that run
                "end": In(1),  # of that run
                "outputs": In(Outputs),  # of the run with ``sort``, while they are read
                "reads": Out(output_read_stream(width)),  # the latencies that the sorter takes
                "sorter_start": Out(1),
                "sorter_done": In(1),
                "sorter_symbol": In(8),
                "chosen": Out(8),  # the step's symbol, the forced one or the sorter's, while ``known``
                "known": Out(1),
                **(learning if learns else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        forced = Signal(reset_less=True)
        symbol = Signal(8, reset_less=True)  # the one forced
        neuron = Signal(8)
        sorted_ = Signal()
        sorted_now = Signal()
        ended = Signal()
        ended_now = Signal()
        finish = Signal()
        m.d.comb += [sorted_now.eq(sorted_), ended_now.eq(ended)]

        reads = self.reads
        bank_bits = len(reads.payload.address.bank)
        m.d.comb += [
            self.chosen.eq(Mux(forced, symbol, self.sorter_symbol)),
            self.known.eq(sorted_),
            reads.payload.address.bank.eq(neuron[:bank_bits]),
            reads.payload.address.word.eq(self.outputs.base + neuron[bank_bits:]),
            reads.payload.last.eq(neuron == self.outputs.last),
        ]

        with m.FSM(name="sorting"):
            with m.State("IDLE"), m.If(self.retired & self.sort):
                m.d.comb += self.sorter_start.eq(1)
                m.d.sync += neuron.eq(0)
                m.next = "READ"
            with m.State("READ"):
                m.d.comb += reads.valid.eq(1)
                with m.If(reads.ready):
                    m.d.sync += neuron.eq(neuron + 1)
                    with m.If(reads.payload.last):
                        m.next = "DONE"
            with m.State("DONE"), m.If(self.sorter_done):
                m.d.comb += sorted_now.eq(1)
                m.d.sync += sorted_.eq(1)
                m.next = "IDLE"

        with m.If(self.retired & self.end):
            m.d.comb += ended_now.eq(1)
            m.d.sync += ended.eq(1)
        with m.If(self.symbol.ready):
            m.d.sync += self.symbol.valid.eq(0)
        m.d.comb += [
            finish.eq(self.running & ended_now & sorted_now & ~self.symbol.valid & ~(self.hold if self._learns else 0)),
            self.stepped.eq(finish),
            self.step.ready.eq(~self.running | finish),
            self.go.eq(self.step.valid & self.step.ready),
        ]
        if self._learns:
            m.d.comb += self.ripe.eq(ended & sorted_)
        with m.If(finish):
            m.d.sync += [self.running.eq(0), ended.eq(0), sorted_.eq(0)]
            m.d.sync += [self.symbol.valid.eq(1), self.symbol.payload.eq(self.sorter_symbol)]
        with m.If(self.go):
            m.d.sync += self.running.eq(1)
            m.d.sync += [forced.eq(self.step.payload.forced), symbol.eq(self.step.payload.symbol)]
        return m
