"""The whole design between the pins, with plain ports for simulation (docs/reference/blocks/top.md)."""

from collections.abc import Callable

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from boards import Board

from ..core.core import Core
from ..flash.bus import FlashPins
from ..flash.controller import FlashController
from ..flash.rest import Rest, rest_clocks
from ..link.link import Link
from ..link.uart import UartReceiver, UartTransmitter
from ..memory.bank import GenericBank
from . import times
from .parts import (
    connect_core,
    connect_cores,
    connect_image,
    connect_rows,
    connect_sdram,
    core_names,
    core_params,
    make_image_flash,
    make_loader,
    make_sdram,
)


class System(wiring.Component):
    """Every port is a pin, or an IO cell before it.

    ::

        flash <--> FlashController --image--.       .--> rows, bytes ---> Core
                                            v       |
                                          Loader ---'--> load bus ------> Core
                                            ^
        uart_rx --> UartReceiver --> Link --'
        uart_tx <-- UartTransmitter <--'  '--- steps, symbols, reads ---- Core

    On a board with a flash the image at the board's offset there is loaded after reset; on others one has to come by the UART. A flash
    that is read on one line or two has a SerialFlash in place of the FlashController.
    While no image is loaded, during a scrub, and for a clock when the link asks, the core is in reset. With a byte a clock ``flash`` is in
    the domain ``flash``, twice ``sync``, which is the surroundings' to make; all else is in ``sync``. Several cores are beside one another,
    with a Spread between them and link and loader (hdl/link/spread.py).

    ``core``: another component with the core's ports, of a board with one; by default the board's cores on ``bank``. ``loaded``: begins
    with ``led_g`` lit and without an image from flash, for simulations that fill the memories themselves; the flash is made ready for rows
    all the same. ``bit_clocks``, ``pause_bits``, ``gap_bits``, ``watchdog_bits``: times that a simulation may shorten (those of
    UartReceiver, FlashController, FrameReceiver, Link); left out, the first is the board's, and the next two follow from its clock
    (hdl/board/times.py). On a board that needs a rest a step waits ``rest_clocks`` after a reset of the core.
    """

    def __init__(
        self,
        board: Board,
        *,
        core: wiring.Component | None = None,
        bank: Callable[..., wiring.Component] = GenericBank,
        loaded: bool = False,
        bit_clocks: int | None = None,
        pause_bits: int | None = None,
        gap_bits: int | None = None,
        watchdog_bits: int = 24,
    ) -> None:
        params = core_params(board)
        if core is not None and board.cores > 1:
            raise ValueError(f"core must be left out for {board.name}, which has {board.cores}")
        self._cores = dict(
            zip(core_names(board), [core] if core else [Core(params=params, bank=bank) for _ in range(board.cores)], strict=True)
        )
        self._has_rows, self._learns = board.far is not None, board.learns
        self._loaded = loaded
        bit_clocks = bit_clocks or board.bit_clocks
        self._receiver, self._transmitter = UartReceiver(clocks=bit_clocks), UartTransmitter(clocks=bit_clocks)
        gap_bits = gap_bits or times.gap_bits(board.clock_hz)
        self._link = Link(
            width=params.width,
            flash=board.flash is not None,
            cores=board.cores,
            learns=board.learns,
            gap_bits=gap_bits,
            watchdog_bits=watchdog_bits,
        )
        self._flash = make_image_flash(board, pause_bits=pause_bits, boot=not loaded)
        self._sdram = make_sdram(board)
        self._loader = make_loader(board, loaded=loaded)
        self._rest = Rest(clocks=rest_clocks(params.width)) if times.needs_rest(board) else None
        super().__init__(
            {
                "uart_rx": In(1, init=1),
                "uart_tx": Out(1, init=1),
                **({"flash": Out(FlashPins)} if board.flash else {}),
                **({"sdram": self._sdram.signature.members["pins"]} if self._sdram else {}),
                "led_g": Out(1),  # lit with 1: an image is loaded
                "led_r": Out(1),  # the last one was not loaded for an error, or the flash has failed a scrub
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cores, receiver, transmitter, link, loader = self._cores, self._receiver, self._transmitter, self._link, self._loader
        core = cores["core"]
        core_reset = Signal(init=1)
        m.submodules.rx_synchronizer = FFSynchronizer(self.uart_rx, receiver.rx, init=1)
        m.submodules.receiver = receiver
        m.submodules.transmitter = transmitter
        m.submodules.link = link
        m.submodules.loader = loader
        for name, one in cores.items():
            m.submodules[name] = ResetInserter(core_reset)(one)

        wiring.connect(m, receiver.o, link.i)
        wiring.connect(m, link.o, transmitter.i)
        if len(cores) == 1:
            steps = link.step
            if self._rest is not None:
                m.submodules.rest = rest = self._rest
                wiring.connect(m, link.step, rest.i)
                m.d.comb += rest.held.eq(core_reset)
                steps = rest.o
            connect_core(m, core, link, loader, steps=steps)
        else:
            connect_cores(m, list(cores.values()), link, loader)
        wiring.connect(m, loader.status, link.load)
        if self._learns:
            m.d.comb += link.changed.eq(core.changed)

        m.d.sync += core_reset.eq(link.core_reset | ~loader.status.done)
        m.d.comb += [loader.start.eq(link.image_start), loader.scrub.eq(link.scrub)]
        m.d.comb += [loader.i.payload.eq(link.image.payload), loader.i.valid.eq(link.image.valid), link.image.ready.eq(loader.i.ready)]
        m.d.comb += [self.uart_tx.eq(transmitter.tx), self.led_g.eq(loader.status.done), self.led_r.eq(loader.status.error)]
        if self._flash is not None:
            m.submodules.flash = flash = self._flash
            if self._has_rows and self._sdram is None and isinstance(flash, FlashController):
                connect_rows(m, flash, core)
            wiring.connect(m, flash.status, link.flash)
            wiring.connect(m, flash.pins, wiring.flipped(self.flash))
            connect_image(m, flash, loader, image=link.image, image_start=link.image_start, scrub=link.scrub)
        if self._sdram is not None:
            m.submodules.sdram = sdram = self._sdram
            connect_sdram(m, sdram, core, loader, core_reset=core_reset)
            wiring.connect(m, sdram.status, link.sdram)
            wiring.connect(m, sdram.pins, wiring.flipped(self.sdram))
        return m
