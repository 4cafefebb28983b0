"""What a compiled simulation is given at its inputs, clock by clock, with a flash in plain Python beside it."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Value

from firmware import isa
from firmware.program import Program
from sim.compiled.simulation import Simulation, SimulationError

from .replay import Stimulus

_NOTHING = (0, 0, 0)  # strobe, byte, ending


class RecordingSimulation(Simulation):
    """Keeps every value that is set, with the number of clocks before it. ``every_clock``: called before each, to set inputs."""

    def __init__(self, component: Path) -> None:
        super().__init__(component)
        self.events: list[tuple[int, str, int]] = []
        self.every_clock: list[Callable[[RecordingSimulation], None]] = []

    def __setitem__(self, name: str, value: int) -> None:
        super().__setitem__(name, value)
        self.events.append((self.clocks, name, value))

    def clock(self, count: int = 1) -> None:
        if not self.every_clock:
            super().clock(count)
            return
        for _ in range(count):
            self._before()
            super().clock()

    def run_until(self, name: str, *, limit: int, value: int = 1) -> int:
        if not self.every_clock:
            return super().run_until(name, limit=limit, value=value)
        for count in range(1, limit + 1):
            self._before()
            hit = self[name] == value
            super().clock()
            if hit:
                return count
        raise SimulationError(f"{name!r} was not {value} within {limit} clocks")

    def _before(self) -> None:
        for one in self.every_clock:
            one(self)


class PlainFlash:
    """Rows of ``program``'s tables in flash, a byte every ``pace`` clocks, at the core's ports. While one comes it takes the next."""

    def __init__(self, program: Program, *, pace: int, seed: int) -> None:
        self._size, self._pace, self._rng = program.width.beat_bytes, pace, random.Random(seed)
        self._bytes = {piece.beat * self._size + at: byte for piece in program.tables if piece.tier for at, byte in enumerate(piece.data)}
        self._clocks: list[tuple[int, int, int]] = []  # what comes in those that follow

    def before(self, sim: RecordingSimulation) -> None:
        """Sets the inputs of the next clock, and takes the row that is asked for in it."""
        ready = len(self._clocks) <= 2 and self._rng.random() < 0.4
        now = self._clocks.pop(0) if self._clocks else _NOTHING
        for name, value in zip(("rows__ready", "flash__strobe", "flash__data", "flash__ending"), (int(ready), *now), strict=True):
            if sim[name] != value:
                sim[name] = value
        if ready and sim["rows__valid"]:
            asked = sim["rows__payload"]
            bits = isa.Width().far_address_bits
            self._row(asked & (1 << bits) - 1, (asked >> bits) + 1)

    def _row(self, beat: int, beats: int) -> None:
        made = [(0, self._rng.randrange(256), 0) for _ in range(self._rng.randrange(4, 9))]
        first = self._size * beat
        for at in range(first, first + self._size * beats):
            made += [*[(0, self._rng.randrange(256), 0)] * (self._pace - 1), (1, self._bytes.get(at, 0), 0)]
        for last in range(len(made) - 1, len(made) - 1 - self._pace * self._size * beats, -self._size * self._pace):
            strobe, byte, _ = made[last - 1]
            made[last - 1] = strobe, byte, 1
        self._clocks += made


def stimulus(name: str, sim: RecordingSimulation, ports: Sequence[tuple[str, Value]]) -> Stimulus:
    """All clocks that ``sim`` has run, for a component with these inputs; what else was set must be ``rst``."""
    places, at = {"rst": (0, 1)}, 32
    for port, value in ports:
        places[port] = at, len(value)
        at += len(value)
    words = np.zeros((sim.clocks, (at + 31) // 32), np.uint32)
    held, since = 0, 0
    for clock, port, value in [*sim.events, (sim.clocks, "rst", 0)]:
        if clock > since:
            words[since:clock] = np.frombuffer(held.to_bytes(4 * words.shape[1], "little"), "<u4")
            since = clock
        place, size = places[port]
        held = held & ~(((1 << size) - 1) << place) | value << place
    return Stimulus(name, words)


def packed_words(clocks: Sequence[Sequence[int]], sizes: Sequence[int]) -> npt.NDArray[np.uint32]:
    """The values of each clock, of so many bits, as a :class:`~tests.mutation.replay.Stimulus` has them, without a reset."""
    words = 1 + -(-sum(sizes) // 32)
    made = bytearray()
    for values in clocks:
        held, at = 0, 32
        for value, size in zip(values, sizes, strict=True):
            held |= (value & (1 << size) - 1) << at
            at += size
        made += held.to_bytes(4 * words, "little")
    return np.frombuffer(bytes(made), "<u4").reshape(-1, words)
