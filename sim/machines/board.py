"""The whole board-level design, compiled: UART and flash at its pins, the host driver at the UART."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boards import Board
from firmware import isa
from firmware.host.transport import Transport
from firmware.program import Program
from hdl.board.system import System
from sim.compiled.build import SimulationError, build
from sim.compiled.simulation import Simulation, Uart
from sim.machines.preload import ANCHORS, PROGRAM, TABLES, preload, store_latencies, store_names
from sim.machines.setup import FlashSetup

CORE = "core."
START_LIMIT = 1 << 16  # clocks of the flash's start sequence


@cache
def board_library(board: Board, *, gap_bits: int = 16) -> Path:
    """The compiled design of a board, made once a process."""
    return build(System(board, gap_bits=gap_bits))


class UartTransport(Transport):
    """The host driver's byte stream, over a simulated UART; time is the simulated clock's.

    ``watch``, ``seen``: a register of one bit, and what is called after every clock in which it is 1.
    """

    def __init__(self, uart: Uart, *, clock_hz: float, watch: str | None = None, seen: Callable[[], None] = lambda: None) -> None:
        self._uart, self._clock_hz, self._watch, self._seen = uart, clock_hz, watch, seen

    def now(self) -> float:
        return self._uart.clocks / self._clock_hz

    def write(self, data: bytes) -> None:
        self._uart.send(data)

    def read(self, size: int, timeout: float) -> bytes:
        limit = max(1, round(timeout * self._clock_hz))
        return self._uart.receive(max(1, min(size, self._uart.waiting)), limit=limit, watch=self._watch, seen=self._seen)


class BoardSimulation:
    """A board from reset on.

    With ``image``, the bytes at the board's image offset in flash, it reads an image from there as it does after power-up (:meth:`boot`
    waits for the end). With ``program`` it is preloaded (sim.machines.preload) instead, and only the sampler's registers are still to be
    set over the UART; the flash then holds ``image``, if that is given, for its tables. Without either the chip is blank. ``flash``: how
    the chip is set up, on a board with a flash tier. ``gap_bits``: of hdl.board.system.System. ``sim``: the simulation itself; ``uart``:
    the host's side of the UART; ``chip``: the flash chip.
    """

    def __init__(
        self,
        board: Board,
        *,
        image: bytes | None = None,
        program: Program | None = None,
        flash: FlashSetup | None = None,
        gap_bits: int = 16,
    ) -> None:
        self.board, self.chip = board, None
        self.sim = Simulation(board_library(board, gap_bits=gap_bits))
        if program is not None:
            self.sim["loader.status__done"] = 1  # as hdl.board.system.System(board, loaded=True) begins
            names = [TABLES, ANCHORS, PROGRAM, *store_names()]
            preload({name: self.sim.memory(CORE + name) for name in names}, program)
        self._banks = [self.sim.memory(name) for name in store_names(CORE)]
        self.uart = self.sim.uart(from_design="uart_tx", to_design="uart_rx", divisor=board.clock_hz / board.uart_baud)
        if board.flash is not None:
            setup = flash or FlashSetup()
            self._content = image or b"" if setup.content is None else setup.content
            self.chip = setup.attach(self.sim, board, self._content).chip
            if program is not None:
                self.sim["flash.status__active"] = 0
                self.sim.run_until("flash.ready", limit=START_LIMIT)

    def close(self) -> None:
        self.sim.close()

    def boot(self, *, limit: int = 20_000_000) -> bool:
        """Runs until an LED tells how the load from the flash has ended: True, the image is loaded."""
        start = self.sim.clocks
        while not (self.sim["led_g"] or self.sim["led_r"]):
            if self.sim.clocks - start >= limit:
                raise SimulationError(f"the board has neither loaded an image nor failed within {limit} clocks")
            self.sim.clock(1000)
        return bool(self.sim["led_g"])

    def transport(self, *, seen: Callable[[], None] | None = None) -> UartTransport:
        """The host driver's way in. ``seen()`` is called whenever the core has retired a run: its write-back is in the store."""
        if seen is None:
            return UartTransport(self.uart, clock_hz=self.board.clock_hz)
        return UartTransport(self.uart, clock_hz=self.board.clock_hz, watch=CORE + "writeback.retired", seen=seen)

    def latencies(self) -> npt.NDArray[np.int16]:
        """All latencies in the store, (2048,), by address."""
        return store_latencies(self._banks)

    def tables(self, tier: int, address: int, size: int) -> bytes:
        """Bytes of a tier as they stand in the simulated memory, or in the chip."""
        if tier:
            return self._content[address - self.board.image_offset :][:size]
        return self.sim.memory(CORE + TABLES).astype("<u4").tobytes()[address : address + size]

    def counter(self, counter: isa.Counter) -> int:
        """One of the core's counters."""
        return self.sim[f"{CORE}counters.{counter.name.lower()}"]
