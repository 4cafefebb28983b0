"""Which outputs are wrong: the margin rule on latencies as the sorter takes them ("A classifier" in docs/reference/learning-rule.md)."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Rival(wiring.Component):
    """The earliest output but ``target``, the lowest of equals, and whether the target is ahead of it by the margin.

    One latency a clock in neuron order, from neuron 0 on after ``start``; the answers stand two clocks after the last one. ``target`` and
    ``margin`` must not change from ``start`` until then. Of a single output there is no rival, and ``close`` is 0.
    """

    start: In(1)
    valid: In(1)
    latency: In(signed(16))
    target: In(8)
    margin: In(16)
    neuron: Out(8)
    close: Out(1)  # the target is not ahead of it by the margin

    def elaborate(self, platform: object) -> Module:
        m = Module()
        number = Signal(8)
        limit = Signal(signed(18), reset_less=True)  # the target's, and the margin
        best = Signal(signed(16), reset_less=True)  # the rival's
        found = Signal()
        with m.If(self.valid):
            m.d.sync += number.eq(number + 1)
            with m.If(number == self.target):
                m.d.sync += limit.eq(self.latency + self.margin)
            with m.Elif(~found | (self.latency < best)):
                m.d.sync += [best.eq(self.latency), self.neuron.eq(number), found.eq(1)]
        with m.If(self.start):
            m.d.sync += [number.eq(0), found.eq(0)]
        m.d.sync += self.close.eq(found & (limit > best))
        return m
