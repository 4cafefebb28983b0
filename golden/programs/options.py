"""Which programs there are, and the options that say which are trained on. Light, for every command's help."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from cyclopts import Group

from polychron.command.options import Options, option

from .tokens import HIGHEST

MOST_PROGRAMS, MOST_SEED = 20_000_000, 1 << 62
WORLD = Group("World", sort_key=1)
world_option = partial(option, group=WORLD)


class WorldError(ValueError):
    """A world that isn't there, or has too few programs."""


@dataclass(frozen=True, kw_only=True)
class World:
    """``seed`` of all draws; operands are -``largest``..``largest``."""

    seed: int = 0
    largest: int = 99

    def __post_init__(self) -> None:
        if not 1 <= self.largest <= HIGHEST:
            raise WorldError(f"the largest operand must be 1..{HIGHEST}, not {self.largest}")


@dataclass(frozen=True, kw_only=True)
class WorldOptions(Options):
    """A training set of true programs."""

    programs: Annotated[int, world_option("programs of the training set", low=1, high=MOST_PROGRAMS)] = 400_000
    world: Annotated[int, world_option("seed of the programs that are drawn", low=0, high=MOST_SEED)] = 0
    largest: Annotated[int, world_option("largest magnitude of an operand", low=1, high=HIGHEST)] = 99

    def chosen(self) -> World:
        return World(seed=self.world, largest=self.largest)
