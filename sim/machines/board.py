"""The whole board-level design, compiled: UART, flash and SDRAM at its pins, the host driver at the UART."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from boards import Board
from firmware.host.transport import Transport
from firmware.image.image import write_image
from firmware.image.sections import signature, unpack, unsigned
from firmware.isa import Width
from firmware.program import Program
from hdl.board import times
from hdl.board.system import System
from sim.compiled.build import SimulationError, build
from sim.compiled.simulation import Uart
from sim.machines.machine import CORE, FlashSetup, Machine
from sim.machines.sdram import SdramSetup


@cache
def board_library(board: Board, *, gap_bits: int | None = None) -> Path:
    """The compiled design of a board, made once a process."""
    return build(System(board, gap_bits=gap_bits))


class UartTransport(Transport):
    """The host driver's byte stream, over a simulated UART; time is the simulated clock's.

    ``seen()`` is called after every clock in which the core has retired a run. ``moved``: bytes sent and received.
    """

    def __init__(self, uart: Uart, *, clock_hz: float, seen: Callable[[], None] | None) -> None:
        self._uart, self._clock_hz, self._seen = uart, clock_hz, seen
        self.moved = 0

    def now(self) -> float:
        return self._uart.clocks / self._clock_hz

    def write(self, data: bytes) -> None:
        self._uart.send(data)
        self.moved += len(data)

    def read(self, size: int, timeout: float) -> bytes:
        data = self._read(size, timeout)
        self.moved += len(data)
        return data

    def _read(self, size: int, timeout: float) -> bytes:
        limit, wanted = max(1, round(timeout * self._clock_hz)), max(1, min(size, self._uart.waiting))
        if self._seen is None:
            return self._uart.receive(wanted, limit=limit)
        return self._uart.receive(wanted, limit=limit, watch=CORE + "writeback.retired", seen=self._seen)


class BoardSimulation(Machine):
    """A board from reset on.

    With ``image``, the bytes at the board's image offset in flash, it reads an image from there as it does after power-up (:meth:`boot`
    waits for the end). With ``program`` it is preloaded (sim.machines.preload) instead, and only the sampler's registers are still to be
    set over the UART; with the ``image`` of it too, the board knows that as what it runs and, by its signature, what its flash holds.
    Without either the chip is blank. ``flash``, ``sdram``: how the chips are set up, on a board that has them. ``gap_bits``: of
    hdl.board.system.System; ``gap_clocks``: the silence that it makes. ``uart``: the host's side of the UART, at ``baud`` bits a second of
    the board's time, by default as the board is meant to be, from which its own whole number of clocks may differ. ``library``: the
    compiled design, where it is another than hdl.board.system.System as it is written.
    """

    def __init__(
        self,
        board: Board,
        *,
        image: bytes | None = None,
        program: Program | None = None,
        flash: FlashSetup | None = None,
        sdram: SdramSetup | None = None,
        gap_bits: int | None = None,
        baud: float | None = None,
        library: Path | None = None,
    ) -> None:
        super().__init__(library or board_library(board, gap_bits=gap_bits), Width.of(board), cores=board.cores)
        self.board = board
        self.gap_clocks = 1 << (gap_bits or times.gap_bits(board.clock_hz))
        if program is not None:
            self.sim["loader.status__done"] = 1  # as hdl.board.system.System(board, loaded=True) begins
            self._preload(program)
            if image is not None:
                self.sim["loader.signature.value"] = signature(unpack(write_image(program))[1])
                self.sim["loader.signature.same"] = int(board.flash is not None and not unsigned(image))
        self.uart = self.sim.uart(from_design="uart_tx", to_design="uart_rx", divisor=board.clock_hz / (baud or board.uart_baud))
        if board.sdram is not None:
            self._attach_sdram(board, sdram)
        if board.flash is not None:
            self._attach_flash(board, image or b"", flash)
            if program is not None:
                self._start_flash()
        if board.sdram is not None and program is not None:
            self._start_sdram(program)

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
        return UartTransport(self.uart, clock_hz=self.board.clock_hz, seen=seen)
