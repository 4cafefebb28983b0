"""A network on every core of a simulated board, each with a text or an input of its own, every latency compared with golden as it is
written."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from boards import Board
from firmware.host.device import Device
from firmware.host.host import Host
from firmware.image.image import sampler_image, write_image
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from sim.compare.compare import Comparison
from sim.compare.expected import Golden, sampler_of
from sim.compiled.simulation import Simulation, Uart
from sim.machines.board import BoardSimulation, UartTransport
from sim.machines.machine import core_prefix

_REST = 8  # clocks that no core has retired a run after the step began: fewer than any takes


class CoresTransport(UartTransport):
    """The host driver's byte stream; ``retired(core)`` is called after every clock at whose edge that core retires a run."""

    def __init__(self, uart: Uart, sim: Simulation, *, clock_hz: float, cores: int, retired: Callable[[int], None]) -> None:
        super().__init__(uart, clock_hz=clock_hz, seen=None)
        self._sim, self._retired = sim, retired
        self._names = [(f"{core_prefix(core)}sequencer.running", f"{core_prefix(core)}writeback.retired") for core in range(cores)]

    def read(self, size: int, timeout: float) -> bytes:
        data, left, wanted = b"", max(1, round(timeout * self._clock_hz)), max(1, min(size, self._uart.waiting))
        while left > 0 and len(data) < wanted:
            busy = [core for core, (running, _) in enumerate(self._names) if self._sim[running]]
            ending = [core for core in busy if self._sim[self._names[core][1]]]
            clocks = 1 if busy else _REST
            data += self._uart.receive(wanted - len(data), limit=clocks)
            left -= clocks
            for core in ending:
                self._retired(core)
        return data


class CoresSession:
    """``program`` on all cores of ``board``, preloaded, beside a golden model of ``network`` for each; they draw from seeds one after
    another, the first one as the program says.

    ``difference``: None, or a sentence that names the core and the first latency or symbol that differs. ``compared``: equal latencies.
    """

    def __init__(self, network: Network, program: Program, *, board: Board) -> None:
        self.board = BoardSimulation(board, program=program, image=write_image(program))
        self.difference: str | None = None
        self._program, self._cores = program, board.cores
        line = CoresTransport(self.board.uart, self.board.sim, clock_hz=board.clock_hz, cores=board.cores, retired=self._take)
        self.host = Host(line)
        self.device = Device(self.host, write_image(program))
        samplings = [replace(program.sampling, seed=program.sampling.seed + core) for core in range(board.cores)]
        self._golden = [Golden(network, program, sampler=sampler_of(sampling)) for sampling in samplings]
        self._checks = [
            Comparison(golden, latencies=partial(self.board.latencies, core), tables=partial(self.board.tables, core=core))
            for core, golden in enumerate(self._golden)
        ]
        self._given: list[deque[int | Int16 | None]] = [deque() for _ in self._golden]
        self._due: list[deque[int]] = [deque() for _ in self._golden]
        self._index = [0] * board.cores
        self._running = self.board.sim.tally("link.feed.running")
        self.host.hello()
        for core, sampling in enumerate(samplings):
            self.host.load(sampler_image(sampling, width=program.width, core=core if board.cores > 1 else None))

    def close(self) -> None:
        self.board.close()

    @property
    def compared(self) -> int:
        return sum(check.compared for check in self._checks)

    @property
    def clocks(self) -> int:
        """Those in which a request for steps was carried out: from the first step's offer to the last one's symbol."""
        return self._running.count

    def feed_all(self, texts: Sequence[Sequence[int]]) -> list[list[int]]:
        """As :meth:`firmware.host.host.Host.feed_all`."""
        for given, text in zip(self._given, texts, strict=True):
            given.extend(text)
        return self._judge(self.host.feed_all(texts))

    def step_all(self, count: int) -> list[list[int]]:
        """As :meth:`firmware.host.host.Host.step_all`."""
        for given in self._given:
            given.extend([None] * count)
        return self._judge(self.host.step_all(count))

    def step(self, count: int, *, core: int = 0) -> list[int]:
        """As :meth:`firmware.host.host.Host.step`."""
        self._given[core].extend([None] * count)
        return self._judge([self.host.step(count, core=number) if number == core else [] for number in range(self._cores)])[core]

    def classify_all(self, samples: Sequence[Int16]) -> list[int]:
        """As :meth:`firmware.host.device.Device.classify_all`, a whole number of times each core."""
        if len(samples) % self._cores:
            raise ValueError(f"samples must be a multiple of the {self._cores} cores, not {len(samples)}")
        for core, given in enumerate(self._given):
            given.extend(np.asarray(sample) for sample in samples[core :: self._cores])
        classes = self.device.classify_all([sample.tolist() for sample in samples])
        self._judge([classes[core :: self._cores] for core in range(self._cores)])
        return classes

    def _take(self, core: int) -> None:
        """A run of a core is retired: its write-back, if it has one, is in the store."""
        check = self._checks[core]
        if self._index[core] == 0:
            check.begin(self._given[core].popleft())
            self._due[core].append(self._golden[core].symbol)
        if self._program.runs[self._index[core]].last:
            check.written(self._index[core])
        self._index[core] = (self._index[core] + 1) % len(self._program.runs)

    def _judge(self, chosen: list[list[int]]) -> list[list[int]]:
        for core, (symbols, check) in enumerate(zip(chosen, self._checks, strict=True)):
            due = [self._due[core].popleft() for _ in symbols]
            if self.difference is None and check.difference:
                self.difference = f"core {core}: {check.difference}"
            if self.difference is None and symbols != due:
                at = next(number for number, pair in enumerate(zip(symbols, due, strict=True)) if pair[0] != pair[1])
                self.difference = f"core {core}: the symbol {at} of a request is {symbols[at]}, golden says {due[at]}"
        return chosen
