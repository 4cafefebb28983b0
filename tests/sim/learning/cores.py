"""Cores that learn, and what their tables have become."""

from dataclasses import replace

import numpy as np

import boards
from boards import Board
from firmware.program import Program
from sim.machines.core import CoreSimulation
from sim.machines.preload import TABLES

WIDTHS = [(8, (1, 1)), (16, (2, 3))]  # lanes; clocks of store and tables


def board_of(lanes: int, clocks: tuple[int, int], learns: bool = True) -> Board:
    board = boards.get("icebreaker" if lanes == 8 else "ulx3s_85f")
    return replace(board, lanes=lanes, store_clocks=clocks[0], table_clocks=clocks[1], tiers=board.tiers[:1], learns=learns)


def tables_differ(core: CoreSimulation, program: Program) -> str | None:
    """The first beat of the tables on chip that isn't as ``program`` has it."""
    words = np.ascontiguousarray(core.sim.memory(f"core.{TABLES}"))
    now = words.view(np.uint8).reshape(len(words), -1)
    for piece in program.tables:
        due = np.frombuffer(piece.data, np.uint8).reshape(-1, program.width.beat_bytes)
        here = now[piece.beat : piece.beat + len(due), : due.shape[1]]
        if len(wrong := np.argwhere((here != due).any(axis=1))):
            beat = int(wrong[0, 0])
            return f"beat {piece.beat + beat}: {here[beat].tobytes().hex()} instead of {due[beat].tobytes().hex()}"
    return None
