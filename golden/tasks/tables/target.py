"""What is to be learnt of a table: the labels in one of its columns, or the numbers in one or several."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.outputs.base import Answers
from ..fitting.outputs.values import LARGEST
from .columns import Columns


class Target(ABC):
    """How it is named and read. ``what`` it is; ``numbers``: whether it must be numbers; ``needed``: whether there must be any;
    ``kept``: whether they are inputs, too, so that arrays have no others for them."""

    what: ClassVar[str]
    numbers: ClassVar[bool] = False
    needed: ClassVar[bool] = True
    kept: ClassVar[bool] = False

    @abstractmethod
    def columns(self, said: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those that ``--target`` means, of a table with columns of these ``names``."""

    @abstractmethod
    def read(self, table: Columns, names: tuple[str, ...]) -> Answers:
        """What stands in the columns ``names``; ``NetworkError`` where one holds something else."""


@dataclass(frozen=True, kw_only=True)
class Labels(Target):
    """``texts``: whether they are texts whatever they look like."""

    what = "labels"
    texts: bool = False

    def columns(self, said: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return (said,)

    def read(self, table: Columns, names: tuple[str, ...]) -> Answers:
        """(samples,) of any type."""
        if len(names) > 1:
            raise NetworkError(f"the labels must be in one column, not in {len(names)}")
        return table.labels(names[0], texts=self.texts)


@dataclass(frozen=True, kw_only=True)
class OptionalLabels(Labels):
    """Labels, or none."""

    needed = False

    def read(self, table: Columns, names: tuple[str, ...]) -> Answers:
        """(samples,) of any type; of objects, all None, where there are no labels."""
        return super().read(table, names) if names else np.full(table.samples, None)


def listed_columns(said: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are named with commas between; a name that has commas is one column if there is such a one."""
    return (said,) if said in names else tuple(said.split(","))


class Numeric(Target):
    """Numbers, of which none may be missing."""

    what = "targets"
    numbers = True

    def columns(self, said: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return listed_columns(said, names)

    def read(self, table: Columns, names: tuple[str, ...]) -> Answers:
        """(samples, targets) float64."""
        found = []
        for name in names:
            values = table.numbers(name)
            if (missing := np.flatnonzero(np.isnan(values))).size:
                raise NetworkError(f"column {printable(name)!r}: sample {missing[0] + 1} has no number")
            if (large := np.flatnonzero(np.abs(values) > LARGEST)).size:
                raise NetworkError(f"column {printable(name)!r}: sample {large[0] + 1} is beyond {LARGEST:g}")
            found.append(values)
        return np.stack(found, axis=1)


class Channels(Target):
    """Channels of signals that are told before they come: those that are named, or all."""

    what = "channels to tell"
    numbers = True
    needed = False
    kept = True

    def columns(self, said: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return listed_columns(said, names)

    def read(self, table: Columns, names: tuple[str, ...]) -> Answers:
        """(samples,) zeros: how many samples at the beginning of each signal are only read."""
        return np.zeros(table.samples, np.int64)
