"""Boards, one file each: device, clocks, memory tiers and sizes. Imports nothing of ours."""

from . import icebreaker, icesugar, upduino_v3
from .board import Board, PinGroup, Programmer, Tier, Wiring
from .ecp5 import colorlight_5a75b, icepi_zero, icesugar_pro, orangecrab_25f, ulx3s
from .modes import FLASH_MODES, FlashMode, flash_mode
from .parts import IS25LP128F, W25Q32JV, W25Q64JV, W25Q128JV, W25Q256JV, FlashPart
from .sdram import SdramPart
from .sdram_clocks import SdramClocks, sdram_clocks

__all__ = [
    "BOARDS",
    "FLASH_MODES",
    "IS25LP128F",
    "W25Q32JV",
    "W25Q64JV",
    "W25Q128JV",
    "W25Q256JV",
    "Board",
    "FlashMode",
    "FlashPart",
    "PinGroup",
    "Programmer",
    "SdramClocks",
    "SdramPart",
    "Tier",
    "UnknownBoardError",
    "Wiring",
    "flash_mode",
    "get",
    "sdram_clocks",
]

_ALL = (
    icebreaker.BOARD,
    icebreaker.LEARNS,
    icesugar.BOARD,
    upduino_v3.BOARD,
    ulx3s.ULX3S_12F,
    ulx3s.ULX3S_25F,
    ulx3s.ULX3S_25F_SDRAM,
    ulx3s.ULX3S_45F,
    ulx3s.ULX3S_85F,
    ulx3s.ULX3S_85F_LEARNS,
    ulx3s.ULX3S_85F_SDRAM,
    ulx3s.ULX3S_85F_TWO,
    icepi_zero.BOARD,
    icesugar_pro.BOARD,
    orangecrab_25f.BOARD,
    colorlight_5a75b.VERSION_7,
    colorlight_5a75b.VERSION_8,
)
BOARDS: dict[str, Board] = {board.name: board for board in _ALL}


class UnknownBoardError(ValueError):
    """No board of that name; the message lists those there are."""


def get(name: str) -> Board:
    """The board called ``name``."""
    if name not in BOARDS:
        raise UnknownBoardError(f"unknown board {name!r}: the boards are {', '.join(sorted(BOARDS))}")
    return BOARDS[name]
