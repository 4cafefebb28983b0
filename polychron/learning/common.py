"""What a board and a core alone have alike when they learn: the program, and what is told at the end."""

from pathlib import Path
from typing import Any

from boards import Board
from firmware.learned import can_learn
from golden.integer.network import Network as Integers

from ..command.terminal import printable, say
from ..network import Network
from ..program import Program


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
