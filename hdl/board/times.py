"""Times of the surroundings in clocks of a board, as powers of two."""

from math import ceil

_SILENCE = 1.8e-3  # s: longer than a USB chip keeps the bytes of a frame apart
_WAKE = 3e-6  # s: tRES1 of the flash (W25Q128JV, section 9.6)
_SLOT = 16  # clocks that the flash's controller may lose of its pause


def gap_bits(clock_hz: float) -> int:
    """Of hdl.link.link.Link: the silence that ends a frame, 1.8 ms or more; 16 up to 36.4 MHz."""
    return max(16, _bits(_SILENCE * clock_hz))


def pause_bits(clock_hz: float) -> int:
    """Of hdl.flash.controller.FlashController: CS# is high for 3 us or more before each command; 8 up to 80 MHz."""
    return max(8, _bits(_WAKE * clock_hz + _SLOT))


def _bits(clocks: float) -> int:
    return (ceil(clocks) - 1).bit_length()
