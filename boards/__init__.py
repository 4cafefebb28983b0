"""Boards, one file each: device, clocks, memory tiers and sizes. Imports nothing of ours."""

from . import icebreaker, ulx3s_85f
from .board import Board, Tier
from .modes import FLASH_MODES, FlashMode, flash_mode

__all__ = ["BOARDS", "FLASH_MODES", "Board", "FlashMode", "Tier", "UnknownBoardError", "flash_mode", "get"]

BOARDS: dict[str, Board] = {board.name: board for board in (icebreaker.BOARD, ulx3s_85f.BOARD)}


class UnknownBoardError(ValueError):
    """No board of that name; the message lists those there are."""


def get(name: str) -> Board:
    """The board called ``name``."""
    if name not in BOARDS:
        raise UnknownBoardError(f"unknown board {name!r}: the boards are {', '.join(sorted(BOARDS))}")
    return BOARDS[name]
