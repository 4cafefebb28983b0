"""The options of ``python -m golden.learn``."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from math import log2
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from polychron.command.options import UNRECORDED, Options, flag_of, option, word
from polychron.command.ports import SIMULATED, Line
from polychron.command.target import BOARD, NETWORK

from ...learning.rule import Rates
from ...training.options import RUN, file_option, integer_option, run_option, shape_option, tables_option

BELOW = "bits under every entry, which the forward pass doesn't read; a word has at most 16"
MINUTES = "stop after so long, and keep what is learned by then"
STREAMS = "pieces of the text read by turns, each with a state of its own; 1, as a device reads it"
PIECES = "places of the text that each stream reads one after another, evenly through it; 1: from one place on"
CHARACTERS = "how many are read, of all streams together, around the end of the text; left out: each once"
RATES_HELP = (
    "rates to begin with, 2**-R: of output tables, hidden tables, embedder; - for none. "
    "Left out: 7,4,2 with --network; from nothing 5,4,1, lower for more than 16 and 6 tables"
)
SCHEDULE = "parts of the run in percent; from each to the next, rates are halved"
NEW = "the new ones alone that polychron grow has added"
MANY = (16, 6)
"""Output and hidden tables up to which a network from nothing begins with the rates 5,4,1; twice as many halve theirs."""

NETWORK_RATES = Rates(output=7, hidden=4, embed=2)
FROM_NOTHING = ("n", "hidden", "output", "symbols", "bits", "hidden_unit", "output_unit")


def schedule_word(text: str) -> tuple[int, ...]:
    """Percents between commas, such as 50,30,20: (50, 30, 20)."""
    parts = text.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= 100 for part in parts) or sum(map(int, parts)) != 100:
        raise ValueError(f"must be percents between commas that sum to 100, such as 50,30,20, not {text!r:.60}")
    return tuple(map(int, parts))


def _commas(values: tuple[int, ...]) -> str:
    return ",".join(map(str, values))


def _crossed(values: tuple[int, int]) -> str:
    return "{}x{}".format(*values)


SAMPLES = "end after so many samples; left out: after all passes"
CORE = "core"
"""The port of a simulated core alone."""

PORT = (
    f"let a board learn: its serial port; {SIMULATED}: a simulated board; {CORE}: its core alone, simulated in a fraction of the time. "
    "Left out: this computer learns"
)
STEP = "on a board: what a write changes an entry by"


@dataclass(frozen=True, kw_only=True)
class Way(Line):
    """Where learning takes place; without a port, on this computer."""

    port: Annotated[str | None, option(PORT, metavar="PORT"), UNRECORDED] = None
    board: Annotated[str, BOARD] = "icebreaker_learns"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.port is None and any(getattr(self, field.name) != field.default for field in fields(self)):
            raise ValueError("--baud, --board and --step are for a board: name it with --port")


@dataclass(frozen=True, kw_only=True)
class TextWay(Way):
    """The same of a text."""

    step: Annotated[Literal[1, 2, 4, 8, 16, 32, 64], option(STEP)] = 1


@dataclass(frozen=True, kw_only=True)
class LearnOptions(Options):
    """What learning is about, whatever is learned. ``on_board``: the options that a board has a use for."""

    on_board: ClassVar[Sequence[str]] = ("network", "minutes", "seed", "out")

    below: Annotated[int | None, integer_option(BELOW, low=0, high=12)] = None
    minutes: Annotated[float | None, run_option(MINUTES, low=0, high=1e6)] = None
    seed: Annotated[int, run_option("of every random choice", low=0, high=(1 << 32) - 1)] = 0
    out: Annotated[Path | None, file_option("the network file; left out: learned.safetensors"), UNRECORDED] = None

    def for_board(self, defaults: Self) -> Self:
        """What a board makes of these: no bits below the entries. ``ValueError`` where one is set that it can't follow."""
        for name in (field.name for field in fields(self)):
            if name not in self.on_board and getattr(self, name) != getattr(defaults, name):
                raise ValueError(f"{flag_of(name)} is for learning on this computer: leave it out, or --port")
        return replace(self, below=0)


@dataclass(frozen=True, kw_only=True)
class TextLearnOptions(LearnOptions):
    """How a text is learned. Shape and widths: of a network that begins from nothing."""

    on_board: ClassVar[Sequence[str]] = (*LearnOptions.on_board, "text", "characters", "pieces", "layers")

    text: Annotated[Path | None, file_option("any file; its last tenth is held out. Left out: Python's own help topics")] = None
    network: Annotated[str | None, file_option(f"begin with {NETWORK.help}; left out: from nothing", metavar="NAME")] = None
    layers: Annotated[Literal["all", "output", "new"], run_option(f"what learns: all layers, the output tables, or of these {NEW}")] = "all"
    characters: Annotated[int | None, run_option(CHARACTERS, low=1, high=1e12)] = None
    streams: Annotated[int, run_option(STREAMS, low=1, high=4096)] = 1
    pieces: Annotated[int, run_option(PIECES, low=1, high=100_000)] = 1
    steps_back: Annotated[int, run_option("symbols of a window, through which errors go back", low=1, high=256)] = 8
    draws: Annotated[Literal[1, 2, 4, 8], run_option("symbols drawn to find the error of a step")] = 4
    rates: Annotated[
        Rates | None,
        word(RATES_HELP, Rates.named, metavar="R,R,R", between=",", group=RUN),
    ] = None
    schedule: Annotated[
        tuple[int, ...],
        word(SCHEDULE, schedule_word, metavar="P,P,...", between=",", group=RUN, show_default=_commas),
    ] = (35, 20, 15, 12, 10, 8)
    n: Annotated[int, shape_option("neurons", low=2, high=32767)] = 128
    hidden: Annotated[tuple[int, int], tables_option("hidden tables and anchor pairs of each, such as 6x5", show_default=_crossed)] = (6, 5)
    output: Annotated[tuple[int, int], tables_option("output tables, likewise", show_default=_crossed)] = (16, 5)
    symbols: Annotated[int, shape_option("size of the vocabulary, the unknown symbol included", low=2, high=256)] = 66
    bits: Annotated[Literal[4, 8], integer_option("of an entry, as the forward pass reads it")] = 8
    hidden_unit: Annotated[float, integer_option("unit of hidden tables and embedder, a power of two")] = 1 / 32
    output_unit: Annotated[float, integer_option("unit of the output tables, likewise")] = 1 / 16

    def first_rates(self) -> Rates:
        """Those of the first part of the schedule."""
        if self.rates is not None:
            return self.rates
        if self.network is not None:
            return NETWORK_RATES
        output, hidden = (max(round(log2(tables[0] / many)), 0) for tables, many in zip((self.output, self.hidden), MANY, strict=True))
        return Rates(output=5 + output, hidden=4 + hidden, embed=1)

    def refuse_shape(self) -> None:
        """``ValueError`` if a shape is asked for that the network to begin with may not have."""
        plain = TextLearnOptions()
        for name in FROM_NOTHING:
            if getattr(self, name) != getattr(plain, name):
                raise ValueError(f"--{name.replace('_', '-')} is for a network that begins from nothing: leave it out, or --network")

    def for_board(self, defaults: Self) -> Self:
        if self.network is None:
            raise ValueError("--port needs --network: a board begins with a network")
        if self.layers == "new":
            raise ValueError("--layers is for learning on this computer, where it says new: leave it out, or --port")
        return replace(super().for_board(defaults), layers="output", draws=1, schedule=(100,))

    def edges(self, total: int) -> list[int]:
        """Where each part of ``total`` ends."""
        return [total * percent // 100 for percent in accumulate(self.schedule)]


@dataclass(frozen=True, kw_only=True)
class ClassLearnOptions(LearnOptions):
    """How a classifier learns labelled samples."""

    on_board: ClassVar[Sequence[str]] = (*LearnOptions.on_board, "data", "zero", "passes", "samples", "margin", "bits")

    network: Annotated[str, file_option(f"begin with {NETWORK.help}: its anchors, and its tables unless --zero", metavar="NAME")]
    data: Annotated[Path | None, file_option("samples and labels, as its training took them; digits needs none", metavar="PATH")] = None
    layers: Annotated[Literal["output", "new"], run_option(f"what learns: the output tables, or {NEW}")] = "output"
    zero: Annotated[bool, run_option("begin with output tables of zeros")] = False
    passes: Annotated[int, run_option("times that each sample is learned, in an order drawn anew", low=1, high=100_000)] = 1
    samples: Annotated[int | None, run_option(SAMPLES, low=1, high=1e12)] = None
    margin: Annotated[
        int | None, run_option("latency by which a class must be ahead; left out: 3 steps of all tables", low=1, high=32767)
    ] = None
    bits: Annotated[Literal[4, 8] | None, integer_option("of an entry, as the forward pass reads it; left out: the network's")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.zero and self.layers == "new":
            raise ValueError("--zero begins with all output tables at zero: leave it out, or --layers new")
