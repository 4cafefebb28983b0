"""A build as one job: from a board and a memory image to everything that is to be written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boards import Board
from hdl.board.ecp5.top import EcpTop
from hdl.board.pins import make_platform
from hdl.board.top import Top
from hdl.flow.design import Design, check_resources, elaborate
from hdl.flow.errors import BuildError, TimingError
from hdl.flow.family import family_of
from hdl.flow.pipeline import Implementation, Toolchain, implement
from hdl.flow.placement import Blocks, Cell
from hdl.flow.products import flash_image
from hdl.flow.report.figures import Job, figures_of, to_json, to_text
from hdl.flow.steps import Steps
from polychron.system.progress import under_way
from polychron.system.together import LIST

MOST_SEEDS = 100
ATTEMPTS = (1, 3, 5, 9)  # seeds in all, where nobody says how many: more of them only as long as none meets the clocks
PAGE = "report.html"
_TOPS: dict[str, type[Top] | type[EcpTop]] = {"iCE40": Top, "ECP5": EcpTop}


@dataclass(frozen=True, kw_only=True)
class Products:
    """``files``: content by name, those of :func:`product_names` but the list and report.html; ``figures``: those of report.json;
    ``report``: the text of report.txt; ``cells``, ``blocks``: what lies where on the device."""

    files: dict[str, bytes]
    figures: dict[str, Any]
    report: str
    cells: tuple[Cell, ...]
    blocks: Blocks


def product_names(board: Board) -> tuple[str, ...]:
    """The files of a build: their list, bitstream, memory image, both as they lie in flash, and the report as text, JSON and a page."""
    suffix = family_of(board.device).bitstream.rsplit(".", 1)[-1]
    return LIST, f"bitstream.{suffix}", "image.bin", "flash.bin", "report.txt", "report.json", PAGE


def check_seeds(seeds: int | None) -> None:
    """Raises :class:`BuildError` if ``seeds`` is not 1..100, or None."""
    if seeds is not None and not 1 <= seeds <= MOST_SEEDS:
        raise BuildError(f"seeds must be 1..{MOST_SEEDS}, not {seeds}")


def make_products(job: Job, *, seeds: int | None, steps: Path, say: Callable[[str], None]) -> Products:
    """Elaborate, synthesise, place and route with ``seeds`` seeds (:func:`check_seeds`; None: until one meets the clocks, up to nine),
    pack, and put the figures together.

    ``steps``: the folder of the steps' results; one whose inputs are the same is not run again. ``say`` is told what goes on. Raises
    :class:`BuildError`, or of it :class:`TimingError` if no seed meets the clock.
    """
    board = job.board
    with under_way("elaborating the gateware"):
        design = _elaborate(board)
    tools = Toolchain.find(design)
    say("tools: " + ", ".join(f"{name} ({version})" for name, version in tools.versions.items()))
    core_mhz, *others_mhz = (hz / 1e6 for hz in _TOPS[design.family.name].clocks(board).values())
    attempt = partial(implement, design, tools=tools, steps=Steps(folder=steps, say=say), clock_mhz=core_mhz, others_mhz=others_mhz)
    built = _built(attempt, ATTEMPTS if seeds is None else (seeds,), say)
    figures = figures_of(job, design=design, tools=tools.versions, built=built)
    text = to_text(figures, worst=min(built.seeds, key=lambda routed: routed.fmax_mhz))
    flash = flash_image(bitstream=built.bitstream, image=job.image, offset=board.image_offset, size=board.flash_size)
    contents = (built.bitstream, job.image, flash, text, to_json(figures))
    files = dict(zip(product_names(board)[1:-1], contents, strict=True))
    return Products(files=files, figures=figures, report=text.decode(), cells=built.cells, blocks=Blocks.of(design.rtlil))


def _built(attempt: Callable[..., Implementation], counts: Sequence[int], say: Callable[[str], None]) -> Implementation:
    """The first of the attempts with so many seeds that meets its clocks. Seeds that have run are not run again."""
    for count in counts[:-1]:
        try:
            return attempt(seeds=range(1, count + 1))
        except TimingError as error:
            say(f"{str(error).partition(';')[0]}; trying more seeds")
    return attempt(seeds=range(1, counts[-1] + 1))


def _elaborate(board: Board) -> Design:
    platform = make_platform(board)
    top = _TOPS[family_of(board.device).name]
    check_resources(platform, board, top.roles(board))
    return elaborate(top(board), platform)
