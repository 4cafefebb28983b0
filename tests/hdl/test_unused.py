"""No block of the core or of the board has a port that nobody connects; and the search finds such ports."""

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

import boards
from firmware import isa
from hdl.board.system import System
from hdl.core.core import Core
from hdl.core.params import CoreParams

from .unused import unused

DESIGNS = {
    "core": lambda: Core(params=CoreParams()),
    "one comparator": lambda: Core(params=CoreParams(width=isa.Width(comparators=1))),
    "core with flash": lambda: Core(params=CoreParams(far_bytes=1)),
    "board": lambda: System(boards.get("icebreaker")),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_every_port_is_used(name: str) -> None:
    assert unused(DESIGNS[name]()) == []


class Inner(wiring.Component):
    """One port of each kind: used, not connected outside, or idle inside."""

    used: In(1)  # type: ignore[valid-type]
    undriven: In(1)  # type: ignore[valid-type]
    ignored: In(1)  # type: ignore[valid-type]
    o: Out(1)  # type: ignore[valid-type]
    unread: Out(1)  # type: ignore[valid-type]
    silent: Out(1)  # type: ignore[valid-type]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.sync += [self.o.eq(self.used & self.undriven), self.unread.eq(self.o)]
        return m


class Outer(wiring.Component):
    """``instances`` of Inner; the last one is connected whole."""

    i: In(1)  # type: ignore[valid-type]
    o: Out(3)  # type: ignore[valid-type]

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        super().__init__()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.inner = inner = Inner()
        m.d.comb += [inner.used.eq(self.i), inner.ignored.eq(self.i), self.o[0].eq(inner.o), self.o[1].eq(inner.silent)]
        if self._whole:
            m.submodules.other = other = Inner()
            rest = Signal()
            m.d.comb += [other.used.eq(self.i), other.undriven.eq(self.i), rest.eq(other.unread), self.o[2].eq(other.o)]
        return m


def test_idle_ports_are_found() -> None:
    """An output that one of two instances leaves to itself is none: blocks may offer more than each user wants."""
    assert unused(Outer(whole=False)) == ["Inner.ignored", "Inner.silent", "Inner.undriven", "Inner.unread"]
    assert unused(Outer(whole=True)) == ["Inner.ignored", "Inner.silent"]
