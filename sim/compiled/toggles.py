"""Changes of signals of a compiled simulation, counted in C++ as they stand just before edges, where everything is settled.

What counts is a library of its own (toggles.cpp), compiled where it is used: a simulation without it is as fast and as large as before.
"""

import ctypes
import re
from collections.abc import Iterable, Mapping
from ctypes import POINTER, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.build import SimulationError, extension
from sim.compiled.face import ALIAS, BITS, MEMORY, Face, Part, load
from sim.compiled.simulation import Device, Simulation

_STATES = 64  # as in toggles.cpp
_CUT = re.compile(r"[.[]")  # before a field's name or an element's number, and between a block's name and a signal's
_COUNTS = [BITS, BITS, POINTER(c_uint64), POINTER(c_uint64)]
_FACE: Face = {
    "pt_toggles": (c_void_p, [c_void_p, POINTER(c_void_p), BITS, c_size_t, POINTER(c_void_p), c_size_t, c_void_p, c_int]),
    "pt_toggles_read": (c_uint64, [c_void_p, c_int, *_COUNTS]),
    "pt_states": (c_void_p, [BITS]),
    "pt_states_read": (None, [c_void_p, POINTER(c_uint64)]),
    "pt_play": (None, [c_void_p, c_void_p, BITS, c_uint64, c_size_t, BITS, BITS]),
}


@cache
def _code() -> ctypes.CDLL:
    return load(extension("toggles.cpp"), _FACE)


def _attached(sim: Simulation, device: Any) -> Any:
    sim.code.px_attach(sim.handle, device)
    return device


@dataclass(frozen=True, kw_only=True)
class Toggled:
    """Of a signal: the bits that ``rose`` and that ``fell`` at least once; how often bits have changed (``changes``); ``high``: in how many
    clocks bits were 1, summed over the bits."""

    rose: int
    fell: int
    changes: int
    high: int


def own_signals(sim: Simulation) -> dict[str, int]:
    """Every signal that is not another name of one, nor a field or an element of one, nor a memory, with the bits of it."""
    found, names = {}, set(sim.names())
    for name in names:
        parts = [part for part in sim.parts(name) if part.type not in (MEMORY, ALIAS)]
        if any(name[: cut.start()] in names for cut in _CUT.finditer(name)):
            continue
        if mask := sum(((1 << part.width) - 1) << part.lsb_at for part in parts):
            found[name] = mask
    return dict(sorted(found.items()))


class Toggles(Device):
    """Counts changes of ``signals``, each with a mask of its bits: from what stands now to what stands before the next edge, and so on.

    ``halves``: where the flash has a clock of its own, twice as fast, before each of its edges; else once a clock. ``gate``: a signal of
    one bit; what changes in clocks in which it is 1 is then counted apart from the rest.
    """

    def __init__(self, sim: Simulation, signals: Iterable[tuple[str, int]], *, halves: bool = True, gate: str | None = None) -> None:
        self._signals = list(signals)
        self._words: list[tuple[int, int]] = []  # which signal each word is of, and the bit of it that is the word's lowest
        at: list[int] = []
        masks: list[int] = []
        outlines: dict[int, None] = {}
        for number, (name, mask) in enumerate(self._signals):
            for part in sim.parts(name):
                if part.type == MEMORY:
                    raise SimulationError(f"{name!r} is a memory: its changes can't be counted")
                wanted = mask >> part.lsb_at & (1 << part.width) - 1
                for chunk in range((part.width + 31) // 32):
                    if bits := wanted >> 32 * chunk & 0xFFFFFFFF:
                        self._words.append((number, part.lsb_at + 32 * chunk))
                        at.append(address(part) + 4 * chunk)
                        masks.append(bits)
                if wanted and part.outline:
                    outlines[part.outline] = None
        opened = _gate(sim, gate, outlines) if gate else None
        driver = (c_void_p * 3)(sim.handle, *(ctypes.cast(code, c_void_p) for code in (sim.code.px_settle, sim.code.px_outline)))
        count, wide = len(at), len(outlines)
        words = (c_void_p * count)(*at), (c_uint32 * count)(*masks), count
        super().__init__(sim, _attached(sim, _code().pt_toggles(driver, *words, (c_void_p * wide)(*outlines), wide, opened, halves)))

    def read(self, gate: int = 0) -> dict[str, Toggled]:
        """Of each signal, by name, what was counted while the gate was so; without one all is counted at 0."""
        return dict(zip((name for name, _ in self._signals), self.each(gate), strict=True))

    def each(self, gate: int = 0) -> list[Toggled]:
        """The same in the signals' order, in which a name may come more than once."""
        return self._read(gate)[0]

    def looks(self, gate: int = 0) -> int:
        """How often it has looked while the gate was so."""
        return self._read(gate)[1]

    def _read(self, gate: int) -> tuple[list[Toggled], int]:
        count = len(self._words)
        rose, fell, changes, high = ((kind * count)() for kind in (c_uint32, c_uint32, c_uint64, c_uint64))
        looks = _code().pt_toggles_read(self._handle, gate, rose, fell, changes, high)
        sums = [[0, 0, 0, 0] for _ in self._signals]
        for (number, lowest), up, down, changed, ones in zip(self._words, rose, fell, changes, high, strict=True):
            one = sums[number]
            one[0] |= up << lowest
            one[1] |= down << lowest
            one[2] += changed
            one[3] += ones
        return [Toggled(rose=one[0], fell=one[1], changes=one[2], high=one[3]) for one in sums], looks


def _gate(sim: Simulation, name: str, outlines: dict[int, None]) -> int:
    """Where the bit lies; what it is evaluated with joins the ``outlines``."""
    parts = sim.parts(name)
    if [(part.type == MEMORY, part.width) for part in parts] != [(False, 1)]:
        raise SimulationError(f"{name!r} must be a signal of one bit to be a gate")
    if parts[0].outline:
        outlines[parts[0].outline] = None
    return address(parts[0])


class States(Device):
    """Counts, of the register ``name`` of at most 6 bits, how often each value follows each before the next edge, from now on."""

    def __init__(self, sim: Simulation, name: str) -> None:
        [part] = sim.parts(name)
        if part.type == MEMORY or part.width > 6 or part.outline:
            raise SimulationError(f"{name!r} must be a register of at most 6 bits")
        super().__init__(sim, _attached(sim, _code().pt_states(part.curr)))

    def read(self) -> npt.NDArray[np.uint64]:
        """From a value, to a value: (64, 64)."""
        follows = np.zeros((_STATES, _STATES), np.uint64)
        _code().pt_states_read(self._handle, follows.ctypes.data_as(POINTER(c_uint64)))
        return follows


def play(sim: Simulation, inputs: npt.NDArray[np.uint32], *, port: str = "i", reset: str = "rst") -> None:
    """Runs recorded clocks, of each the reset and, from the next word on, what stands at ``port``: (clocks, words)."""
    [to], [held] = sim.parts(port), sim.parts(reset)
    clocks, words = inputs.shape
    if words != 1 + -(-to.width // 32):
        raise SimulationError(f"{words} words a clock are not those of the reset and of {to.width} bits of {port!r}")
    given = np.ascontiguousarray(inputs, np.uint32)
    clock = ctypes.cast(sim.code.px_clock, c_void_p)
    _code().pt_play(sim.handle, clock, given.ctypes.data_as(BITS), clocks, words, held.next, to.next)
    sim.clocks += clocks


def address(part: Part) -> int:
    """Where a part lies."""
    found: Any = ctypes.cast(part.curr, c_void_p).value
    return int(found)


def merged(parts: Iterable[Mapping[str, Toggled]]) -> dict[str, Toggled]:
    """Several runs as one."""
    sums: dict[str, Toggled] = {}
    for part in parts:
        for name, new in part.items():
            old = sums.get(name, Toggled(rose=0, fell=0, changes=0, high=0))
            sums[name] = Toggled(
                rose=old.rose | new.rose, fell=old.fell | new.fell, changes=old.changes + new.changes, high=old.high + new.high
            )
    return sums
