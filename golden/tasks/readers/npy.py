"""NPY with one array, a row for each sample: its columns are named by their numbers. A list of numbers is a column where it may be."""

import hashlib
from pathlib import Path

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.recipe import MAX_INPUTS
from .array import array_of
from .content import named, read_content
from .table import Table, Wanted, plain_frame


def read(path: Path, wanted: Wanted) -> Table:
    """The table of an array of two dimensions."""
    with named(path):
        content = read_content(path)
        array = array_of(content)
        if array.ndim == 1 and not wanted.answers:
            array = array[:, None]
        if array.ndim != 2 or array.shape[1] > MAX_INPUTS + 2:
            limit = f"at most {MAX_INPUTS} columns of inputs"
            raise NetworkError(f"it must have a row for each sample, and {limit}, not the shape {printable(array.shape)}")
        frame = plain_frame(array)
    frame.columns = [str(number) for number in range(array.shape[1])]
    return Table(frame=frame, sha256=hashlib.sha256(content).hexdigest(), files=(path,), whole=True)
