"""Times of the surroundings in clocks of a board."""

from math import ceil

from boards import Board

_SILENCE = 1.8e-3  # s: longer than a USB chip keeps the bytes of a frame apart
_WAKE = 3e-6  # s: tRES1 of the flash (W25Q128JV, section 9.6)
_SLOT = 16  # clocks that the flash's controller may lose of its pause
_LONGEST = 128  # beats of a row
_BYTES = 13  # the reply to ABORT, and the shortest request for a step


def gap_bits(clock_hz: float) -> int:
    """Of hdl.link.link.Link: the silence that ends a frame, 1.8 ms or more; 16 up to 36.4 MHz."""
    return max(16, _bits(_SILENCE * clock_hz))


def pause_bits(clock_hz: float) -> int:
    """Of hdl.flash.controller.FlashController: CS# is high for 3 us or more before each command; 8 up to 80 MHz."""
    return max(8, _bits(_WAKE * clock_hz + _SLOT))


def needs_rest(board: Board) -> bool:
    """Whether a row of tables in flash can outlast the bytes between a reset of the core and the next step on the serial line."""
    far = board.far
    if far is None or far.kind != "qspi":
        return False
    return _LONGEST * board.lanes * far.byte_clocks + far.row_clocks > _BYTES * 10 * board.bit_clocks


def _bits(clocks: float) -> int:
    return (ceil(clocks) - 1).bit_length()
