"""The whole design between the pins: core, loader, boot reader, UART and link, with plain ports for simulation.

Reference page: docs/reference/blocks/top.md.
"""

from collections.abc import Callable

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from boards import Board

from .bank import GenericBank
from .core import Core
from .flash import FlashReader
from .link import Link
from .loader import Loader, space_words
from .params import CoreParams
from .uart import UartReceiver, UartTransmitter, clocks_per_bit

__all__ = ["System", "core_params"]


def core_params(board: Board) -> CoreParams:
    """The sizes of the core that ``board`` asks for."""
    return CoreParams(comparators=board.comparators, table_beats=board.tiers[0].size // 8, anchor_words=board.anchor_words)


class System(wiring.Component):
    """One clock domain, ``sync``; every port is a pin. LEDs: 1 = lit.

    After reset the image at the board's offset in flash is loaded. ``led_g``: an image is loaded; ``led_r``: the last one was not loaded
    for an error. While no image is loaded, and for a clock when the link asks, the core is in reset.

    ``core``: another component with the core's ports; by default the board's core on ``bank``. ``loaded``: begins with ``led_g`` lit and
    does not read the flash, for simulations that fill the memories themselves. ``bit_clocks``, ``pause_bits``, ``gap_bits``,
    ``watchdog_bits``: times that a simulation may shorten (those of UartReceiver, FlashReader, FrameReceiver, Link); the first defaults to
    the board's clock over its baud rate.
    """

    def __init__(
        self,
        board: Board,
        *,
        core: wiring.Component | None = None,
        bank: Callable[..., wiring.Component] = GenericBank,
        loaded: bool = False,
        bit_clocks: int | None = None,
        pause_bits: int = 8,
        gap_bits: int = 16,
        watchdog_bits: int = 24,
    ) -> None:
        self._core = core or Core(params=core_params(board), bank=bank)
        self._loaded = loaded
        bit_clocks = bit_clocks or clocks_per_bit(clock_hz=board.clock_hz, baud=board.uart_baud)
        self._receiver, self._transmitter = UartReceiver(clocks=bit_clocks), UartTransmitter(clocks=bit_clocks)
        self._link = Link(comparators=board.comparators, gap_bits=gap_bits, watchdog_bits=watchdog_bits)
        self._flash = FlashReader(offset=board.image_offset, pause_bits=pause_bits, enabled=not loaded)
        words = space_words(
            table_bytes=board.tiers[0].size,
            anchor_words=board.anchor_words,
            instructions=board.program_instructions,
            latencies=board.store_latencies,
        )
        self._loader = Loader(words=words, comparators=board.comparators, loaded=loaded)
        super().__init__(
            {
                "uart_rx": In(1, init=1),
                "uart_tx": Out(1, init=1),
                "flash_cs_n": Out(1, init=1),
                "flash_clk": Out(1),
                "flash_copi": Out(1, init=1),
                "flash_cipo": In(1),
                "led_g": Out(1),
                "led_r": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        core, receiver, transmitter, link, loader, flash = (
            self._core,
            self._receiver,
            self._transmitter,
            self._link,
            self._loader,
            self._flash,
        )
        core_reset = Signal(init=1)
        m.submodules.rx_synchronizer = FFSynchronizer(self.uart_rx, receiver.rx, init=1)
        m.submodules.receiver = receiver
        m.submodules.transmitter = transmitter
        m.submodules.link = link
        m.submodules.loader = loader
        m.submodules.flash = flash
        m.submodules.core = ResetInserter(core_reset)(core)

        wiring.connect(m, receiver.o, link.i)
        wiring.connect(m, link.o, transmitter.i)
        wiring.connect(m, link.step, core.step)
        wiring.connect(m, core.symbol, link.symbol)
        wiring.connect(m, link.read_request, core.read_request)
        wiring.connect(m, core.read_data, link.read_data)
        wiring.connect(m, loader.load, core.load)

        m.d.sync += core_reset.eq(link.core_reset | ~loader.done)
        m.d.comb += [
            loader.start.eq(link.image_start),
            loader.fail.eq(flash.fail),
            link.done.eq(loader.done),
            link.error.eq(loader.error),
            link.code.eq(loader.code),
            link.booting.eq(flash.active),
            flash.stop.eq(link.image_start | loader.done | loader.error),
        ]
        with m.If(flash.active):
            m.d.comb += [loader.i.payload.eq(flash.o.payload), loader.i.valid.eq(flash.o.valid), flash.o.ready.eq(loader.i.ready)]
        with m.Else():
            m.d.comb += [loader.i.payload.eq(link.image.payload), loader.i.valid.eq(link.image.valid), link.image.ready.eq(loader.i.ready)]

        m.d.comb += [
            self.uart_tx.eq(transmitter.tx),
            self.flash_cs_n.eq(flash.cs_n),
            self.flash_clk.eq(flash.clk),
            self.flash_copi.eq(flash.copi),
            flash.cipo.eq(self.flash_cipo),
            self.led_g.eq(loader.done),
            self.led_r.eq(loader.error),
        ]
        return m
