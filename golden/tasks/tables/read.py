"""Tables of samples in files: CSV and TSV with named columns, NPZ with two arrays."""

import gzip
import hashlib
import io
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from polychron.command.terminal import printable
from polychron.system.files import read_input

from ...integer.layer import NetworkError
from ..fitting.outputs import Answers
from ..fitting.quantiles import Numbers
from ..fitting.recipe import MAX_INPUTS, MAX_OUTPUTS
from .columns import Columns, pandas_module
from .target import Target

FORMATS = ".csv, .tsv, .csv.gz, .tsv.gz or .npz"
MAX_BYTES = 1 << 30  # of a file, unpacked


@dataclass(frozen=True, kw_only=True)
class Samples:
    """``x`` (samples, inputs) numbers, NaN where one is missing; ``answers`` as the target has read them; ``groups`` (samples,) or None.

    ``names`` of the inputs; ``targets``: the names of the columns of the answers; ``sha256`` of the file.
    """

    x: Numbers
    answers: Answers
    names: tuple[str, ...]
    targets: tuple[str, ...]
    groups: Answers | None
    sha256: str


def read_samples(path: Path, read: Target, *, target: str | tuple[str, ...] | None, group: str | None, scored: bool = False) -> Samples:
    """The samples of a file. ``target``: the columns of what is to be learnt, as ``read`` takes them, the last one if it is left out;
    ``group``: one that is no input, whose values say which samples belong together. ``scored``: the file is scored by a network that was
    trained on another and has these names; it may lack the groups. Whatever is wrong is a ``NetworkError`` that names the file, and the
    column.
    """
    content = read_input(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    try:
        if suffixes[-1:] == [".npz"]:
            table = _arrays(content)
        else:
            text, separator = _text(content, suffixes)
            frame = _named(_frame(text, separator))
            table = Columns(frame=frame, words=partial(_words, text, separator), last=tuple(frame.columns[-1:]))
        found = _samples(table, read, target=target, group=group, scored=scored)
    except NetworkError as error:
        raise NetworkError(f"{printable(path)}: {error}") from None
    return Samples(**found, sha256=hashlib.sha256(content).hexdigest())


def _samples(table: Columns, read: Target, *, target: str | tuple[str, ...] | None, group: str | None, scored: bool) -> dict[str, Any]:
    if scored and group not in table.names:
        group = None
    targets = table.last if target is None else read.columns(target, table.names) if isinstance(target, str) else target
    for option, names in (("--target: ", targets or ("",)), ("--group: ", () if group is None else (group,))):
        for name in names:
            if name not in table.names:
                begin = "" if scored else option  # the card names it, not the user
                shown = printable(", ".join(table.names), limit=300)
                raise NetworkError(f"{begin}there is no column {printable(name)!r}; the columns are: {shown}")
    if len(set(targets)) < len(targets):
        raise NetworkError("--target must name each column once")
    if group is not None and group in targets:
        raise NetworkError(f"--group must name another column than that of the {read.what}, {printable(group)!r}")
    inputs = tuple(name for name in table.names if name not in (*targets, group))
    if not 1 <= len(inputs) <= MAX_INPUTS or len(table.frame) < 2:
        found = f"{len(inputs)} inputs and {len(table.frame)} samples"
        raise NetworkError(f"a table must have 1..{MAX_INPUTS} inputs beside its {read.what}, and two samples or more, not {found}")
    x = np.stack([table.numbers(name) for name in inputs], axis=1)
    groups = None if group is None else table.groups(group)
    return {"x": x, "answers": read.read(table, targets), "names": inputs, "targets": targets, "groups": groups}


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
    pandas = pandas_module()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as of rows that are longer than the names
            return pandas.read_csv(io.BytesIO(text), sep=separator, low_memory=False, index_col=False, **rest)
    except MemoryError:
        raise
    except Exception as error:  # pandas raises what it likes
        raise NetworkError(f"no table can be read from it: {printable(str(error).strip(), limit=300)}") from None


def _named(frame: Any) -> Any:
    """Every column by a text."""
    frame.columns = [str(name) for name in frame.columns]
    return frame


def _words(text: bytes, separator: str, column: int) -> Any:
    """A column as it is written: missing is an empty field alone, and not a word such as None."""
    frame = _frame(text, separator, usecols=[column], dtype=str, keep_default_na=False, na_values=[""])
    return frame.iloc[:, 0]


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise NetworkError(f"it must have at most {MAX_BYTES} bytes, unpacked")


def _arrays(content: bytes) -> Columns:
    """The arrays ``X`` and ``y`` of an NPZ file as a table; of a ``y`` with columns, each of them."""
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
        raise NetworkError("it must have the arrays X, a row for each sample, and y, what is to be learnt of it")
    x, y = arrays["X"], arrays["y"]
    if x.ndim < 2 or y.ndim not in (1, 2) or len(y) != len(x) or x.size == 0 or y.size == 0:
        raise NetworkError(f"X must have a row for each one of y, not {x.shape} for {y.shape}")
    if x.size // len(x) > MAX_INPUTS:
        raise NetworkError(f"X must have at most {MAX_INPUTS} numbers a row, not {x.size // len(x)}")
    if y.size // len(y) > MAX_OUTPUTS:
        raise NetworkError(f"y must have at most {MAX_OUTPUTS} columns, not {y.size // len(y)}")
    for name, array in arrays.items():
        if array.dtype.kind == "V":
            raise NetworkError(f"{name} must be a plain array, not one of records")
    pandas = pandas_module()
    named = {"y": y} if y.ndim == 1 else {f"y{number}": column for number, column in enumerate(y.T)}
    frame = pandas.DataFrame(x.reshape(len(x), -1))
    frame.columns = [f"X{number}" for number in range(frame.shape[1])]
    return Columns(frame=pandas.concat([frame, pandas.DataFrame(named)], axis=1), words=None, last=tuple(named))
