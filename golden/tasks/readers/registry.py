"""Which reader takes what a user names: a file by its name's end, a folder by what is in it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from . import delimited, idx, image_folder, npy, npz, parquet, recordings
from .table import Table, Wanted

Read = Callable[[Path, Wanted], Table]


class Reader(NamedTuple):
    """``ends``: of the names that it reads, in small letters; ``shown``: the same for people."""

    ends: re.Pattern[str]
    shown: str
    read: Read


FILES = (
    Reader(re.compile(r".*\.[ct]sv(\.gz)?"), ".csv, .tsv, .csv.gz, .tsv.gz", delimited.read),
    Reader(re.compile(r".*\.parquet"), ".parquet", parquet.read),
    Reader(re.compile(r".*\.npz"), ".npz", npz.read),
    Reader(re.compile(r".*\.npy"), ".npy", npy.read),
    Reader(idx.NAME, "images-idx3-ubyte (plain or .gz)", idx.read),
)
FORMATS = ", ".join(reader.shown for reader in FILES)


def read_table(path: Path, wanted: Wanted) -> Table:
    """The table that a file or a folder holds. What can't be read is a ``NetworkError`` or an ``OSError`` that names the file."""
    if path.is_dir():
        if idx.is_folder_of_idx(path):
            return idx.read_folder(path, wanted)
        return recordings.read(path, wanted) if recordings.is_folder_of_recordings(path) else image_folder.read(path, wanted)
    for reader in FILES:
        if reader.ends.fullmatch(path.name.lower()):
            return reader.read(path, wanted)
    path.stat()  # what isn't there has no other name to be told
    folders = "a folder of IDX files" if wanted.numbers else "a folder of IDX files, or of images by class"
    raise NetworkError(f"{printable(path)}: the name must end with {FORMATS}, or be that of {folders}")
