"""NPZ with the arrays X, a row for each sample, and y, what is to be learnt of it: of one column, or of several, where it isn't in X."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.recipe import MAX_INPUTS, MAX_OUTPUTS
from .array import array_of
from .content import check_size, named, read_content, take
from .table import Table, Wanted, frame_of, rows_frame

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of packing: those of NumPy."""


def read(path: Path, wanted: Wanted) -> Table:
    """The table of both arrays, or of X alone; X may have more than two dimensions."""
    with named(path):
        content = read_content(path)
        parts = _parts(content, ("X", "y") if wanted.answers else ("X",))
        if wanted.answers and len(parts) < 2:
            raise NetworkError("it must have the arrays X, a row for each sample, and y, what is to be learnt of it")
        if not parts:
            raise NetworkError("it must have the array X, a row for each sample")
        arrays = {}
        for name, part in parts.items():
            try:
                arrays[name] = array_of(part)
            except NetworkError as error:
                raise NetworkError(f"array {name}: {error}") from None
        frame, y, shape = _frame(**arrays), arrays.get("y"), arrays["X"].shape[1:]
    sha256 = hashlib.sha256(content).hexdigest()
    if y is None:
        return Table(frame=frame, sha256=sha256, files=(path,), shape=shape)
    return Table(frame=frame, sha256=sha256, files=(path,), answers=y.size // len(y), apart=True, shape=shape)


def _parts(content: bytes, wanted: tuple[str, ...]) -> dict[str, bytes]:
    """The bytes of the ``wanted`` arrays, as far as they are there."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {part.filename.removesuffix(".npy"): part for part in archive.infolist()}
            parts = {name: names[name] for name in wanted if name in names}
            check_size(sum(part.file_size for part in parts.values()))
            for name, part in parts.items():
                if part.compress_type not in METHODS:
                    raise NetworkError(f"array {name} must be packed as NumPy packs it, by deflate, or not at all")
                with archive.open(part) as file:
                    found[name] = take(file, part.file_size)
    except (NetworkError, MemoryError):
        raise
    except Exception as error:  # zipfile raises what it likes
        raise NetworkError(f"no arrays can be read from it: {printable(error, limit=300)}") from None
    return found


def _frame(X: Any, y: Any = None) -> Any:
    if y is None:
        if not X.ndim:
            raise NetworkError("X must have a row for each sample, and is a single value")
        X = X.reshape(len(X), -1) if X.ndim == 1 else X
    if y is not None and (X.ndim < 2 or y.ndim not in (1, 2) or len(y) != len(X)):
        raise NetworkError(f"X must have a row for each one of y, not {printable(X.shape)} for {printable(y.shape)}")
    if X.size // len(X) > MAX_INPUTS:
        raise NetworkError(f"X must have at most {MAX_INPUTS} numbers a row, not {X.size // len(X)}")
    if y is None:
        return rows_frame(X)
    if y.size // len(y) > MAX_OUTPUTS:
        raise NetworkError(f"y must have at most {MAX_OUTPUTS} columns, not {y.size // len(y)}")
    return frame_of(X, y, name="y")
