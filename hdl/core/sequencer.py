"""Step control: when a step begins and ends, when the sorter reads, and whose symbol counts."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa
from hdl.link.bus import StepStream, SymbolStream

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Begins a step for each transfer of ``step``, hands the sorter its latencies, ends the step with a transfer of ``symbol``.

    ::

        step --> go (index maker)          retired, sort --> read requests --> store --> sorter --> chosen, sorted
                                           retired, end  --> end of step --> symbol

    A step ends in the first clock in which its last run is retired, the sorter is done and the symbol before is taken; the next one is
    taken in that same clock if it is offered: ``go`` is high then. ``chosen`` is the step's symbol, the forced one or the sorter's, valid
    while ``known``; ``symbol`` always carries the sorter's choice.

    ``read``: the sorter asks for the latency at ``read_address``, granted by ``read_grant``; ``neuron`` and ``read_last`` go with it.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "step": In(StepStream),
                "symbol": Out(SymbolStream),
                "go": Out(1),
                "running": Out(1),
                "stepped": Out(1),
                "retired": In(1),
                "sort": In(1),
                "end": In(1),
                "sort_base": In(8),
                "sort_last": In(8),
                "read": Out(1),
                "read_grant": In(1),
                "read_address": Out(isa.ADDRESS_BITS),
                "neuron": Out(8),
                "read_last": Out(1),
                "sorter_start": Out(1),
                "sorter_done": In(1),
                "sorter_symbol": In(8),
                "chosen": Out(8),
                "known": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        forced, symbol = Signal(reset_less=True), Signal(8, reset_less=True)
        sorted_, sorted_now, ended, ended_now, finish = Signal(), Signal(), Signal(), Signal(), Signal()
        m.d.comb += [sorted_now.eq(sorted_), ended_now.eq(ended)]

        m.d.comb += [
            self.chosen.eq(Mux(forced, symbol, self.sorter_symbol)),
            self.known.eq(sorted_),
            self.read_address[: isa.ADDRESS_BITS - 8].eq(self.neuron),
            self.read_address[isa.ADDRESS_BITS - 8 :].eq(self.sort_base + (self.neuron >> (isa.ADDRESS_BITS - 8))),
            self.read_last.eq(self.neuron == self.sort_last),
        ]

        with m.FSM(name="sorting"):
            with m.State("IDLE"):
                with m.If(self.retired & self.sort):
                    m.d.comb += self.sorter_start.eq(1)
                    m.d.sync += self.neuron.eq(0)
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += self.read.eq(1)
                with m.If(self.read_grant):
                    m.d.sync += self.neuron.eq(self.neuron + 1)
                    with m.If(self.read_last):
                        m.next = "DONE"
            with m.State("DONE"):
                with m.If(self.sorter_done):
                    m.d.comb += sorted_now.eq(1)
                    m.d.sync += sorted_.eq(1)
                    m.next = "IDLE"

        with m.If(self.retired & self.end):
            m.d.comb += ended_now.eq(1)
            m.d.sync += ended.eq(1)
        with m.If(self.symbol.ready):
            m.d.sync += self.symbol.valid.eq(0)
        m.d.comb += [
            finish.eq(self.running & ended_now & sorted_now & (~self.symbol.valid | self.symbol.ready)),
            self.stepped.eq(finish),
            self.step.ready.eq(~self.running | finish),
            self.go.eq(self.step.valid & self.step.ready),
        ]
        with m.If(finish):
            m.d.sync += [self.running.eq(0), ended.eq(0), sorted_.eq(0)]
            m.d.sync += [self.symbol.valid.eq(1), self.symbol.payload.eq(self.sorter_symbol)]
        with m.If(self.go):
            m.d.sync += self.running.eq(1)
            m.d.sync += [forced.eq(self.step.payload.forced), symbol.eq(self.step.payload.symbol)]
        return m
