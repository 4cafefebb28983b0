"""A simulated core that learns beside the rule: no loader and no line, so that a long text takes minutes."""

from types import TracebackType
from typing import Self

import numpy as np

from boards import get
from firmware.isa import Counter
from firmware.learned import with_learned
from firmware.learning import Learning
from firmware.program import Placed
from golden.integer.layer import Int16
from golden.integer.network import Network as Integers
from golden.integer.symbols import Symbols
from golden.tasks.learning.beside import Learned
from hdl.board.parts import core_params
from sim.compare.expected import Golden
from sim.machines.core import CoreSimulation
from sim.machines.machine import CORE
from sim.machines.preload import TABLES

from .common import compiled, told


class LearningCore:
    """The core of ``board``, as :class:`golden.tasks.learning.beside.Beside`. Usable in a ``with`` statement.

    Methods raise ``ValueError`` with one sentence where the network or the board can't learn.
    """

    def __init__(self, *, board: str, step: int) -> None:
        self.step = step
        self._board = get(board)
        self._core: CoreSimulation | None = None
        self._steps = self._clocks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._core is not None:
            self._core.close()

    def begin_text(self, network: Integers, *, name: str, seed: int) -> None:
        self._begin(network, Learning(step=self.step), name=name, seed=seed, temperature=1.0)

    def begin_classes(self, network: Integers, *, name: str, margin: int) -> None:
        self._begin(network, Learning(step=self.step, margin=margin), name=name)

    def _begin(self, network: Integers, learning: Learning, *, name: str, seed: int = 1, temperature: float = 0.0) -> None:
        self._network = network
        self._program = compiled(network, self._board, name=name, seed=seed, temperature=temperature).code
        self._core = CoreSimulation(self._program, params=core_params(self._board), board=self._board)
        self._core.learn(learning)
        self._golden = Golden(network, self._program)
        self._counter = self._core.counter(Counter.CLOCKS)

    @property
    def _running(self) -> CoreSimulation:
        assert self._core is not None
        return self._core

    def read(self, symbols: Symbols) -> None:
        for _ in self._running.steps(symbols.tolist()):
            pass
        self._count(len(symbols))

    def teach(self, x: Int16, labels: Symbols) -> None:
        for sample, label in zip(x, labels.tolist(), strict=True):
            self._running.write(*self._golden.inputs(sample))
            list(self._running.steps([label]))
        self._count(len(labels))

    def _count(self, steps: int) -> None:
        """The counter begins anew after 2**32 clocks: it is read after each call."""
        now = self._running.counter(Counter.CLOCKS)
        self._clocks += (now - self._counter) % (1 << Counter.CLOCKS.bits)
        self._counter, self._steps = now, self._steps + steps

    def end(self) -> Learned:
        words = np.ascontiguousarray(self._running.sim.memory(CORE + TABLES))
        memory = words.view(np.uint8).reshape(len(words), -1)[:, : self._program.width.beat_bytes].tobytes()
        pieces = [self._piece(piece, memory) for piece in self._program.tables if piece.tier == 0]
        found = with_learned(self._network, self._program, pieces)
        return Learned(found, told(self._steps, self._clocks, self._board))

    def _piece(self, piece: Placed, memory: bytes) -> Placed:
        at = piece.beat * self._program.width.beat_bytes
        return piece._replace(data=memory[at : at + len(piece.data)])
