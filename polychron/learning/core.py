"""A simulated core that learns beside the rule: no loader and no line, so that a long text takes minutes."""

from contextlib import closing

import numpy as np

from firmware.isa import Counter, LearnCounter
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

from ..program import Program
from .common import Beside, told


class LearningCore(Beside):
    """The core of a ``board``."""

    def _begin(self, network: Integers, program: Program, learning: Learning) -> None:
        self._network, self._program = network, program.code
        self._core = self._stack.enter_context(closing(CoreSimulation(program.code, params=core_params(self._board), board=self._board)))
        self._core.learn(learning)
        self._golden = Golden(network, program.code)
        self._seen = self._counters()
        self._steps, self._used = 0, dict.fromkeys(self._seen, 0)

    def read(self, symbols: Symbols) -> None:
        for _ in self._core.steps(symbols.tolist()):
            pass
        self._count(len(symbols))

    def teach(self, x: Int16, labels: Symbols) -> None:
        for sample, label in zip(x, labels.tolist(), strict=True):
            self._core.write(*self._golden.inputs(sample))
            list(self._core.steps([label]))
        self._count(len(labels))

    def _count(self, steps: int) -> None:
        """The counters begin anew, after 2**24 writes or 2**32 clocks: they are read after each call."""
        now = self._counters()
        for counter, value in now.items():
            self._used[counter] += (value - self._seen[counter]) % (1 << counter.bits)
        self._seen, self._steps = now, self._steps + steps

    def _counters(self) -> dict[Counter | LearnCounter, int]:
        read: list[Counter | LearnCounter] = [Counter.CLOCKS, *LearnCounter]
        return {counter: self._core.counter(counter) for counter in read}

    def end(self) -> Learned:
        words = np.ascontiguousarray(self._core.sim.memory(CORE + TABLES))
        memory = words.view(np.uint8).reshape(len(words), -1)[:, : self._program.width.beat_bytes].tobytes()
        pieces = [self._piece(piece, memory) for piece in self._program.tables if piece.tier == 0]
        found = with_learned(self._network, self._program, pieces)
        writes = self._used[LearnCounter.WRITES], self._used[LearnCounter.HELD]
        return Learned(found, writes, told(self._steps, self._used[Counter.CLOCKS], self._board))

    def _piece(self, piece: Placed, memory: bytes) -> Placed:
        at = piece.beat * self._program.width.beat_bytes
        return piece._replace(data=memory[at : at + len(piece.data)])
