"""The board's flash chip as a protocol model at its pins, and the FPGA's IO cells and pads in front of it.

The compiled simulator has the same chip and cells in C++ (sim/compiled/flash.h); both are compared pin by pin.
"""

from .cells import IoCells, Pads
from .chip import FlashChip
from .found import Found, Power
from .timing import FlashTiming

__all__ = ["FlashChip", "FlashTiming", "Found", "IoCells", "Pads", "Power"]
