"""The columns of a table that was read: numbers, labels, groups, and what is wrong with one."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.outputs import Answers
from ..fitting.quantiles import Numbers

Words = Callable[[int], Any]
"""Gives a column of the file, by its number, as it is written."""


def pandas_module() -> Any:
    """pandas, or a ``NetworkError`` that says how to get it."""
    try:
        import pandas
    except ImportError:
        raise NetworkError("tables are read by pandas: pip install 'polychron[tasks]'") from None
    return pandas


@dataclass(frozen=True, kw_only=True)
class Columns:
    """``frame``: a pandas table whose columns are named by texts. ``words``: how they are written, None where they are arrays.
    ``last``: what is learnt where nothing else is said: the columns of the last array, or the last one."""

    frame: Any
    words: Words | None
    last: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.frame.columns)

    def there(self, name: str, what: str, *, texts: bool = False) -> Any:
        """A column in which no ``what`` may be missing. Among texts a word such as None is one of them, and
        among numbers a missing one."""
        column = self.frame[name]
        if self.words is not None and (texts or (column.isna().any() and not _truth(column) and column.dtype.kind not in "biuf")):
            column = self.words(self.names.index(name))
        missing = np.flatnonzero(column.isna().to_numpy())
        if len(missing):
            raise NetworkError(f"column {printable(name)!r}: sample {missing[0] + 1} has no {what}")
        return column

    def numbers(self, name: str) -> Numbers:
        """(samples,), NaN where one is missing."""
        column = self.frame[name]
        if column.dtype.kind == "O":  # truth values of which some are missing, or numbers of more than 64 bits
            with suppress(TypeError, OverflowError):
                found = pandas_module().to_numeric(column, errors="coerce")
                column = found if (found.isna() == column.isna()).all() else column
        if column.dtype.kind not in "biuf":
            raise NetworkError(f"column {printable(name)!r} must hold numbers; make numbers of its texts, or leave it out")
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
        return np.asarray(values)

    def groups(self, name: str) -> Answers:
        """(samples,) texts."""
        return np.asarray(self.there(name, "group").astype(str).to_numpy(object))


def _truth(column: Any) -> bool:
    """Whether all that is there are truth values."""
    return all(isinstance(value, bool) for value in column.dropna())
