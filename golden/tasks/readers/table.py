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
    """What is asked of a reader. ``size``: of all images, or None; ``numbers``: whether what is to be learnt must be numbers;
    ``answers``: whether arrays of their own have it."""

    size: Size | None = None
    numbers: bool = False
    answers: bool = True


@dataclass(frozen=True, kw_only=True)
class Table:
    """``frame``: a pandas.DataFrame; ``words``: where a file is of texts; ``whole``: where all columns have the type of one array, so that
    whole numbers may be floats. What is learnt where nothing else is said is in the last ``answers`` columns; ``apart``:
    whether the file itself tells them from inputs.

    ``files`` that were read, and their ``sha256``. ``size`` of the images that the rows are; ``shape`` of the numbers of a row
    where an array has them; the last ``held_out`` rows are those that the source itself keeps for a test. Where rows are steps of
    signals whatever is asked for, ``series`` names the column that says of which, and ``group`` that of the signals that belong together;
    ``heard``: by which front end, of sounds.
    """

    frame: Any
    sha256: str
    files: tuple[Path, ...]
    answers: int = 1
    apart: bool = False
    words: Words | None = None
    whole: bool = False
    size: Size | None = None
    shape: tuple[int, ...] | None = None
    held_out: int = 0
    series: str | None = None
    group: str | None = None
    heard: str | None = None


def pandas() -> Any:
    """The package, or a ``NetworkError`` that says how to get it."""
    try:
        import pandas
    except ImportError:
        raise NetworkError("samples are read by pandas: pip install 'polychron[tasks]'") from None
    return pandas


def frame_of(x: npt.NDArray[Any], y: npt.NDArray[Any], *, name: str) -> Any:
    """Numbers (samples, ...) and what is to be learnt, (samples,) or (samples, columns), as a frame of columns X0, X1, and so on, and
    ``name``; of several, ``name`` and their numbers."""
    frame = rows_frame(x)
    answers = plain_frame(y.reshape(len(y), -1))
    answers.columns = [name] if y.ndim == 1 else [f"{name}{number}" for number in range(y.shape[1])]
    return pandas().concat([frame, answers], axis=1)


def rows_frame(x: npt.NDArray[Any]) -> Any:
    """Numbers (samples, ...) as a frame of columns X0, X1, and so on."""
    frame = plain_frame(x.reshape(len(x), -1))
    frame.columns = [f"X{number}" for number in range(frame.shape[1])]
    return frame


def plain_frame(x: npt.NDArray[Any]) -> Any:
    """(samples, columns) as a frame; texts stay Python's, of which pandas would else make its own, if it can."""
    return pandas().DataFrame(x, dtype=object if x.dtype.kind in "OU" else None)
