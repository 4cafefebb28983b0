"""NPZ with the arrays X, a row for each sample, and y, what is to be learnt of it: of one column, or of several."""

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
from .table import Table, Wanted, frame_of

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of packing: those of NumPy."""


def read(path: Path, wanted: Wanted) -> Table:
    """The table of both arrays; X may have more than two dimensions."""
    with named(path):
        content = read_content(path)
        parts = _parts(content)
        if len(parts) < 2:
            raise NetworkError("it must have the arrays X, a row for each sample, and y, what is to be learnt of it")
        arrays = {}
        for name, part in parts.items():
            try:
                arrays[name] = array_of(part)
            except NetworkError as error:
                raise NetworkError(f"array {name}: {error}") from None
        frame, y, shape = _frame(**arrays), arrays["y"], arrays["X"].shape[1:]
    return Table(frame=frame, sha256=hashlib.sha256(content).hexdigest(), files=(path,), answers=y.size // len(y), apart=True, shape=shape)


def _parts(content: bytes) -> dict[str, bytes]:
    """The bytes of X and y, as far as they are there."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {part.filename.removesuffix(".npy"): part for part in archive.infolist()}
            parts = {name: names[name] for name in ("X", "y") if name in names}
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


def _frame(X: Any, y: Any) -> Any:
    if X.ndim < 2 or y.ndim not in (1, 2) or len(y) != len(X):
        raise NetworkError(f"X must have a row for each one of y, not {printable(X.shape)} for {printable(y.shape)}")
    if X.size // len(X) > MAX_INPUTS:
        raise NetworkError(f"X must have at most {MAX_INPUTS} numbers a row, not {X.size // len(X)}")
    if y.size // len(y) > MAX_OUTPUTS:
        raise NetworkError(f"y must have at most {MAX_OUTPUTS} columns, not {y.size // len(y)}")
    return frame_of(X, y, name="y")
