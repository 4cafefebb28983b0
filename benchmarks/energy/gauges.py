"""The designs whose currents others have measured, made here by their descriptions, for the changes of nets in a clock of theirs."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from benchmarks.energy.weights import COUNTER_BITS
from sim.activity.count import NETS, bits_of
from sim.activity.mapped import build_mapped
from sim.compiled.simulation import Simulation
from sim.compiled.toggles import Toggles

CLOCKS = 1 << 16  # a whole period of two counters of 8 bits, many times


class Counter(wiring.Component):
    """A counter of 28 bits."""

    def __init__(self) -> None:
        super().__init__({"o": Out(COUNTER_BITS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.sync += self.o.eq(self.o + 1)
        return m


class Product(wiring.Component):
    """Two counters of 8 bits, by 3 and by 5, with their product of 16 bits, of which one bit tells whether all are 1."""

    def __init__(self) -> None:
        super().__init__({"o": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first, second, product = Signal(8), Signal(8), Signal(16)
        m.d.sync += [first.eq(first + 3), second.eq(second + 5)]
        m.d.comb += [product.eq(first * second), self.o.eq(first.all() | second.all() | product.all())]
        return m


def changes_a_clock(design: wiring.Component) -> float:
    """Of all its nets, over :data:`CLOCKS`."""
    mapped = build_mapped(design)
    sim = Simulation(mapped.compiled)
    toggles = Toggles(sim, [signal for kind in NETS for signal in bits_of(sim, getattr(mapped, kind))])
    sim.clock(CLOCKS)
    changes = sum(one.changes for one in toggles.each())
    sim.close()
    return changes / CLOCKS
