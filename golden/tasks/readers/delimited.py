"""CSV and TSV with the names of the columns in the first line, plain or .gz."""

import hashlib
import io
import warnings
from functools import partial
from pathlib import Path
from typing import Any

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from .content import MAX_BYTES, check_size, named, read_content, take_unpacked
from .table import Table, Wanted, pandas


def read(path: Path, wanted: Wanted) -> Table:
    """The table of a file whose name says what is between its columns."""
    with named(path):
        content = read_content(path)
        name = path.name.lower()
        text = take_unpacked(io.BytesIO(content), MAX_BYTES + 1) if name.endswith(".gz") else content
        check_size(len(text))
        separator = "\t" if name.removesuffix(".gz").endswith(".tsv") else ","
        words = partial(_words, text, separator)
        return Table(frame=_frame(text, separator), words=words, sha256=hashlib.sha256(content).hexdigest(), files=(path,))


def _frame(text: bytes, separator: str, **rest: Any) -> Any:
    read_csv = pandas().read_csv
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as of rows that are longer than the names
            return read_csv(io.BytesIO(text), sep=separator, low_memory=False, index_col=False, **rest)
    except MemoryError:
        raise
    except Exception as error:  # pandas raises what it likes
        raise NetworkError(f"no table can be read from it: {printable(str(error).strip(), limit=300)}") from None


def _words(text: bytes, separator: str, column: int) -> Any:
    """A column as it is written: missing is an empty field alone, and not a word such as None."""
    frame = _frame(text, separator, usecols=[column], dtype=str, keep_default_na=False, na_values=[""])
    return frame.iloc[:, 0]
