"""A network on the simulated core, or on the simulated board, every latency compared with golden as it is written."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from boards import Board
from firmware.host.device import Device
from firmware.host.host import Counters, Host
from firmware.image.image import sampler_image, write_image
from firmware.isa import Counter
from firmware.program import Program
from golden.integer.layer import Int16
from golden.integer.network import Network
from sim.compare.compare import Comparison
from sim.compare.expected import Golden
from sim.compiled.simulation import Simulation
from sim.machines.board import BoardSimulation
from sim.machines.core import CoreSimulation
from sim.machines.machine import Machine

STEPS_AT_ONCE = 255  # of one request over the UART, the most there can be


class Session(ABC):
    """``program`` in a simulation beside the golden model of ``network``; the sampler as the program says.

    ``difference``: None, or a sentence about the first latency or symbol that differs; nothing runs on after it.
    """

    def __init__(self, network: Network, program: Program, *, machine: Machine) -> None:
        self.golden = Golden(network, program)
        self.comparison = Comparison(self.golden, latencies=machine.latencies, tables=machine.tables)
        self.difference: str | None = None
        self._machine = machine
        self._judged = 0

    @property
    def sim(self) -> Simulation:
        """The simulation itself."""
        return self._machine.sim

    @property
    def line_bytes(self) -> int:
        """Sent and received over the board's UART so far; none of the core alone."""
        return 0

    def close(self) -> None:
        self._machine.close()

    @abstractmethod
    def run(self, forced: Iterable[int | None]) -> Iterator[int]:
        """Steps of a recurrent network, with forced symbols or (None) the core's own; yields the core's. Ends at a difference."""

    @abstractmethod
    def classify(self, x: Int16) -> int:
        """The class of the inputs ``x`` (n_in,) of a deep network, or after the next ones of a signal."""

    @abstractmethod
    def restart(self) -> None:
        """The state of the start: a new signal begins."""

    @abstractmethod
    def counters(self) -> Counters:
        """The core's counters."""

    def _judge(self, symbol: int, expected: int) -> None:
        if self.difference is None and (found := self.comparison.difference):
            self.difference = str(found)
        if self.difference is None and symbol != expected:
            self.difference = f"step {self._judged}: the core chose symbol {symbol}, golden {expected}"
        self._judged += 1


class CoreSession(Session):
    """The core alone, with ``program`` preloaded. ``options``: as sim.machines.core.CoreSimulation takes them."""

    def __init__(self, network: Network, program: Program, **options: Any) -> None:
        self.core = CoreSimulation(program, **options)
        super().__init__(network, program, machine=self.core)

    def run(self, forced: Iterable[int | None]) -> Iterator[int]:
        check = self.comparison
        for symbol in self.core.steps(forced, begun=check.begin, written=check.written):
            self._judge(symbol, self.golden.symbol)
            if self.difference:
                return
            yield symbol

    def classify(self, x: Int16) -> int:
        check = self.comparison
        self.core.write(*self.golden.inputs(x))
        [symbol] = self.core.steps([None], begun=lambda _: check.begin(x), written=check.written)
        self._judge(symbol, self.golden.symbol)
        return symbol

    def restart(self) -> None:
        self.golden.restart()
        self.core.write(*self.golden.start())

    def counters(self) -> Counters:
        return Counters(**{counter.name.lower(): self.core.counter(counter) for counter in Counter})


class BoardSession(Session):
    """The whole board, with ``program`` preloaded, its image in flash, and everything else by the host driver over the UART.

    ``options``: as sim.machines.board.BoardSimulation takes them.
    """

    def __init__(self, network: Network, program: Program, *, board: Board, **options: Any) -> None:
        self.board = BoardSimulation(board, program=program, image=write_image(program), **options)
        super().__init__(network, program, machine=self.board)
        self._transport = self.board.transport(seen=self._retired)
        self.host = Host(self._transport)
        self.device = Device(self.host, write_image(program))
        self._program = program
        self._given: deque[int | Int16 | None] = deque()
        self._chosen: deque[int] = deque()
        self._index = 0
        self.host.hello()
        self.host.load(sampler_image(program.sampling, width=program.width))

    @property
    def line_bytes(self) -> int:
        return self._transport.moved

    def _retired(self) -> None:
        """A run is retired: its write-back, if it has one, is in the store."""
        if self._index == 0:
            self.comparison.begin(self._given.popleft())
            self._chosen.append(self.golden.symbol)
        if self._program.runs[self._index].last:
            self.comparison.written(self._index)
        self._index = (self._index + 1) % len(self._program.runs)

    def run(self, forced: Iterable[int | None]) -> Iterator[int]:
        for given, group in groupby(forced, key=lambda symbol: symbol is not None):
            symbols = list(group)
            for at in range(0, len(symbols), STEPS_AT_ONCE):
                part = symbols[at : at + STEPS_AT_ONCE]
                self._given.extend(part)
                for symbol in self.host.feed([s for s in part if s is not None]) if given else self.host.step(len(part)):
                    self._judge(symbol, self._chosen.popleft())
                    if self.difference:
                        return
                    yield symbol

    def classify(self, x: Int16) -> int:
        self._given.append(x)
        symbol = self.device.classify(x.tolist())
        self._judge(symbol, self._chosen.popleft())
        return symbol

    def restart(self) -> None:
        self.golden.restart()
        self.device.reset()

    def counters(self) -> Counters:
        return self.host.counters()
