"""The board's SDRAM as a model at its pins, and the FPGA's IO registers and pads in front of it.

The compiled simulator has the same chip and cells in C++ (sim/compiled/sdram.h); both are compared pin by pin.
"""

from .cells import SdramCells, SdramPads
from .chip import SdramChip
from .commands import Command

__all__ = ["Command", "SdramCells", "SdramChip", "SdramPads"]
