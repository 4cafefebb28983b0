"""How a simulated board's flash is set up: the chip's delays, the pads', the state it is found in."""

from dataclasses import dataclass, field
from typing import Any

from boards import Board
from sim.compiled.flash import AttachedFlash
from sim.compiled.simulation import Simulation
from sim.flash import FlashTiming, Pads

__all__ = ["FlashSetup", "nibbles", "slot_period"]


def nibbles(board: Board) -> int:
    """Nibbles that the board's flash gives in a clock of the core: 1 or 2."""
    if board.flash is None:
        raise ValueError(f"the board {board.name} has no flash tier")
    return 16 // board.flash.beat_clocks


def slot_period(board: Board) -> int:
    """Picoseconds of an SCK period, even."""
    return round(1e12 / board.clock_hz / nibbles(board) / 2) * 2


_PADS, _TIMING = Pads(out=4_000, back=2_000), FlashTiming()


@dataclass(frozen=True, kw_only=True)
class FlashSetup:
    """``pads``: delays between FPGA and chip; ``timing``: the chip's; ``options``: of :class:`sim.compiled.flash.CompiledChip` besides.
    ``content``: what lies at the image offset in place of the image."""

    pads: Pads = _PADS
    timing: FlashTiming = _TIMING
    options: dict[str, Any] = field(default_factory=dict)
    content: bytes | None = None

    def attach(self, sim: Simulation, board: Board, image: bytes) -> AttachedFlash:
        """A chip with ``image`` at the board's offset, at the pins of ``sim``."""
        content = image if self.content is None else self.content
        chip = sim.chip(content, offset=board.image_offset, timing=self.timing, **self.options)
        return chip.attach(sim, period=slot_period(board), pads=self.pads)
