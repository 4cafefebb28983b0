"""From a compiled network to its page."""

from dataclasses import asdict, dataclass
from typing import Any

from boards import Board
from firmware.program import Program
from golden.integer.layer import NetworkError
from golden.integer.network import Network
from sim.web.assemble import assemble
from sim.web.images import BRUSH, EDGE, examples, image_format
from sim.web.pack import TEMPERATURES, pack
from sim.web.vectors import Vectors, class_vectors, text_vectors
from sim.web.wasm import core_module


@dataclass(frozen=True, kw_only=True)
class First:
    """What a page begins with: ``prompt``, then ``length`` characters at ``temperature``, ``k`` and ``seed``; the model's vectors are of
    this run. A classifier has ten drawn digits instead."""

    prompt: str
    length: int
    temperature: float
    k: int
    seed: int

    def __post_init__(self) -> None:
        if self.temperature not in TEMPERATURES:
            raise ValueError(f"temperature must be 0, 0.1, 0.2 .. {TEMPERATURES[-1]} on a page, not {self.temperature}")


def make_page(network: Network, program: Program, board: Board, *, first: First, about: dict[str, str]) -> bytes:
    """The page of ``program``, compiled of ``network`` for ``board`` with the sampler of ``first``. ``about``: lines for its foot.

    Raises ``ValueError`` with one sentence where a page can't hold the network, or ziglang is missing.
    """
    name = program.meta.name
    far = any(run.tier for run in program.runs)
    if far and board.sdram is not None:
        raise NetworkError(f"{name} has tables in the SDRAM of {board.name}, which no page has: name a board with tables in flash")
    vectors, own = _text(network, program, first) if network.byte_symbols() is not None else _images(network, program)
    sampler = {"temperature": first.temperature, "k": first.k, "seed": first.seed}
    more = {"about": about, "sampler": sampler, "first": first.prompt, "length": first.length, **own}
    packed = pack(network, program, board, vectors=vectors, more=more)
    core = core_module(board, flash=far)
    return assemble(core=core, pack=packed, title=f"{name}: a chip in a page")


def _text(network: Network, program: Program, first: First) -> tuple[Vectors, dict[str, Any]]:
    vectors = text_vectors(network, program, prompt=first.prompt, length=first.length)
    if not vectors.steps:
        raise ValueError("--prompt and --length leave nothing to read or write: one of them must be longer")
    return vectors, {}


def _images(network: Network, program: Program) -> tuple[Vectors, dict[str, Any]]:
    if network.kind == "signal":
        raise NetworkError(f"{program.meta.name} reads signals, which a page has nothing to draw with")
    if network.kind != "deep":
        raise NetworkError(f"{program.meta.name} has symbols that are no bytes: a page can't show them")
    try:
        form = image_format(network)
    except NetworkError as error:
        raise NetworkError(f"{program.meta.name}: {error}") from None
    return class_vectors(network, program, examples(form)), {"image": asdict(form) | {"brush": BRUSH, "edge": EDGE}}
