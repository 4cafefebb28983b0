"""A board at a serial port, or a simulated one, that learns beside the rule."""

from firmware.chat.start import load, read_tables
from firmware.chat.usage import COUNTED, Usage, Written
from firmware.learned import with_learned
from firmware.learning import Learning
from golden.integer.layer import Int16
from golden.integer.network import Network as Integers
from golden.integer.symbols import Symbols
from golden.tasks.learning.beside import Learned

from ..board import connect
from ..command.ports import SIMULATED
from ..program import Program
from .common import Beside, told


class LearningBoard(Beside):
    """A ``board`` at ``port``."""

    def __init__(self, port: str, *, baud: int | None, board: str, step: int) -> None:
        super().__init__(board=board, step=step)
        self._port, self._baud = port, baud
        self._uncounted = 0

    def _begin(self, network: Integers, program: Program, learning: Learning) -> None:
        board, self._network, self._program = self._board, network, program
        self._device = self._stack.enter_context(connect(self._port, program.image, baud=self._baud, board=board))
        core = load(self._device, keep=self._port == SIMULATED)  # which has just been made, with the image in its memories
        if not core.learns:
            raise ValueError(f"the core at {self._port} has no learning unit: write the bitstream of {board.name} to the board")
        self._device.learn(learning)
        self._usage, self._written = Usage(self._device.host), Written(self._device.host)

    def read(self, symbols: Symbols) -> None:
        self._device.host.feed(symbols.tolist())
        self._count(len(symbols))

    def teach(self, x: Int16, labels: Symbols) -> None:
        for sample, label in zip(x.tolist(), labels.tolist(), strict=True):
            self._device.teach(sample, label)
        self._count(len(labels))

    def _count(self, steps: int) -> None:
        self._uncounted += steps
        if self._uncounted >= COUNTED:
            self._look()

    def _look(self) -> None:
        """At the board's counters."""
        self._usage.update(self._uncounted)
        self._written.update()
        self._uncounted = 0

    def end(self) -> Learned:
        self._look()
        self._device.learn(None)
        found = with_learned(self._network, self._program.code, read_tables(self._device))
        used, written = self._usage.used, self._written.so_far
        figures = told(used.steps, used.clocks, self._board) | {"resent": self._device.host.faults.resent}
        return Learned(found, (written.count, written.held), figures)
