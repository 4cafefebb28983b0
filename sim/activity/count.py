"""What changes in a mapped design while it runs: nets of each block, accesses of each memory, pins, and the flash chip's time."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sim.activity.mapped import Mapped, Masks
from sim.compiled.build import SimulationError
from sim.compiled.simulation import Simulation
from sim.compiled.toggles import Toggles

NETS = ("luts", "registers", "data")
"""What leaves a cell: outputs of tables and flip-flops, and of memories."""
OTHERS = ("inner", "carries")
_PIN = "pin"
_BIT = re.compile(r"\[\d+\]$")


class Accesses(NamedTuple):
    """Of the cells of a memory, added up over them."""

    reads: int
    writes: int


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Of so many ``clocks``. ``changes``: by kind (:data:`NETS`, :data:`OTHERS`) and block. ``memories``: accesses by name. ``pins``:
    changes of the lines at the pins by name. ``selected``: clocks in which the flash chip is, where there is one."""

    clocks: int
    changes: Mapping[str, Mapping[str, int]]
    memories: Mapping[str, Accesses]
    pins: Mapping[str, int]
    selected: float

    @property
    def nets(self) -> dict[str, int]:
        """Changes of nets by block."""
        sums: Counter[str] = Counter()
        for kind in NETS:
            sums.update(self.changes[kind])
        return dict(sorted(sums.items()))


def bits_of(sim: Simulation, masks: Masks) -> Iterator[tuple[str, int]]:
    """Signals of the simulation, with masks. Of what has no name in the gateware each bit is a signal by itself, ``name[bit]``."""
    names = set(sim.names())
    for name, mask in masks.items():
        if name in names:
            yield name, mask
        else:
            yield from ((f"{name}[{bit}]", 1) for bit in range(mask.bit_length()) if mask >> bit & 1)


class Meter:
    """Counts, from now on, in a simulation of ``mapped``, at the pins of a board's design. ``gate``: as sim.compiled.toggles.Toggles has
    it."""

    def __init__(self, sim: Simulation, mapped: Mapped, *, gate: str | None = None) -> None:
        self._mapped = mapped
        pins = [(name, mask) for name, mask in _PINS.items() if name in set(sim.names())]
        kinds = [(kind, signal) for kind in (*NETS, *OTHERS) for signal in bits_of(sim, getattr(mapped, kind))]
        kinds += [(_PIN, signal) for signal in pins]
        self._kinds = [kind for kind, _ in kinds]
        self._changes = Toggles(sim, [signal for _, signal in kinds], gate=gate)
        self._names = [name for _, (name, _) in kinds]
        self._enables = Toggles(sim, bits_of(sim, _enables(mapped)), halves=False, gate=gate)

    def read(self, gate: int = 0) -> Activity:
        """What has been counted while the gate was so; without one all is counted at 0."""
        clocks = self._enables.looks(gate)
        changes: dict[str, Counter[str]] = {kind: Counter() for kind in (*NETS, *OTHERS)}
        found = {}
        for kind, name, one in zip(self._kinds, self._names, self._changes.each(gate), strict=True):
            if kind == _PIN:
                found[name] = one
            else:
                changes[kind][self._mapped.blocks.of_cell(name)] += one.changes
        high: Counter[str] = Counter()
        for name, one in self._enables.read(gate).items():
            high[_BIT.sub("", name)] += one.high
        memories = {}
        for memory in self._mapped.memories:
            each = memory.cells / len(memory.reads)
            reads = sum(each * (clocks if port is None else high_of(port, high)) for port in memory.reads)
            writes = sum(memory.cells * (clocks if port is None else high_of(port, high) / parts_of(port)) for port in memory.writes)
            memories[memory.name] = Accesses(round(reads), round(writes))
        pins = {name: one.changes for name, one in found.items() if name not in ("flash__sck", "flash__cs_n")}
        selected, looks = 0.0, self._changes.looks(gate)
        if "flash__cs_n" in found and looks:
            pins |= {"flash__cs_n": found["flash__cs_n"].changes, "flash__sck": 2 * found["flash__sck"].high}
            selected = clocks * (1 - found["flash__cs_n"].high / looks)
        by_block = {kind: dict(sorted(sums.items())) for kind, sums in changes.items()}
        return Activity(clocks=clocks, changes=by_block, memories=memories, pins=pins, selected=selected)

    def close(self) -> None:
        """Counts no more."""
        self._changes.detach()
        self._enables.detach()


# At SCK a clock of the pads has a 1 in one half. The lines come back in the samples whoever drives them, once a clock at its edge.
_PINS = {"uart_rx": 1, "uart_tx": 1, "flash__cs_n": 1, "flash__sck": 3, "flash__io_i": 15}


def _enables(mapped: Mapped) -> Masks:
    found: Masks = {}
    for memory in mapped.memories:
        for port in (*memory.reads, *memory.writes):
            for name, mask in (port or {}).items():
                if found.setdefault(name, mask) != mask:
                    raise SimulationError(f"the signal {name!r} enables different ports with different bits, which can't be told apart")
    return found


def high_of(port: Masks, high: Mapping[str, int]) -> int:
    """Clocks in which the port's enables were 1, added up over its parts."""
    return sum(high[name] for name in port)


def parts_of(port: Masks) -> int:
    """Of how many parts of a word the port has enables of their own."""
    return sum(mask.bit_count() for mask in port.values())
