"""What a board and a core alone have alike when they learn: the program, and what is told at the end."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from boards import Board, get
from firmware.learned import can_learn
from firmware.learning import Learning
from golden.integer.network import Network as Integers

from ..command.terminal import printable, say
from ..network import Network
from ..program import Program


class Beside(ABC):
    """What of :class:`golden.tasks.learning.beside.Beside` a board and a core alone share. Usable in a ``with`` statement.

    Methods raise ``ValueError`` with one sentence where the network or the board can't learn, or the line breaks.
    """

    def __init__(self, *, board: str, step: int) -> None:
        self.step = step
        self._board = get(board)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def begin_text(self, network: Integers, *, name: str, seed: int) -> None:
        program = compiled(network, self._board, name=name, seed=seed, temperature=1.0)
        self._begin(network, program, Learning(step=self.step))

    def begin_classes(self, network: Integers, *, name: str, margin: int) -> None:
        program = compiled(network, self._board, name=name, seed=1, temperature=0.0)
        self._begin(network, program, Learning(step=self.step, margin=margin))

    @abstractmethod
    def _begin(self, network: Integers, program: Program, learning: Learning) -> None:
        """Load ``program``, which ``network`` was compiled to, and let it learn."""


def compiled(network: Integers, board: Board, *, name: str, seed: int, temperature: float) -> Program:
    """The program of ``network`` of the file ``name``; ``ValueError`` where the board or the network can't learn."""
    if not board.learns:
        raise ValueError(f"the core of {board.name} has no learning unit: --board must name one that has, such as icebreaker_learns")
    program = Network(integer=network, name=Path(name).stem).compile(board=board, seed=seed, temperature=temperature)
    if not can_learn(program.code):
        raise ValueError(
            f"{printable(name)} can't learn on {board.name}: its output tables must lie on chip, 256 of them or less, of a recurrent "
            "network or a classifier"
        )
    return program


def told(steps: int, clocks: int, board: Board) -> dict[str, Any]:
    """Figures for ``--json``, and the same in a line on standard error."""
    each, clock_hz = clocks / max(1, steps), board.clock_hz
    rate = clock_hz / each if each else 0
    say(f"board: {each:.1f} clocks a step while learning, {rate:,.0f} steps a second at {clock_hz / 1e6:g} MHz")
    return {"steps": steps, "clocks_per_step": each, "clock_mhz": clock_hz / 1e6}
