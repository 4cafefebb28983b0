"""Samples in files, as what a classifier trains on: numbers, labels, groups."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..classes.quantiles import Numbers
from ..classes.recipe import MAX_INPUTS
from ..readers.content import named
from ..readers.registry import read_table
from ..readers.sizes import Size
from ..readers.table import Wanted, Words, pandas
from .labels import are_texts


@dataclass(frozen=True, kw_only=True)
class Samples:
    """``x`` (samples, inputs) numbers, NaN where one is missing; ``labels`` (samples,) of any type; ``groups`` (samples,) or None.

    ``names`` of the inputs; ``target``: the name of the labels' column; ``files`` that were read, and their ``sha256``. ``size``: height
    and width, where the samples are images; the last ``held_out`` samples are those that the source itself keeps for a test.
    """

    x: Numbers
    labels: npt.NDArray[Any]
    names: tuple[str, ...]
    target: str
    groups: npt.NDArray[Any] | None
    sha256: str
    files: tuple[Path, ...]
    size: Size | None
    held_out: int


def read_samples(
    path: Path, *, target: str | None, group: str | None, size: Size | None = None, known: npt.NDArray[Any] | None = None
) -> Samples:
    """The samples of a file or a folder. ``target``: the column of the labels, the last one if it is left out; ``group``: one that is no
    input, whose values say which samples belong together; ``size``: of images. ``known``: labels that the samples are scored by; where they
    are texts, so are the file's, and it may lack the groups. Whatever is wrong is a ``NetworkError`` that names the file, and the column.
    """
    table = read_table(path, Wanted(target=target, size=size))
    with named(path):
        if size is not None and table.size is None and known is None:
            raise NetworkError("--size is for images, and these are none")
        found = _samples(table.frame, table.words, target=target, group=group, known=known)
    return Samples(**found, sha256=table.sha256, files=table.files, size=table.size, held_out=table.held_out)


def _samples(frame: Any, words: Words | None, *, target: str | None, group: str | None, known: npt.NDArray[Any] | None) -> dict[str, Any]:
    columns = [str(name) for name in frame.columns]
    frame.columns = columns
    label = target if target is not None else columns[-1] if columns else ""
    if known is not None and group not in columns:
        group = None
    for option, name in (("--target: ", label), ("--group: ", group)):
        if name is not None and name not in columns:
            begin = option if known is None else ""  # the card names it, not the user
            shown = printable(", ".join(columns), limit=300)
            raise NetworkError(f"{begin}there is no column {printable(name)!r}; the columns are: {shown}")
    if group is not None and label == group:
        raise NetworkError(f"--group must name another column than that of the labels, {printable(label)!r}")
    names = [name for name in columns if name not in (label, group)]
    if not 1 <= len(names) <= MAX_INPUTS or len(frame) < 2:
        found = f"{len(names)} inputs and {len(frame)} samples"
        raise NetworkError(f"a table must have 1..{MAX_INPUTS} inputs beside its labels, and two samples or more, not {found}")
    x = np.empty((len(frame), len(names)))
    for number, name in enumerate(names):
        x[:, number] = _numbers(frame[name], name)
    texts = known is not None and are_texts(known)
    labels = _labels(_there(frame, label, "label", words, texts=texts), label)
    groups = None if group is None else np.array([str(value) for value in _there(frame, group, "group", words, texts=False)], object)
    return {"x": x, "labels": labels, "names": tuple(names), "target": label, "groups": groups}


def _there(frame: Any, name: str, what: str, words: Words | None, *, texts: bool) -> Any:
    """A column in which nothing may be missing. Among texts a word such as None is one of them; among numbers it is a missing one."""
    column = frame[name]
    if words is not None and (texts or (column.isna().any() and not _truth(column) and column.dtype.kind not in "biuf")):
        column = words(list(frame.columns).index(name))
    missing = np.flatnonzero(column.isna().to_numpy())
    if len(missing):
        raise NetworkError(f"column {printable(name)!r}: sample {missing[0] + 1} has no {what}")
    return column


def _truth(column: Any) -> bool:
    """Whether all that is there are truth values."""
    return all(isinstance(value, bool) for value in column.dropna())


def _numbers(column: Any, name: str) -> Numbers:
    if column.dtype.kind == "O":  # truth values of which some are missing, or numbers of more than 64 bits
        with suppress(TypeError, OverflowError):
            found = pandas().to_numeric(column, errors="coerce")
            column = found if (found.isna() == column.isna()).all() else column
    if column.dtype.kind not in "biuf":
        raise NetworkError(f"column {printable(name)!r} must hold numbers; make numbers of its texts, or leave it out")
    values = column.to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise NetworkError(f"column {printable(name)!r}: sample {np.flatnonzero(np.isinf(values))[0] + 1} is infinite")
    return np.asarray(values, np.float64)


def _labels(column: Any, name: str) -> npt.NDArray[Any]:
    """Texts where they are no numbers and no truth values, as a column of both is."""
    values = column.to_numpy()
    if values.dtype.kind not in "biuf":
        return np.array([value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value) for value in values])
    values = values.astype(np.float64) if values.dtype.kind == "f" else values
    if np.isinf(values).any():
        raise NetworkError(f"column {printable(name)!r}: the label of sample {np.flatnonzero(np.isinf(values))[0] + 1} is infinite")
    return np.asarray(values)
