"""Sessions of the core as the ordinary tests have them, each latency compared with the golden model, and recorded at the core's ports."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Module, Value
from amaranth.lib import wiring

import boards
from firmware import isa
from firmware.program import Program
from golden.integer.network import Network
from hdl.board.parts import core_params
from hdl.core.core import Core
from sim.compiled.build import build
from sim.machines import machine, session
from sim.machines.core import CoreSimulation
from sim.machines.machine import CORE, Machine
from sim.machines.session import CoreSession

from .recording import PlainFlash, RecordingSimulation, stimulus
from .replay import Seen, Stimulus

BOARD = boards.get("icebreaker")
PARAMS = core_params(BOARD)
PAUSE = 2  # clocks from strobe to strobe of the load bus, as in tests/hdl/bench.py


def seen(m: Module, dut: wiring.Component) -> Seen:
    """All outputs; what a stream offers counts while it is valid."""
    found: list[tuple[Value, Value | int]] = [(dut.step.ready, 1), (dut.read_request.ready, 1)]
    for port in (dut.symbol, dut.read_data, dut.rows):
        found += [(port.valid, 1), (Value.cast(port.payload), port.valid)]
    return found


class OpenCore(wiring.Component):
    """The core as a part, so that its signals have the names that they have elsewhere."""

    def __init__(self) -> None:
        self._core = Core(params=PARAMS)
        super().__init__(dict(self._core.signature.members.items()))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules[CORE.rstrip(".")] = self._core
        for name, member in self.signature.members.items():
            inner, outer = getattr(self._core, name), wiring.flipped(getattr(self, name))
            wiring.connect(m, outer, inner) if member.flow == wiring.In else wiring.connect(m, inner, outer)
        return m


@cache
def _library() -> Path:
    return build(OpenCore())


class LoadedCore(CoreSimulation):
    """A core that gets every word over its load bus, in reset, and tells every latency over its read port."""

    sim: RecordingSimulation

    def __init__(self, program: Program, *, pace: int) -> None:
        with patch.object(machine, "Simulation", RecordingSimulation):
            Machine.__init__(self, _library(), PARAMS.width)
        self.program = program
        self._fill_all(program)
        sampling = program.sampling
        self.fill({isa.Kind.JITTER: enumerate([] if sampling.jitter is None else sampling.jitter.tolist())})
        self.fill({isa.Kind.CONFIG: enumerate(sampling.registers())})
        self.sim["symbol__ready"] = 1
        if any(run.tier for run in program.runs):
            self.sim.every_clock.append(PlainFlash(program, pace=pace, seed=len(program.runs)).before)

    def _fill_all(self, program: Program) -> None:
        columns, each, words = -(-program.width.anchor_bits // 16), program.width.anchor_columns, program.width.side_words
        tables = [
            (words * piece.beat + at // 2, int.from_bytes(piece.data[at : at + 2], "little"))
            for piece in program.tables
            if piece.tier == 0
            for at in range(0, len(piece.data), 2)
        ]
        anchors = [(each * at + column, word >> 16 * column) for at, word in enumerate(program.anchors) for column in range(columns)]
        self.fill(
            {
                isa.Kind.TABLES: tables,
                isa.Kind.ANCHORS: anchors,
                isa.Kind.PROGRAM: enumerate(word for run in program.runs for word in run.encode()),
                isa.Kind.STORE: enumerate(program.store.tolist()),
            }
        )

    def fill(self, spaces: dict[isa.Kind, Iterable[tuple[int, int]]]) -> None:
        """Words with their addresses, the core held in reset. Between them the bus says anything, as the loader's does."""
        sim, noise = self.sim, np.random.default_rng(len(self.program.runs)).integers(1 << 16, size=(64, 2)).tolist()
        sim["rst"] = 1
        for space, words in spaces.items():
            sim["load__space"] = space
            sim.clock()
            for at, (address, word) in enumerate(words):
                sim["load__address"], sim["load__data"], sim["load__strobe"] = address, word & 0xFFFF, 1
                sim.clock()
                sim["load__strobe"] = 0
                sim["load__address"], sim["load__data"] = noise[at % 64]
                sim.clock(PAUSE - 1)
        sim["rst"] = 0

    def write(self, addresses: npt.NDArray[np.intp], values: npt.NDArray[np.int16], core: int = 0) -> None:
        self.fill({isa.Kind.STORE: zip(addresses.tolist(), values.tolist(), strict=True)})

    def read(self, space: isa.ReadSpace, address: int) -> int:
        """A word, unsigned, as the host reads it."""
        sim = self.sim
        sim["read_request__payload"], sim["read_request__valid"], sim["read_data__ready"] = space | address << 2, 1, 1
        sim.run_until("read_request__ready", limit=100)
        sim["read_request__valid"] = 0
        while not sim["read_data__valid"]:
            sim.clock()
        word = sim["read_data__payload"]
        sim.clock()
        sim["read_data__ready"] = 0
        return word


def tell(session: CoreSession) -> None:
    """Reads the latencies that golden knows, and what else there is to read."""
    core = session.core
    assert isinstance(core, LoadedCore)
    place = session.golden.program.meta.placement
    outputs = [place.output + neuron for neuron in range(session.golden.network.n_out)]
    held = core.latencies()
    for address in [*outputs, *(address for neuron in place.neurons for address in neuron)]:
        assert core.read(isa.ReadSpace.STORE, address) == int(held[address]) & 0xFFFF
    for counter in isa.Counter:
        low, high = (core.read(isa.ReadSpace.COUNTERS, 2 * counter + half) for half in (0, 1))
        assert low | high << 16 == core.counter(counter)
    for word in range(2 * isa.SPIKES + 1):
        core.read(isa.ReadSpace.RESULTS, word)


class Late:
    """Takes symbols late: ready in one clock of four."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def before(self, sim: RecordingSimulation) -> None:
        sim["symbol__ready"] = int(self._rng.random() < 0.25)


@dataclass(frozen=True)
class Plan:
    """``steps`` of ``network``, each followed by reads or, ``together``, one right after another; ``aborted``: then a step that is reset
    after so many clocks, and a new text. ``pace``: clocks a byte of the flash. ``late``: symbols are taken after some clocks."""

    name: str
    network: Network
    program: Program
    steps: int
    seed: int
    together: bool = False
    aborted: int = 0
    pace: int = 1
    late: bool = False

    def record(self, ports: Sequence[tuple[str, Value]]) -> Stimulus:
        with patch.object(session, "CoreSimulation", LoadedCore):
            run = CoreSession(self.network, self.program, pace=self.pace)
        if self.late:
            assert isinstance(run.sim, RecordingSimulation)
            run.sim.every_clock.append(Late(self.seed).before)
        rng = np.random.default_rng(self.seed)
        self._run(run, rng)
        if self.aborted:
            self._abort(run)
            self._run(run, rng)
        sim = run.sim
        assert isinstance(sim, RecordingSimulation)
        made = stimulus(self.name, sim, ports)
        run.close()
        return made

    def _run(self, run: CoreSession, rng: np.random.Generator) -> None:
        if self.network.kind in ("deep", "signal"):
            for _ in range(self.steps):
                spread = int(rng.choice([3, 300, 32768]))
                values = rng.integers(-spread, spread, self.network.n_in)
                if rng.random() < 0.5:
                    values = np.clip(values * 0x4000, -0x8000, 0x7FFF)  # so that sums go beyond
                run.classify(values.astype(np.int16))
                self._check(run)
            return
        forced = [int(rng.integers(self.network.n_out)) if rng.random() < 0.5 else None for _ in range(self.steps)]
        for part in [forced] if self.together else [[one] for one in forced]:
            list(run.run(part))
            self._check(run)

    def _check(self, run: CoreSession) -> None:
        assert run.difference is None, f"{self.name}: {run.difference}"
        run.sim["step__valid"] = 0
        run.sim.clock(2)
        tell(run)

    def _abort(self, run: CoreSession) -> None:
        sim = run.sim
        sim["step__payload"], sim["step__valid"] = 0, 1
        sim.clock(2)
        sim["step__valid"] = 0
        sim.clock(self.aborted)
        sim["rst"] = 1
        sim.clock()
        sim["rst"] = 0
        run.restart()
