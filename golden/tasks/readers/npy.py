"""NPY with one array, a row for each sample: its columns are named by their numbers, and one of them is the labels."""

import hashlib
from pathlib import Path

import numpy as np

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..classes.recipe import MAX_INPUTS
from .array import array_of
from .content import named, read_content
from .table import Table, Wanted, plain_frame

EXACT = 1 << 53
"""Whole numbers up to it are floats of 64 bits too."""


def read(path: Path, wanted: Wanted) -> Table:
    """The table; labels that are whole, in an array that is not, are whole again."""
    with named(path):
        content = read_content(path)
        array = array_of(content)
        if array.ndim != 2 or array.shape[1] > MAX_INPUTS + 2:
            limit = f"at most {MAX_INPUTS} columns of inputs"
            raise NetworkError(f"it must have a row for each sample, and {limit}, not the shape {printable(array.shape)}")
        frame = plain_frame(array)
    frame.columns = names = [str(number) for number in range(array.shape[1])]
    label = names[-1] if wanted.target is None else wanted.target
    if label in names and array.dtype.kind == "f":
        values = frame[label].to_numpy()
        if (np.abs(values) <= EXACT).all() and (values == np.floor(values)).all():
            frame[label] = values.astype(np.int64)
    return Table(frame=frame, sha256=hashlib.sha256(content).hexdigest(), files=(path,))
