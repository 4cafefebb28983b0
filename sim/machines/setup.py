"""How a simulated board's flash is set up: the pads' delays, the chip as it is found, what it holds."""

from dataclasses import dataclass, field

from boards import Board
from sim.flash import Found, Pads


def nibbles(board: Board) -> int:
    """Nibbles that the board's flash gives in a clock of the core: 1 or 2."""
    if board.flash is None:
        raise ValueError(f"the board {board.name} has no flash tier")
    return 16 // board.flash.beat_clocks


def slot_period(board: Board) -> int:
    """Picoseconds of an SCK period, even."""
    return round(1e12 / board.clock_hz / nibbles(board) / 2) * 2


@dataclass(frozen=True, kw_only=True)
class FlashSetup:
    """``pads``: delays between FPGA and chip; ``found``: the chip; ``content``: what lies at the image offset in place of the image."""

    pads: Pads = field(default_factory=lambda: Pads(out=4_000, back=2_000))
    found: Found = field(default_factory=Found)
    content: bytes | None = None
