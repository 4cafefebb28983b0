"""The columns of a table that was read: numbers, labels, groups, and what is wrong with one."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.outputs.base import Answers
from ..fitting.quantiles import Numbers
from ..readers.table import Table, pandas

EXACT = 1 << 53
"""Whole numbers up to it are floats of 64 bits too."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Of ``table``, by their ``names``."""

    table: Table
    names: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> Self:
        """Every column is named by a text from here on."""
        table.frame.columns = names = [str(name) for name in table.frame.columns]
        return cls(table=table, names=tuple(names))

    @property
    def samples(self) -> int:
        return len(self.table.frame)

    def last(self, *, needed: bool) -> tuple[str, ...]:
        """What is learnt where nothing else is said; unless it is ``needed``, only what the file itself tells apart."""
        return self.names[-self.table.answers :] if needed or self.table.apart else ()

    def there(self, name: str, what: str, *, texts: bool = False) -> Any:
        """A column in which no ``what`` may be missing. Among texts a word such as None is one of them, and
        among numbers a missing one."""
        column, words = self.table.frame[name], self.table.words
        if words is not None and (texts or (column.isna().any() and not _truth(column) and column.dtype.kind not in "biuf")):
            column = words(self.names.index(name))
        missing = np.flatnonzero(column.isna().to_numpy())
        if len(missing):
            raise NetworkError(f"column {printable(name)!r}: sample {missing[0] + 1} has no {what}")
        return column

    def numbers(self, name: str, *, otherwise: str = "leave it out") -> Numbers:
        """(samples,), NaN where one is missing. ``otherwise``: what else to do with a column of something else."""
        column = self.table.frame[name]
        if column.dtype.kind == "O":  # truth values of which some are missing, or numbers of more than 64 bits
            with suppress(TypeError, OverflowError):
                found = pandas().to_numeric(column, errors="coerce")
                column = found if (found.isna() == column.isna()).all() else column
        if column.dtype.kind not in "biuf":
            raise NetworkError(f"column {printable(name)!r} must hold numbers; make numbers of what it holds, or {otherwise}")
        values = column.to_numpy(np.float64, na_value=np.nan)
        if np.isinf(values).any():
            raise NetworkError(f"column {printable(name)!r}: sample {np.flatnonzero(np.isinf(values))[0] + 1} is infinite")
        return np.asarray(values, np.float64)

    def labels(self, name: str, *, texts: bool) -> Answers:
        """(samples,): texts where they are no numbers and no truth values, as a column of both is; ``texts``: in any case."""
        values = self.there(name, "label", texts=texts).to_numpy()
        if values.dtype.kind not in "biuf":
            return np.array([value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value) for value in values])
        values = values.astype(np.float64) if values.dtype.kind == "f" else values
        if np.isinf(values).any():
            raise NetworkError(f"column {printable(name)!r}: the label of sample {np.flatnonzero(np.isinf(values))[0] + 1} is infinite")
        if self.table.whole and values.dtype.kind == "f" and (np.abs(values) <= EXACT).all() and (values == np.floor(values)).all():
            values = values.astype(np.int64)
        return np.asarray(values)

    def groups(self, name: str, *, what: str = "group") -> Answers:
        """(samples,) texts, of which none may be missing: each is the ``what`` of a sample."""
        return np.array([str(value) for value in self.there(name, what)], object)


def _truth(column: Any) -> bool:
    """Whether all that is there are truth values."""
    return all(isinstance(value, bool) for value in column.dropna())
