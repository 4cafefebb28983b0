"""Shapes, and which of them a search draws from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from golden.tasks.tables.options import LearnOptions

if TYPE_CHECKING:
    from optuna.trial import Trial

    from golden.tasks.fitting.aims import Aim

MOST_TABLES, MOST_PAIRS = 1023, 16
FACTORS = (1 / 4, 1 / 2, 1, 2)
"""Epochs that are tried, in those that a training has if nothing is said."""


class Shape(NamedTuple):
    """So many look-up tables of so many anchor pairs each, and how often joint fitting looks at each sample."""

    tables: int
    pairs: int
    epochs: int

    def __str__(self) -> str:
        return f"{counted(self.tables, 'table')} of {counted(self.pairs, 'pair')}, {counted(self.epochs, 'epoch')}"


def counted(count: int, what: str) -> str:
    """In words, for messages."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


@dataclass(frozen=True, kw_only=True)
class Space:
    """``least``..1023 tables of 1..``pairs`` pairs, and one of ``epochs``. ``default``: what a training has if nothing is said."""

    pairs: int
    epochs: tuple[int, ...]
    default: Shape
    least: int = 1

    @classmethod
    def of(cls, samples: int, *, aim: "Aim", options: LearnOptions, gentle: bool = False) -> Self:
        """For so many samples to train on."""
        from golden.tasks.fitting.learning import recipe_for

        recipe = recipe_for(samples, aim=aim, tables=options.tables, pairs=options.pairs, epochs=None, gentle=gentle)
        return cls.around(Shape(options.tables, options.pairs, recipe.epochs), samples=samples)

    @classmethod
    def around(cls, default: Shape, *, samples: int, least: int = 1) -> Self:
        """The same: a table of more rows than there are samples would have rows that none of them visits."""
        pairs = min(MOST_PAIRS, max(default.pairs, samples.bit_length() - 1))
        epochs = sorted({max(1, round(factor * default.epochs)) for factor in FACTORS})
        return cls(pairs=pairs, epochs=tuple(epochs), default=default, least=least)

    def drawn(self, trial: "Trial") -> Shape:
        """What the sampler of a study suggests."""
        tables = trial.suggest_int("tables", self.least, MOST_TABLES, log=True)
        pairs = trial.suggest_int("pairs", 1, self.pairs)
        return Shape(tables, pairs, trial.suggest_categorical("epochs", self.epochs))
