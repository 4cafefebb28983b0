"""A board at a serial port, or a simulated one, that learns beside the rule."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from boards import get
from firmware.chat.start import load
from firmware.chat.usage import Usage
from firmware.learned import with_learned
from firmware.learning import Learning
from golden.integer.layer import Int16
from golden.integer.network import Network as Integers
from golden.integer.symbols import Symbols
from golden.tasks.learning.beside import Learned

from ..board import connect
from ..command.ports import SIMULATED
from ..system.progress import bar
from .common import compiled, told

COUNTED = 16_384
"""Steps between two looks at the board's counters, which begin anew after 2**32 clocks."""


class LearningBoard:
    """A ``board`` at ``port``, as :class:`golden.tasks.learning.beside.Beside`. Usable in a ``with`` statement, which lets go of the port.

    Methods raise ``ValueError`` with one sentence where the network or the board can't learn, or the line breaks.
    """

    def __init__(self, port: str, *, baud: int | None, board: str, step: int) -> None:
        self.step = step
        self._port, self._baud, self._board = port, baud, get(board)
        self._stack = ExitStack()
        self._uncounted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def begin_text(self, network: Integers, *, name: str, seed: int) -> None:
        self._begin(network, Learning(step=self.step), name=name, seed=seed, temperature=1.0)

    def begin_classes(self, network: Integers, *, name: str, margin: int) -> None:
        self._begin(network, Learning(step=self.step, margin=margin), name=name)

    def _begin(self, network: Integers, learning: Learning, *, name: str, seed: int = 1, temperature: float = 0.0) -> None:
        board = self._board
        self._network, self._program = network, compiled(network, board, name=name, seed=seed, temperature=temperature)
        self._device = self._stack.enter_context(connect(self._port, self._program.image, baud=self._baud, board=board))
        core = load(self._device, keep=self._port == SIMULATED)  # which has just been made, with the image in its memories
        if not core.learns:
            raise ValueError(f"the core at {self._port} has no learning unit: write the bitstream of {board.name} to the board")
        self._device.learn(learning)
        self._usage = Usage(self._device.host)

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
            self._usage.update(self._uncounted)
            self._uncounted = 0

    def end(self) -> Learned:
        self._usage.update(self._uncounted)
        self._device.learn(None)
        whole = sum(len(piece.data) for piece in self._program.code.tables if piece.tier == 0)
        with bar(whole, desc="reading the tables", unit="B", unit_scale=True, delay=0.5) as line:
            pieces = self._device.tables(progress=lambda done: line.update(done - line.n))
        found = with_learned(self._network, self._program.code, pieces)
        used = self._usage.used
        figures = told(used.steps, used.clocks, self._board) | {"resent": self._device.host.faults.resent}
        return Learned(found, figures)
