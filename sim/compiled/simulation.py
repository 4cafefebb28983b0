"""A compiled simulation of an Amaranth component: signals and memories by name, clocks in C++, devices at the pins.

    sim = Simulation(component)
    sim["i__valid"] = 1
    sim.run_until("o__valid", limit=1000)
    sim.memory("core.store.bank0")[:4] = 0

Names are those of Amaranth's hierarchy, with dots: ``submodule.signal``, ports at the top. A component is compiled once
(``sim.compiled.build``).
"""

import ctypes
import os
from collections.abc import Callable, Iterator
from ctypes import c_int, c_uint8, c_void_p
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.lib import wiring

from sim.compiled.build import SimulationError, build
from sim.compiled.face import CALLBACK, DRIVEN_COMB, INPUT, MEMORY, OUTLINE, VALUE, WIRE, Part, load


class Simulation:
    """A running copy of ``component`` (or of a library that ``sim.compiled.build.build`` made), in its reset state, at clock 0.

    Reading is of settled values after the last clock; a written input takes effect at once, also through logic. Memories are NumPy arrays
    on the simulator's own storage. ``clocks`` counts what has been run.
    """

    def __init__(self, component: wiring.Component | Path) -> None:
        library = component if isinstance(component, Path) else build(component)
        self._lib = self.code = load(library)
        self._sim = self._lib.px_create()
        self._items: dict[str, list[Part]] = {}

        def add(name: bytes, part: Any) -> None:
            copy = Part()
            ctypes.memmove(ctypes.byref(copy), part, ctypes.sizeof(Part))
            self._items.setdefault(name.decode().replace(" ", "."), []).append(copy)

        self._lib.px_items(self._sim, CALLBACK(add))
        self._waits: dict[str, tuple[Part, int]] = {}
        self._owners: list[Any] = []
        self._stale = False
        self.clocks = 0

    def close(self) -> None:
        """Frees the simulator's memory; arrays of its memories must not be used any more."""
        if self._sim:
            self._lib.px_destroy(self._sim)
            self._sim = None

    def __del__(self) -> None:
        if getattr(self, "_sim", None):
            self.close()

    def names(self) -> Iterator[str]:
        """Every signal and memory there is."""
        return iter(self._items)

    @property
    def handle(self) -> Any:
        """The simulation as the functions of the library (``code``) take it."""
        return self._sim

    def parts(self, name: str) -> list[Part]:
        """The pieces that a signal or memory consists of."""
        try:
            return self._items[name]
        except KeyError:
            last = name.rsplit(".", 1)[-1]
            near = [other for other in self._items if other.rsplit(".", 1)[-1] == last][:3]
            hint = f"; there is {', '.join(near)}" if near else ""
            raise SimulationError(f"the design has no signal or memory {name!r}{hint}") from None

    def _bit(self, name: str) -> Part:
        """A one-bit item that lies somewhere in memory, as devices need it."""
        part = self.parts(name)[0]
        if part.width != 1 or part.type in (MEMORY, OUTLINE):
            raise SimulationError(f"{name!r} must be one bit wide and a port or a register to stand at a pin")
        return part

    def _input(self, name: str) -> Part:
        part = self._bit(name)
        if not part.flags & INPUT:
            raise SimulationError(f"{name!r} must be an input of the design")
        return part

    def _settle(self) -> None:
        if self._stale:
            self._lib.px_settle(self._sim)
            self._stale = False

    def __getitem__(self, name: str) -> int:
        """The value of a signal, unsigned."""
        self._settle()
        value = 0
        for part in self.parts(name):
            if part.type == MEMORY:
                raise SimulationError(f"{name!r} is a memory: use memory()")
            if part.outline:
                self._lib.px_outline(part.outline)
            for chunk in range((part.width + 31) // 32):
                value |= part.curr[chunk] << (part.lsb_at + 32 * chunk)
        return value

    def __setitem__(self, name: str, value: int) -> None:
        """Sets an input, or the state of a register. Logic can't be set."""
        parts = self.parts(name)
        width = sum(part.width for part in parts)
        if not 0 <= value < 1 << width:
            raise SimulationError(f"{name!r} must be 0..{(1 << width) - 1}, not {value}")
        for part in parts:
            if not part.next or part.flags & DRIVEN_COMB:
                raise SimulationError(f"{name!r} can't be set: it is driven by logic")
            for chunk in range((part.width + 31) // 32):
                size = min(32, part.width - 32 * chunk)
                bits = value >> (part.lsb_at + 32 * chunk) & ((1 << size) - 1)
                part.curr[chunk] = bits
                part.next[chunk] = bits
        self._stale = True

    def memory(self, name: str) -> npt.NDArray[np.uint32]:
        """A memory as an array on the simulator's own storage: (depth,) of at most 32 bits, else (depth, words of 32 bits)."""
        parts = self.parts(name)
        if len(parts) != 1 or parts[0].type != MEMORY:
            raise SimulationError(f"{name!r} is not a memory")
        part = parts[0]
        chunks = (part.width + 31) // 32
        self._stale = True
        array = np.ctypeslib.as_array(part.curr, (part.depth, chunks))
        return array[:, 0] if chunks == 1 else array

    def memories(self) -> dict[str, tuple[int, int]]:
        """Every memory's name, with its depth and its width in bits."""
        return {name: (parts[0].depth, parts[0].width) for name, parts in self._items.items() if parts[0].type == MEMORY}

    def clock(self, count: int = 1) -> None:
        """Runs ``count`` clocks."""
        self._lib.px_clock(self._sim, count)
        self._stale = False
        self.clocks += count

    def run_until(self, name: str, *, limit: int, value: int = 1) -> int:
        """Clocks until the signal, just before an edge, has ``value``; that edge is the last one run. Returns the clocks run.

        Raises :class:`SimulationError` where it never has within ``limit`` clocks.
        """
        part, when = self._waited(name)
        self._settle()
        count = self._lib.px_run_until(self._sim, part.curr, part.outline, when, value, limit)
        self.clocks += min(count, limit)
        if count > limit:
            raise SimulationError(f"{name!r} was not {value} within {limit} clocks")
        return count

    def _waited(self, name: str) -> tuple[Part, int]:
        """An item to wait for, and how px_run_until has to look at it."""
        if name not in self._waits:
            parts = self.parts(name)
            part = parts[0]
            if len(parts) != 1 or part.type == MEMORY or part.width > 32:
                raise SimulationError(f"{name!r} must be one signal of at most 32 bits to wait for")
            when = 2
            if not part.outline:
                stored = (p for others in self._items.values() for p in others if p.type in (VALUE, WIRE))
                when = 0 if {p.type for p in stored if _address(p) == _address(part)} == {WIRE} else 1
            self._waits[name] = part, when
        return self._waits[name]

    def uart(self, *, from_design: str, to_design: str, divisor: float) -> "Uart":
        """A UART at two pins; ``divisor``: clocks a bit."""
        source, sink = self._bit(from_design), self._input(to_design)
        handle = self._lib.px_uart(self._sim, source.curr, sink.curr, sink.next, divisor)
        self._stale = True
        return Uart(self, handle)

    def output(self, name: str) -> tuple[Any, bool]:
        """For devices: where an output of at most 32 bits lies, and whether it is logic (else it is a register)."""
        part, when = self._waited(name)
        if when == 2:
            raise SimulationError(f"{name!r} must be a port or a register to stand at a pin")
        return part.curr, when == 1

    def input(self, name: str, *, bits: int = 32) -> Any:
        """For devices: where an input of at most ``bits`` is written."""
        part = self.parts(name)[0]
        if not part.flags & INPUT or part.width > bits:
            raise SimulationError(f"{name!r} must be an input of the design, of at most {bits} bits")
        self._stale = True
        return part.next

    def device(self, maker: str, *arguments: Any, owner: Any) -> "Device":
        """For devices: one made by a function of the library, which is given the simulation first. ``owner`` lives as long as it."""
        self._owners.append(owner)
        return Device(self, getattr(self.code, maker)(self._sim, *arguments))

    def random_bit(self, name: str, *, probability: float, seed: int) -> "Device":
        """Sets an input to 1 with ``probability`` in every clock from now on, else to 0."""
        part = self._input(name)
        return Device(self, self._lib.px_random(self._sim, part.curr, part.next, round(probability * 65536), seed))

    def tally(self, name: str) -> "Tally":
        """Counts, from now on, the clocks after which the register ``name``, of one bit, is 1."""
        return Tally(self, self._lib.px_tally(self._sim, self._bit(name).curr))

    def trace(self, path: Path, *, clock_hz: float) -> None:
        """Writes a VCD of every signal from now on, until :meth:`close_trace`."""
        if not self._lib.px_trace(self._sim, os.fsencode(path), round(1e12 / clock_hz)):
            raise SimulationError(f"{path} can't be written")

    def close_trace(self) -> None:
        """Ends the VCD."""
        if not self._lib.px_trace_close(self._sim):
            raise SimulationError("the trace could not be written to its end: is the disk full?")


def _address(part: Part) -> int | None:
    return ctypes.cast(part.curr, c_void_p).value


class Device:
    """Something at the design's pins, until :meth:`detach`."""

    def __init__(self, sim: Simulation, handle: int) -> None:
        self._sim, self._handle = sim, handle

    def detach(self) -> None:
        """Takes it off the pins, which keep their last level; it must not be used any more."""
        self._sim._lib.px_detach(self._sim._sim, self._handle)


class Tally(Device):
    """Clocks counted; made by :meth:`Simulation.tally`."""

    @property
    def count(self) -> int:
        return self._sim._lib.px_tally_count(self._handle)


class Uart(Device):
    """The host's side of a UART at the design's pins; made by :meth:`Simulation.uart`."""

    def send(self, data: bytes, *, break_stop: bool = False) -> None:
        """Queues bytes; they go out as clocks run. With ``break_stop`` their stop bits are 0."""
        self._sim._lib.px_uart_send(self._handle, data, len(data), break_stop)

    def receive(self, size: int, *, limit: int, watch: str | None = None, seen: Callable[[], None] = lambda: None) -> bytes:
        """Runs until ``size`` bytes have come or ``limit`` clocks have passed; returns at most ``size`` bytes.

        ``seen()`` is called after each clock at whose edge the register ``watch``, of one bit, was 1.
        """
        sim = self._sim
        bit, hit = sim._bit(watch).curr if watch else None, c_int(1)
        while hit and limit:
            sim._settle()
            count = sim._lib.px_run_uart(sim._sim, self._handle, size, limit, bit, ctypes.byref(hit))
            sim.clocks += count
            limit -= count
            if hit:
                seen()
        buffer = (c_uint8 * size)()
        return bytes(buffer[: self._sim._lib.px_uart_receive(self._handle, buffer, size)])

    @property
    def clocks(self) -> int:
        """Clocks that the simulation has run."""
        return self._sim.clocks

    @property
    def waiting(self) -> int:
        """Bytes received and not yet taken."""
        return self._sim._lib.px_uart_waiting(self._handle)

    @property
    def busy(self) -> bool:
        """Whether bytes are still going out."""
        return bool(self._sim._lib.px_uart_busy(self._handle))

    @property
    def framing_errors(self) -> int:
        """Bytes from the design without a stop bit."""
        return self._sim._lib.px_uart_framing_errors(self._handle)
