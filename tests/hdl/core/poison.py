"""Memories that give a wrong value where a read collides with a write, as block RAM may."""

from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory

import hdl.core.accumulate
import hdl.core.jitter
import hdl.core.sorter
import hdl.fetch.cache
import hdl.memory.anchors
import hdl.memory.program
import hdl.memory.store

__all__ = ["PoisonMemory", "poison"]


class PoisonMemory(Elaboratable):
    """Takes the place of ``amaranth.lib.memory.Memory``: a word read in the clock in which it is written comes out with half its bits
    flipped, until the port reads again."""

    def __init__(self, *, shape: Any, depth: int, init: list[int]) -> None:
        self._memory = Memory(shape=shape, depth=depth, init=init)
        self._reads: list[tuple[Any, Any]] = []
        self._writes: list[Any] = []

    def read_port(self) -> Any:
        port = self._memory.read_port()
        face = port.signature.create()
        self._reads.append((port, face))
        return face

    def write_port(self, **options: Any) -> Any:
        self._writes.append(self._memory.write_port(**options))
        return self._writes[-1]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = self._memory
        for port, face in self._reads:
            collides, poisoned = Signal(), Signal()
            m.d.comb += [port.addr.eq(face.addr), port.en.eq(face.en)]
            for write in self._writes:
                with m.If(write.en.any() & (write.addr == face.addr)):
                    m.d.comb += collides.eq(1)
            with m.If(face.en):
                m.d.sync += poisoned.eq(collides)
            good = Value.cast(port.data)
            wrong = good ^ (0x2AD5_2AD5_2AD5_2AD5_2AD5_2AD5_2AD5_2AD5 & ((1 << len(good)) - 1))
            m.d.comb += Value.cast(face.data).eq(Mux(poisoned, wrong, good))
        return m


def poison(patch: pytest.MonkeyPatch) -> None:
    """From now on every memory of the core but the tables (of one port) is poisoned."""
    modules = (hdl.core.accumulate, hdl.core.jitter, hdl.core.sorter, hdl.fetch.cache)
    for module in (*modules, hdl.memory.anchors, hdl.memory.program, hdl.memory.store):
        patch.setattr(module, "Memory", PoisonMemory)
