"""How a board's flash is clocked: a choice of the one who builds, not of the board."""

from dataclasses import replace
from typing import Literal

from .board import Board

FlashMode = Literal["byte", "nibble"]

FLASH_MODES: dict[FlashMode, tuple[int, int]] = {"byte": (1, 7), "nibble": (2, 14)}
"""Clocks of a byte, and of a row besides: "byte" with SCK at twice the core's clock, "nibble" with SCK at the core's clock."""


def flash_mode(board: Board, mode: FlashMode | None) -> Board:
    """``board`` with its flash tier clocked as ``mode`` says; a board without one, and with no ``mode``, as it is.

    A mode that the board's pins can't do is a ``ValueError``; so is any for a flash that is read on fewer than four lines.
    """
    if mode is None:
        return board
    if mode not in FLASH_MODES:
        raise ValueError(f"the flash mode must be one of {', '.join(sorted(FLASH_MODES))}, not {mode!r}")
    if board.flash is not None and board.flash.lines < 4:
        raise ValueError(f"the flash mode must be left out for {board.name}, whose flash holds no tables: it is not read on four lines")
    if board.flash is not None and mode not in board.flash.modes:
        raise ValueError(f"the flash of the board {board.name} can only be read with {' or '.join(board.flash.modes)}, not with {mode}")
    byte_clocks, row_clocks = FLASH_MODES[mode]
    tiers = (replace(tier, byte_clocks=byte_clocks, row_clocks=row_clocks) if tier.kind == "qspi" else tier for tier in board.tiers)
    return replace(board, tiers=tuple(tiers))
