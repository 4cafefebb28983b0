"""Boards with a small memory on chip and a flash behind it, so that small networks spread over both."""

from dataclasses import replace

import boards
from boards import Board, Tier

ICEBREAKER = boards.get("icebreaker")
WITH_FLASH = ICEBREAKER if ICEBREAKER.flash else replace(ICEBREAKER, tiers=(*ICEBREAKER.tiers, boards.icebreaker.FLASH))


def small_board(size: int, *, base: int = 0x21008, flash: int = 1 << 20, offset: int = 0x1000) -> Board:
    """``size`` bytes on chip, ``flash`` bytes from ``base`` on (of no table's alignment); the image at ``offset``."""
    chip = Tier(name="RAM", kind="spram", size=size)
    far = Tier(name="flash", kind="qspi", base=base, size=flash, byte_clocks=1, row_clocks=8)
    return replace(ICEBREAKER, tiers=(chip, far), image_offset=offset, flash_size=base + flash)
