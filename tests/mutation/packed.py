"""A component with all its inputs in one port and all that is looked at in another: so each clock is two numbers."""

from collections.abc import Callable, Sequence

from amaranth.hdl import Cat, Module, Mux, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

Seen = Sequence[tuple[ValueLike, ValueLike]]
"""Values, each with the condition under which it counts: elsewhere it is taken as 0."""


def inputs(component: wiring.Component) -> list[tuple[str, Value]]:
    """The inputs by name, ``member__member``; the lowest bits of the packed port belong to the first."""
    flat = component.signature.flatten(component)
    return [("__".join(map(str, path)), Value.cast(port)) for path, member, port in flat if member.flow == wiring.In]


class Packed(wiring.Component):
    """``dut`` with the inputs ``i`` and, one after another from the lowest bit on, what ``seen`` makes of it as ``o``.

    ``seen`` may add to the module: a clock's delay, for example. It looks at ports only.
    """

    def __init__(self, dut: wiring.Component, *, seen: Callable[[Module, wiring.Component], Seen]) -> None:
        self._module, self._inputs = Module(), inputs(dut)
        self._module.submodules.dut = dut
        self._outputs = [Mux(when, value, 0) for value, when in seen(self._module, dut)]
        super().__init__({"i": In(sum(len(port) for _, port in self._inputs)), "o": Out(len(Cat(self._outputs)))})

    def elaborate(self, platform: object) -> Module:
        m = self._module
        m.d.comb += Cat(port for _, port in self._inputs).eq(self.i)
        m.d.comb += self.o.eq(Cat(self._outputs))
        return m
