"""The cores that random networks run on: every tier and width, each compiled once."""

from dataclasses import dataclass, replace

import boards
from boards import Board
from boards.sdram import EM638325_6, IS42S16160G_7
from tests.firmware.flashed import WITH_FLASH

QUICK, SLOW = (1, 1), (2, 3)  # clocks in which latency store and tables on chip are read


@dataclass(frozen=True, kw_only=True)
class Build:
    """``tiers``: where tables may lie; ``board``: its core, and what stands beside it."""

    name: str
    tiers: str
    board: Board

    def __str__(self) -> str:
        board = self.board
        memory = "quick" if board.table_clocks == 1 else "slow"
        return f"{self.tiers} | {board.lanes} | {board.comparators} | {memory}"


def _on_chip(lanes: int, comparators: int, clocks: tuple[int, int]) -> Board:
    """16,384 beats of tables on chip."""
    board = replace(boards.get("ulx3s_85f"), lanes=lanes, comparators=comparators, store_clocks=clocks[0], table_clocks=clocks[1])
    return replace(board, tiers=(replace(board.tiers[0], size=16384 * lanes),))


def _with_flash(lanes: int, comparators: int, clocks: tuple[int, int], mode: boards.FlashMode) -> Board:
    """The same, and the iCEBreaker's flash behind them, at its clock."""
    board, other = _on_chip(lanes, comparators, clocks), boards.get("icebreaker")
    assert other.flash is not None
    tiers = (*board.tiers, other.flash)
    return boards.flash_mode(replace(board, tiers=tiers, image_offset=other.image_offset, clock_hz=other.clock_hz), mode)


def _with_sdram(lanes: int, part: boards.SdramPart) -> Board:
    board = boards.get("ulx3s_85f_sdram")
    near, far = board.tiers
    near = replace(near, size=near.size // board.lanes * lanes)
    return replace(board, lanes=lanes, tiers=(near, replace(far, size=part.size, at_once=part.bits // 4, sdram=(part,))))


ICEBREAKER = boards.get("icebreaker")
BUILDS = (
    Build(name="chip-8", tiers="chip", board=replace(ICEBREAKER, tiers=ICEBREAKER.tiers[:1])),
    Build(name="byte-8", tiers="chip, flash, a byte a clock", board=boards.flash_mode(WITH_FLASH, "byte")),
    Build(name="chip-16", tiers="chip", board=_on_chip(16, 4, SLOW)),
    Build(name="sdram-16", tiers="chip, SDRAM of 16 lines", board=_with_sdram(16, IS42S16160G_7)),
    Build(name="nibble-8", tiers="chip, flash, a nibble a clock", board=boards.flash_mode(WITH_FLASH, "nibble")),
    Build(name="byte-16", tiers="chip, flash, a byte a clock", board=_with_flash(16, 4, SLOW, "byte")),
    Build(name="chip-32", tiers="chip", board=_on_chip(32, 4, QUICK)),
    Build(name="sdram-32", tiers="chip, SDRAM of 32 lines", board=_with_sdram(32, EM638325_6)),
    Build(name="nibble-32", tiers="chip, flash, a nibble a clock", board=_with_flash(32, 2, SLOW, "nibble")),
    Build(name="sdram-8", tiers="chip, SDRAM of 16 lines", board=_with_sdram(8, IS42S16160G_7)),
)
