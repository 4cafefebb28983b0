"""What the simulated core and the simulated board have alike: memories that a program is preloaded into, and chips at the pins."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boards import FLASH_MODES, W25Q128JV, Board
from firmware import isa
from firmware.program import Program
from sim.compiled.flash import CompiledChip
from sim.compiled.sdram import CompiledSdram
from sim.compiled.simulation import Simulation
from sim.flash import Found, Pads
from sim.machines.preload import TABLES, preload, store_names
from sim.machines.sdram import SdramSetup, attach_sdram, fill_sdram, read_sdram

CORE = "core."  # before the name of each of the core's signals and memories; of the first, if there are several
START_LIMIT = 1 << 16  # clocks of a chip's start sequence


def core_prefix(core: int) -> str:
    """:data:`CORE`, of the core of that number."""
    return f"core_{core}." if core else CORE


def nibbles(board: Board) -> int:
    """Clocks of the pins of the board's flash in one of the core, 1 or 2: nibbles, if it is read on four lines."""
    if board.flash is None:
        raise ValueError(f"the board {board.name} has no flash tier")
    return 2 if board.flash.byte_clocks == FLASH_MODES["byte"][0] else 1


def slot_period(board: Board) -> int:
    """Picoseconds of an SCK period, even."""
    return round(1e12 / board.clock_hz / nibbles(board) / 2) * 2


def board_chip(board: Board) -> Found:
    """The board's flash as it is found after power-up, the first of its parts that the chip's model knows."""
    part = next(part for part in (*(board.flash.parts if board.flash else ()), W25Q128JV) if part.answer)
    return Found(jedec=part.answer[0] << 16 | 0x7000 | part.answer[1] + 1)


@dataclass(frozen=True, kw_only=True)
class FlashSetup:
    """``pads``: delays between FPGA and chip; ``found``: the chip, left out the board's; ``content``: what is in the image's place."""

    pads: Pads = field(default_factory=lambda: Pads(out=4_000, back=2_000))
    found: Found | None = None
    content: bytes | None = None


class Machine:
    """``sim``: the simulation itself, for signals by name, the core's below ``prefix``. ``chip``: the flash chip, if there is one;
    ``sdram``: the SDRAM, likewise. ``cores``: how many there are; ``core`` is the number of one, from 0."""

    prefix = CORE

    def __init__(self, library: Path, width: isa.Width, *, cores: int = 1) -> None:
        self.sim = Simulation(library)
        self.cores = cores
        self.chip: CompiledChip | None = None
        self.sdram: CompiledSdram | None = None
        self._width, self._content, self._offset = width, b"", 0
        self._banks = [[self.sim.memory(core_prefix(core) + name) for name in store_names(width)] for core in range(cores)]

    def close(self) -> None:
        self.sim.close()

    def _preload(self, program: Program) -> None:
        if program.width != self._width:
            raise ValueError(f"the program is made for {program.width}, the core has {self._width}")
        for prefix in map(core_prefix, range(self.cores)):
            preload(partial(self._memory, prefix), program)

    def _memory(self, prefix: str, name: str) -> npt.NDArray[np.uint32]:
        return self.sim.memory(prefix + name)

    def _attach_flash(self, board: Board, image: bytes, flash: FlashSetup | None) -> None:
        """Puts a chip at the pins, set up as ``flash`` says, with ``image`` at the board's offset if it names no other content."""
        setup = flash or FlashSetup()
        self._content, self._offset = image if setup.content is None else setup.content, board.image_offset
        self.chip = CompiledChip(self.sim, self._content, setup.found or board_chip(board), offset=self._offset)
        self.chip.attach(self.sim, period=slot_period(board), pads=setup.pads)

    def _start_flash(self) -> None:
        self.sim.run_until("flash.ready", limit=START_LIMIT)

    def _attach_sdram(self, board: Board, sdram: SdramSetup | None) -> None:
        """Puts a chip at the pins, set up as ``sdram`` says."""
        self.sdram = attach_sdram(self.sim, board, sdram)

    def _start_sdram(self, program: Program) -> None:
        """Waits for the end of the start sequence, which writes to the chip, and puts the tables of ``program`` there."""
        assert self.sdram is not None
        self.sim.run_until("sdram.status__ready", limit=START_LIMIT)
        fill_sdram(self.sdram, program)

    def latencies(self, core: int = 0) -> npt.NDArray[np.int16]:
        """All latencies in the store, (256 * lanes,), by address."""
        return np.stack(self._banks[core], axis=1).reshape(-1).astype(np.uint16).view(np.int16)

    def write(self, addresses: npt.NDArray[np.intp], values: npt.NDArray[np.int16], core: int = 0) -> None:
        """Puts latencies into the store between steps: an input, or a state."""
        banks = self._banks[core]
        for number, bank in enumerate(banks):
            chosen = addresses % len(banks) == number
            bank[addresses[chosen] // len(banks)] = values[chosen].view(np.uint16)

    def tables(self, tier: int, address: int, size: int, core: int = 0) -> bytes:
        """Bytes of a tier as they stand in the simulated memory, or in the chip."""
        if tier and self.sdram is not None:
            return read_sdram(self.sdram, self._width, address, size)
        if tier:
            return self._content[address - self._offset :][:size]
        return self.sim.memory(core_prefix(core) + TABLES).astype("<u4").tobytes()[address : address + size]

    def counter(self, counter: isa.Counter | isa.LearnCounter, core: int = 0) -> int:
        """One of the core's counters, as the host reads it."""
        return self.sim[f"{core_prefix(core)}counters.{counter.name.lower()}"]
