"""Tables of samples in files: CSV and TSV with named columns, NPZ with two arrays."""

import gzip
import hashlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable
from polychron.system.files import read_input

from ...integer.layer import NetworkError
from ..classes.quantiles import Numbers
from ..classes.recipe import MAX_INPUTS
from .labels import are_texts

FORMATS = ".csv, .tsv, .csv.gz, .tsv.gz or .npz"
MAX_BYTES = 1 << 30  # of a file, unpacked

Words = Callable[[int], Any]
"""Gives a column of the file, by its number, as it is written."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """``x`` (samples, inputs) numbers, NaN where one is missing; ``labels`` (samples,) of any type; ``groups`` (samples,) or None.

    ``names`` of the inputs; ``target``: the name of the labels' column; ``sha256`` of the file.
    """

    x: Numbers
    labels: npt.NDArray[Any]
    names: tuple[str, ...]
    target: str
    groups: npt.NDArray[Any] | None
    sha256: str


def read_samples(path: Path, *, target: str | None, group: str | None, known: npt.NDArray[Any] | None = None) -> Samples:
    """The samples of a file. ``target``: the column of the labels, the last one if it is left out; ``group``: one that is no input, whose
    values say which samples belong together. ``known``: labels that the file is scored by; where they are texts, so are the file's, and
    it may lack the groups. Whatever is wrong is a ``NetworkError`` that names the file, and the column.
    """
    content = read_input(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    try:
        if suffixes[-1:] == [".npz"]:
            frame, words = _arrays(content), None
        else:
            text, separator = _text(content, suffixes)
            frame, words = _frame(text, separator), partial(_words, text, separator)
        found = _samples(frame, words, target=target, group=group, known=known)
    except NetworkError as error:
        raise NetworkError(f"{printable(path)}: {error}") from None
    return Samples(**found, sha256=hashlib.sha256(content).hexdigest())


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise NetworkError("tables are read by pandas: pip install 'polychron[tasks]'") from None
    return pandas


def _text(content: bytes, suffixes: list[str]) -> tuple[bytes, str]:
    """Unpacked, and what is between its columns."""
    packed = suffixes[-1:] == [".gz"]
    kind = suffixes[-2:-1] if packed else suffixes[-1:]
    if kind not in ([".csv"], [".tsv"]):
        raise NetworkError(f"the name must end with {FORMATS}")
    try:
        text = gzip.open(io.BytesIO(content)).read(MAX_BYTES + 1) if packed else content
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"it can't be unpacked: {printable(error, limit=300)}") from None
    _check_size(len(text))
    return text, "," if kind == [".csv"] else "\t"


def _frame(text: bytes, separator: str, **rest: Any) -> Any:
    pandas = _pandas()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as of rows that are longer than the names
            return pandas.read_csv(io.BytesIO(text), sep=separator, low_memory=False, index_col=False, **rest)
    except MemoryError:
        raise
    except Exception as error:  # pandas raises what it likes
        raise NetworkError(f"no table can be read from it: {printable(str(error).strip(), limit=300)}") from None


def _words(text: bytes, separator: str, column: int) -> Any:
    """A column as it is written: missing is an empty field alone, and not a word such as None."""
    frame = _frame(text, separator, usecols=[column], dtype=str, keep_default_na=False, na_values=[""])
    return frame.iloc[:, 0]


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise NetworkError(f"it must have at most {MAX_BYTES} bytes, unpacked")


def _arrays(content: bytes) -> Any:
    """The arrays ``X`` and ``y`` of an NPZ file as a table."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(sum(part.file_size for part in archive.infolist()))
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            found = {name: file[name] for name in ("X", "y") if name in file}
    except (NetworkError, MemoryError):
        raise
    except Exception as error:  # zipfile and NumPy raise what they like
        raise NetworkError(f"no arrays can be read from it: {printable(error, limit=300)}") from None
    arrays = {name: array for name, array in found.items() if isinstance(array, np.ndarray)}  # a part that is none comes as bytes
    if len(arrays) < 2:
        raise NetworkError("it must have the arrays X, a row for each sample, and y, the labels")
    x, y = arrays["X"], arrays["y"]
    if x.ndim < 2 or y.shape != x.shape[:1] or x.size == 0:
        raise NetworkError(f"X must have a row for each label in y, not {x.shape} for {y.shape}")
    if x.size // len(x) > MAX_INPUTS:
        raise NetworkError(f"X must have at most {MAX_INPUTS} numbers a row, not {x.size // len(x)}")
    for name, array in arrays.items():
        if array.dtype.kind == "V":
            raise NetworkError(f"{name} must be a plain array, not one of records")
    pandas = _pandas()
    frame = pandas.DataFrame(x.reshape(len(x), -1))
    frame.columns = [f"X{number}" for number in range(frame.shape[1])]
    return frame.assign(y=y)


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
    x = np.stack([_numbers(frame[name], name) for name in names], axis=1)
    texts = known is not None and are_texts(known)
    labels = _labels(_there(frame, label, "label", words, texts=texts), label)
    groups = None if group is None else _there(frame, group, "group", words, texts=False).astype(str).to_numpy(object)
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
            found = _pandas().to_numeric(column, errors="coerce")
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
