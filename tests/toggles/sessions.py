"""What toggles while the designs do what they are tested with: recorded sessions of core, link and loader, random programs, and networks
that ship."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from firmware.compiler import compile_network
from golden.integer.deep import DeepNetwork
from golden.integer.file import load
from golden.integer.shipped import find_network
from sim.activity.states import Machine, machines
from sim.compiled.build import build
from sim.compiled.simulation import Simulation
from sim.compiled.toggles import States, Toggled, Toggles, merged, own_signals, play

from ..firmware.machine import Machine as Interpreter
from ..mutation import core_plans, core_sessions
from ..mutation.core_plans import layer
from ..mutation.core_sessions import BOARD, LoadedCore, Plan
from ..mutation.recording import RecordingSimulation
from ..mutation.replay import Packed, inputs
from ..mutation.units import CORE, UNITS, Unit
from ..sim.compare.test_programs import SEEDS, forced_of, program_of

SHIPPED = {"shakespeare": 12, "transformer": 40, "digits": 4}  # and how many steps of each
PROGRAM_STEPS = 8
_CLOCKS = {"clk", "rst"}
Note = Callable[[str], None]


@dataclass
class Seen:
    """Of a design: its signals with their bits, what they did, its state machines, and of each the states that followed each."""

    signals: dict[str, int] = field(default_factory=dict)
    toggled: dict[str, Toggled] = field(default_factory=dict)
    machines: list[Machine] = field(default_factory=list)
    follows: dict[str, npt.NDArray[np.uint64]] = field(default_factory=dict)
    clocks: int = 0


class Watch:
    """Counts in ``sim``, whose signals of interest begin with ``prefix``, and adds to ``seen`` when it ends."""

    def __init__(self, sim: Simulation, seen: Seen, *, prefix: str) -> None:
        own = {name: mask for name, mask in own_signals(sim).items() if name.startswith(prefix) and name not in _CLOCKS}
        seen.signals = {name.removeprefix(prefix): mask for name, mask in own.items()}
        self._seen, self._prefix, self._sim = seen, prefix, sim
        self._toggles = Toggles(sim, own.items())
        self._states = {one.register: States(sim, prefix + one.register) for one in seen.machines}

    def end(self) -> None:
        """Adds what was counted."""
        seen = self._seen
        found = {name.removeprefix(self._prefix): one for name, one in self._toggles.read().items()}
        seen.toggled = merged([seen.toggled, found])
        for name, states in self._states.items():
            seen.follows[name] = seen.follows.get(name, np.zeros((64, 64), np.uint64)) + states.read()
        seen.clocks += self._sim.clocks


def unit(one: Unit, *, note: Note) -> Seen:
    """All sessions of a design, of the core with random programs and some of networks that ship."""
    design = one.make()
    seen = Seen(machines=machines(design))
    if one is CORE:
        for plan in [*core_plans.plans(), long_indices(), *_shipped()]:
            core_session(plan, seen)
            note(f"{one.name}: {plan.name}")
        for seed in SEEDS:
            program_session(seed, seen)
            note(f"{one.name}: program {seed}")
        return seen
    library = build(Packed(one.make(), seen=one.seen))
    ports = inputs(design)
    for recorded in one.plans():
        replay(library, recorded.record(ports).inputs, seen)
        note(f"{one.name}: {recorded.name}")
    return seen


def core_session(plan: Plan, seen: Seen) -> None:
    """A plan carried out, every latency compared, and nothing recorded."""
    with _watched(seen), patch.object(core_sessions, "stimulus", _nothing):
        plan.record([])


def program_session(seed: int, seen: Seen) -> None:
    """A random program of all that the instruction set allows, beside the interpreter."""
    program, _ = program_of(seed)
    forced = forced_of(program, seed, PROGRAM_STEPS)
    with _watched(seen):
        core, model = LoadedCore(program, pace=1), Interpreter.load(program)
        assert list(core.steps(forced)) == [model.step(symbol) for symbol in forced]
        assert core.latencies().tolist() == model.store
        core.close()


@contextmanager
def _watched(seen: Seen) -> Iterator[None]:
    """Cores that are made within add what they do to ``seen`` when they are closed."""
    watches: list[Watch] = []

    class Watched(RecordingSimulation):
        def __init__(self, component: Path) -> None:
            super().__init__(component)
            watches.append(Watch(self, seen, prefix="core."))

        def close(self) -> None:
            watches.pop().end()
            super().close()

    with patch.object(core_sessions, "RecordingSimulation", Watched):
        yield


def _nothing(*_: Any) -> None:
    """In place of a recording."""


def replay(library: Path, clocks: npt.NDArray[np.uint32], seen: Seen) -> None:
    """Recorded clocks, at the packed input of a design."""
    sim = Simulation(library)
    watch = Watch(sim, seen, prefix="dut.")
    play(sim, clocks)
    watch.end()
    sim.close()


def long_indices() -> Plan:
    """Tables of as many pairs as there are bits of an index, in both lanes of the comparators; they are in the flash."""
    rng = np.random.default_rng(16)
    network = DeepNetwork(n=40, hidden=(), output=layer(rng, n=40, n_out=16, tables=4, pairs=16, bits=4), constants=np.zeros(0, np.int16))
    return Plan("long indices", network, compile_network(network, BOARD), 24, 16)


def _shipped() -> Iterator[Plan]:
    for number, (name, steps) in enumerate(SHIPPED.items()):
        network = load(find_network(name))
        yield Plan(name, network, compile_network(network, BOARD), steps, number, together=True)


def units(names: Sequence[str]) -> list[Unit]:
    """Those with these names, all if there are none."""
    return [one for one in UNITS if one.name in (names or [each.name for each in UNITS])]
