"""Options that several commands share, each said once: what runs where, and how the core draws symbols."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, ArgumentCollection, Token

import boards
from boards import FlashMode
from golden.integer.shipped import shipped_networks

from .options import Options, given, option

BOARD = option(f"where the network runs: {', '.join(sorted(boards.BOARDS))}", metavar="NAME")
NETWORK = option(f"a network file, or one that ships: {', '.join(shipped_networks())}", metavar="NAME")
FLASH = option(
    "what is read from flash each clock: with byte the chip's clock is twice the core's; left out: byte where the board can, else nibble"
)
MAX_SEED = (1 << 32) - 1


@dataclass(frozen=True, kw_only=True)
class NetworkOnBoard(Options):
    """A network, and where it runs."""

    board: Annotated[str, BOARD] = "icebreaker"
    network: Annotated[str, NETWORK] = "shakespeare"


@dataclass(frozen=True, kw_only=True)
class Target(NetworkOnBoard):
    """The same, and how the board's flash is clocked."""

    flash: Annotated[FlashMode | None, FLASH] = None


DRAWN = "draw from the softmax at this temperature; 0: the earliest spike. Left out: 0.7 where text is written, else 0"


@dataclass(frozen=True, kw_only=True)
class Sampler(Options):
    """How the core chooses among the spikes of a step (docs/reference/numbers.md)."""

    temperature: Annotated[float, option(DRAWN, metavar="T", show_default=False)] = 0.0
    greedy: Annotated[bool, option("take the earliest spike; text then soon repeats itself")] = False
    k: Annotated[int, option("draw among the K earliest spikes only; 0: among all", low=0, high=8, metavar="K")] = 0
    seed: Annotated[int, option("initial state of the core's generator", low=1, high=MAX_SEED, metavar="N")] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.greedy and self.temperature != 0:
            raise ValueError("--greedy and --temperature exclude each other")


SHAKESPEARE = Target()
EARLIEST = Sampler()


def text_is_drawn(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """For commands that write text: a temperature of 0.7, unless ``--temperature``, ``--greedy`` or ``--digits`` is given."""
    if all(given(arguments, name) is None for name in ("temperature", "greedy", "digits")):
        for argument in arguments:
            if argument.name == "--temperature":
                argument.append(Token(keyword="--temperature", value="0.7", source="the default of text"))
