"""Which programs there are, and the options that say which are trained on. Light, for every command's help."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from cyclopts import Group

from polychron.command.options import Options, option

from .tokens import HIGHEST

MOST_PROGRAMS, MOST_SEED = 20_000_000, 1 << 62
MOST_PLANTED, MOST_COPIES = 10_000, 1000
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
class Planted:
    """Programs put into a training set again, ``copies`` of each: so many ``contradictions``, with a wrong completion, and ``duplicates``,
    as they are."""

    contradictions: int = 0
    duplicates: int = 0
    copies: int = 20

    def __bool__(self) -> bool:
        return self.contradictions + self.duplicates > 0


@dataclass(frozen=True, kw_only=True)
class WorldOptions(Options):
    """A training set of true programs."""

    programs: Annotated[int, world_option("programs of the training set", low=1, high=MOST_PROGRAMS)] = 400_000
    world: Annotated[int, world_option("seed of the programs that are drawn", low=0, high=MOST_SEED)] = 0
    largest: Annotated[int, world_option("largest magnitude of an operand", low=1, high=HIGHEST)] = 99
    contradictions: Annotated[
        int, world_option("programs of the training set that are planted in it again with a wrong completion", low=0, high=MOST_PLANTED)
    ] = 0
    duplicates: Annotated[int, world_option("programs that are planted again as they are", low=0, high=MOST_PLANTED)] = 0
    copies: Annotated[int, world_option("copies of each planted program", low=1, high=MOST_COPIES)] = 20

    def planted(self) -> Planted:
        return Planted(contradictions=self.contradictions, duplicates=self.duplicates, copies=self.copies)

    def chosen(self) -> World:
        return World(seed=self.world, largest=self.largest)
