"""The core for somebody else's design: the core and the loader, without pads, PLL and UART (docs/user/verilog.md)."""

from amaranth.hdl import Module, ResetInserter, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from boards import Board

from ..core.core import Core
from ..flash.bus import FlashPins, FlashStatus
from ..flash.rest import Rest, rest_clocks
from ..link.bus import ReadDataStream, ReadRequestStream, StepStream, SymbolStream
from ..link.loader import LoadStatus
from ..memory.bank import block_ram_bank
from .parts import connect_image, connect_rows, core_params, make_flash, make_loader


class EmbeddedCore(wiring.Component):
    """Images in; steps in, symbols out; words of the latency store and counters out.

    ::

        flash <--> FlashController --image--.       .--> rows, bytes ---> Core
                                            v       |
        image ----------------------------> Loader -'--> load bus ------> Core
        load  <--------------------------------'
        step, symbol, read_request, read_data <-------------------------> Core

    Without a complete image the core is in reset, takes no step and answers no read. So it is for a clock with ``abort``; what the network
    knew is then undefined until an image with a STORE section is loaded. A board with a flash tier has the ports of the flash too: the
    image at the board's offset is then loaded after reset, unless ``image_start`` comes first, and a step waits
    ``rest_clocks`` after a reset of the core. With a byte a clock ``flash`` is in the domain ``flash``, twice ``sync`` and rising with it;
    the rest is in ``sync``.

    The tables are in memory that synthesis infers. ``pause_bits``: that of FlashController.
    """

    def __init__(self, board: Board, *, pause_bits: int | None = None) -> None:
        params = core_params(board)
        self._core = Core(params=params, bank=block_ram_bank)
        self._rest = Rest(clocks=rest_clocks(params.width) if board.flash else 0)
        self._loader = make_loader(board)
        self._flash = make_flash(board, pause_bits=pause_bits)
        flash = {"scrub": In(1), "flash": Out(FlashPins), "flash_status": Out(FlashStatus)}
        super().__init__(
            {
                "image": In(stream.Signature(unsigned(8))),
                "image_start": In(1),
                "load": Out(LoadStatus),
                "step": In(StepStream),
                "symbol": Out(SymbolStream),
                "abort": In(1),
                "read_request": In(ReadRequestStream),
                "read_data": Out(ReadDataStream),
                **(flash if board.flash else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        core, loader = self._core, self._loader
        held = Signal(init=1)  # the core is in reset
        m.submodules.loader = loader
        m.submodules.rest = rest = self._rest
        m.submodules.core = ResetInserter(held)(core)

        wiring.connect(m, loader.load, core.load)
        wiring.connect(m, loader.status, wiring.flipped(self.load))
        wiring.connect(m, wiring.flipped(self.step), rest.i)
        wiring.connect(m, rest.o, core.step)
        wiring.connect(m, core.symbol, wiring.flipped(self.symbol))
        wiring.connect(m, wiring.flipped(self.read_request), core.read_request)
        wiring.connect(m, core.read_data, wiring.flipped(self.read_data))
        m.d.sync += held.eq(self.abort | self.image_start | ~loader.status.done)
        m.d.comb += [
            rest.held.eq(held),
            loader.start.eq(self.image_start),
            loader.i.payload.eq(self.image.payload),
            loader.i.valid.eq(self.image.valid),
            self.image.ready.eq(loader.i.ready),
        ]
        if self._flash is not None:
            m.submodules.flash = flash = self._flash
            connect_rows(m, flash, core)
            wiring.connect(m, flash.status, wiring.flipped(self.flash_status))
            wiring.connect(m, flash.pins, wiring.flipped(self.flash))
            connect_image(m, flash, loader, image=self.image, image_start=self.image_start, scrub=self.scrub)
            m.d.comb += loader.scrub.eq(self.scrub)
        return m
