"""One link for several cores: whose turn it is gets the step, and is heard (docs/reference/blocks/link.md)."""

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firmware import isa

from .bus import LoadBus, ReadDataStream, ReadRequestStream, StepStream, SymbolStream


class Spread(wiring.Component):
    """Steps go to the core ``step_core``; symbols and words come from ``symbol_core``, which is asked for the latter. Without a clock.

    A word that is loaded goes to all cores, or, in a space of ``firmware.isa.OWN_SPACES``, to the one that its address names.
    The arrays have an element for each of ``cores``, 2 or more.
    """

    def __init__(self, *, cores: int) -> None:
        self._cores = cores
        super().__init__(
            {
                "step": In(StepStream),
                "step_core": In(range(cores)),
                "symbol": Out(SymbolStream),
                "symbol_core": In(range(cores)),
                "read_request": In(ReadRequestStream),
                "read_data": Out(ReadDataStream),
                "load": In(LoadBus()),
                "steps": Out(StepStream).array(cores),
                "symbols": In(SymbolStream).array(cores),
                "read_requests": Out(ReadRequestStream).array(cores),
                "read_datas": In(ReadDataStream).array(cores),
                "loads": Out(LoadBus()).array(cores),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        turns = ((self.step, self.steps, self.step_core), (self.read_request, self.read_requests, self.symbol_core))
        for one, many, core in turns:
            for number, other in enumerate(many):
                m.d.comb += [other.payload.eq(one.payload), other.valid.eq(one.valid & (core == number))]
            with m.Switch(core):
                for number, other in enumerate(many):
                    with m.Case(number):
                        m.d.comb += one.ready.eq(other.ready)
        for one, many in ((self.symbol, self.symbols), (self.read_data, self.read_datas)):
            with m.Switch(self.symbol_core):
                for number, other in enumerate(many):
                    with m.Case(number):
                        m.d.comb += [one.payload.eq(other.payload), one.valid.eq(other.valid), other.ready.eq(one.ready)]
        named = own_core(self.load.address)
        shared = (named == 0) | ~_own(self.load.space)
        for number, load in enumerate(self.loads):
            m.d.comb += [load.space.eq(self.load.space), load.address.eq(self.load.address), load.data.eq(self.load.data)]
            m.d.comb += load.strobe.eq(self.load.strobe & (shared | (named == number + 1)))
        return m


def own_core(address: Value) -> Value:
    """The core that a word's address names in one of the spaces of their own: 0, or its number plus 1."""
    return address[isa.OWN_SHIFT : 16]


def _own(space: Value) -> Value:
    return Cat(space == own for own in isa.OWN_SPACES).any()
