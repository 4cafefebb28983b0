"""The parts that every surrounding of the core needs, made for a board and connected: core, loader, flash controller."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import stream, wiring

from boards import Board
from firmware import isa

from ..core.params import CoreParams
from ..flash.controller import FlashController
from ..flash.serial import SerialFlash
from ..link.link import Link
from ..link.loader import Loader
from ..link.section import space_words
from ..link.spread import Spread
from ..sdram.controller import SdramController
from . import times


def core_params(board: Board) -> CoreParams:
    """The sizes of the core that ``board`` asks for, or of each of its cores; ``ValueError`` where its tables on chip are not whole beats,
    or too few or many."""
    width = isa.Width.of(board)
    if board.tiers[0].size % width.beat_bytes:
        raise ValueError(f"tiers[0].size of {board.name} must be whole beats of {width.beat_bytes} bytes, not {board.tiers[0].size} bytes")
    return CoreParams(
        width=width,
        table_beats=board.tiers[0].size // width.beat_bytes,
        anchor_words=board.anchor_words,
        store_clocks=board.store_clocks,
        table_clocks=board.table_clocks,
        far_bytes=board.far.at_once if board.far else 0,
        learns=board.learns,
    )


def make_loader(board: Board, *, loaded: bool = False) -> Loader:
    """The loader of the board's spaces; ``loaded`` as it takes it."""
    width = isa.Width.of(board)
    words = space_words(
        table_bytes=board.tiers[0].size,
        width=width,
        anchor_words=board.anchor_words,
        instructions=board.program_instructions,
        registers=len(isa.Config) if board.learns else isa.SAMPLER_WORDS,
    )
    return Loader(words=words, width=width, cores=board.cores, loaded=loaded)


def make_flash(
    board: Board, *, pause_bits: int | None = None, boot: bool = True, kind: type[FlashController] = FlashController
) -> FlashController | None:
    """The controller of the board's flash, if tables may lie there; ``pause_bits`` and ``boot`` as it takes them, the first by default as
    long as the board's clock asks for.

    ``kind``: the controller itself, or one with more ports.
    """
    if board.flash is None:
        return None
    width = isa.Width.of(board)
    return kind(
        width=replace(width, far_banks=1),  # beside an SDRAM it serves no rows
        offset=board.image_offset,
        nibbles=2 // board.flash.byte_clocks,
        parts=board.flash.parts,
        head=width.image_head,
        pause_bits=pause_bits or times.pause_bits(board.clock_hz),
        boot=boot,
    )


def make_image_flash(board: Board, *, pause_bits: int | None = None, boot: bool = True) -> FlashController | SerialFlash | None:
    """The controller of the flash that the board's image lies in, if it has one, whether or not tables may lie there."""
    if board.flash is None or board.flash.lines == 4:
        return make_flash(board, pause_bits=pause_bits, boot=boot)
    return SerialFlash(
        offset=board.image_offset,
        lines=board.flash.lines,
        parts=board.flash.parts,
        pause_bits=pause_bits or times.pause_bits(board.clock_hz),
        boot=boot,
    )


def make_sdram(board: Board) -> SdramController | None:
    """The controller of the board's SDRAM, if it has one."""
    if board.sdram is None:
        return None
    return SdramController(width=isa.Width.of(board), parts=board.sdram.sdram, clock_hz=board.clock_hz)


def core_names(board: Board) -> list[str]:
    """What the board's cores are called in the design."""
    return ["core", *(f"core_{number}" for number in range(1, board.cores))]


def connect_cores(m: Module, cores: Sequence[wiring.Component], link: Link, loader: Loader) -> None:
    """Steps, symbols, reads and the load bus of several."""
    m.submodules.spread = spread = Spread(cores=len(cores))
    wiring.connect(m, link.step, spread.step)
    wiring.connect(m, spread.symbol, link.symbol)
    wiring.connect(m, link.read_request, spread.read_request)
    wiring.connect(m, spread.read_data, link.read_data)
    wiring.connect(m, loader.load, spread.load)
    m.d.comb += [spread.step_core.eq(link.step_core), spread.symbol_core.eq(link.symbol_core)]
    for number, core in enumerate(cores):
        wiring.connect(m, spread.steps[number], core.step)
        wiring.connect(m, core.symbol, spread.symbols[number])
        wiring.connect(m, spread.read_requests[number], core.read_request)
        wiring.connect(m, core.read_data, spread.read_datas[number])
        wiring.connect(m, spread.loads[number], core.load)


def connect_core(m: Module, core: wiring.Component, link: Link, loader: Loader, *, steps: Any) -> None:
    """The same of a core that is alone; ``steps``: the link's, or what comes of them out of a rest."""
    wiring.connect(m, steps, core.step)
    wiring.connect(m, core.symbol, link.symbol)
    wiring.connect(m, link.read_request, core.read_request)
    wiring.connect(m, core.read_data, link.read_data)
    wiring.connect(m, loader.load, core.load)


def connect_rows(m: Module, far: FlashController | SdramController, core: wiring.Component) -> None:
    """Rows of tables to the core."""
    wiring.connect(m, core.rows, far.row)
    wiring.connect(m, far.data, core.flash)


def connect_sdram(m: Module, sdram: SdramController, core: wiring.Component, loader: Loader, *, core_reset: Value) -> None:
    """Rows of tables to the core, words of an image from the loader."""
    connect_rows(m, sdram, core)
    wiring.connect(m, loader.word, sdram.word)
    m.d.comb += [
        sdram.begin.eq(core.step.valid & core.step.ready),
        sdram.clear.eq(core_reset),
        loader.differs.eq(sdram.differs),
        loader.failed.eq(sdram.status.failed),
        loader.waits.eq(~sdram.status.ready & ~sdram.status.failed),
    ]


def connect_image(
    m: Module, flash: FlashController | SerialFlash, loader: Loader, *, image: stream.Interface, image_start: Value, scrub: Value
) -> None:
    """The image in flash, while it is wanted, to the loader in place of ``image``, which the surroundings connect to it.

    ``image_start``: one clock, an image begins that does not come from the flash; ``scrub``: one clock, the flash is to be checked.
    """
    m.d.comb += [
        flash.start.eq(scrub),
        flash.stop.eq(image_start | loader.status.done | loader.status.error),
        loader.fail.eq(flash.fail),
        loader.flashed.eq(flash.status.active),
    ]
    with m.If(flash.status.active):
        m.d.comb += [loader.i.payload.eq(flash.o.payload), loader.i.valid.eq(flash.o.valid)]
        m.d.comb += [flash.o.ready.eq(loader.i.ready), image.ready.eq(0)]
