"""What a reader gives: samples as a table, a row each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from ...integer.layer import NetworkError
from .sizes import Size

Words = Callable[[int], Any]
"""Gives a column of the file, by its number, as it is written."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the user asks of a reader. ``target``: the name of the labels' column, or None; ``size``: of all images, or None."""

    target: str | None = None
    size: Size | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """``frame``: a pandas.DataFrame, its last column the labels unless the user names another; ``words``: where a file is of texts.

    ``files`` that were read, and their ``sha256``. ``size`` of the images that the rows are; the last ``held_out`` rows are those that
    the source itself keeps for a test.
    """

    frame: Any
    sha256: str
    files: tuple[Path, ...]
    words: Words | None = None
    size: Size | None = None
    held_out: int = 0


def pandas() -> Any:
    """The package, or a ``NetworkError`` that says how to get it."""
    try:
        import pandas
    except ImportError:
        raise NetworkError("samples are read by pandas: pip install 'polychron[tasks]'") from None
    return pandas


def frame_of(x: npt.NDArray[Any], y: npt.NDArray[Any], *, label: str) -> Any:
    """Numbers (samples, ...) and labels (samples,) as a frame of columns X0, X1, and so on, and ``label``."""
    frame = plain_frame(x.reshape(len(x), -1))
    frame.columns = [f"X{number}" for number in range(frame.shape[1])]
    return frame.assign(**{label: plain_frame(y[:, None])[0]})


def plain_frame(x: npt.NDArray[Any]) -> Any:
    """(samples, columns) as a frame; texts stay Python's, of which pandas would else make its own, if it can."""
    return pandas().DataFrame(x, dtype=object if x.dtype.kind in "OU" else None)
