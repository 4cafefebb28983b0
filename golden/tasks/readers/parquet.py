"""Parquet, by pyarrow: columns of numbers, truth values and texts, as large as the file's own metadata say before anything is read."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from polychron.command.terminal import printable

from ...integer.layer import NetworkError
from ..fitting.recipe import MAX_INPUTS
from .content import check_size, named, read_content
from .table import Table, Wanted, pandas

CELL = 8
"""Bytes of a number, as it is trained on."""

FOOTER = 1 << 24
"""The longest text, and the most entries of a list, in the metadata."""


def read(path: Path, wanted: Wanted) -> Table:
    """The table of a file; what pandas has written as its index is left out."""
    pyarrow = _pyarrow()
    with named(path):
        content = read_content(path)
        try:
            frame = _frame(pyarrow, content)
        except (NetworkError, MemoryError):
            raise
        except Exception as error:  # pyarrow raises what it likes
            raise NetworkError(f"no table can be read from it: {printable(str(error).strip(), limit=300)}") from None
    return Table(frame=frame, sha256=hashlib.sha256(content).hexdigest(), files=(path,))


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise NetworkError("Parquet is read by pyarrow: pip install 'polychron[parquet]'") from None
    return pyarrow


def _frame(pyarrow: Any, content: bytes) -> Any:
    limits = {"thrift_string_size_limit": FOOTER, "thrift_container_size_limit": FOOTER}
    source = pyarrow.BufferReader(content)
    about = pyarrow.parquet.ParquetFile(source, **limits).metadata
    _check_shape(about)
    schema = about.schema.to_arrow_schema()
    _check_columns(pyarrow.types, schema)
    texts = [field.name for field in schema if _is_text(pyarrow.types, field.type)]
    file = pyarrow.parquet.ParquetFile(source, metadata=about, read_dictionary=texts, **limits)  # a text that is often there once
    table = file.read(columns=[name for name in schema.names if name not in _indices(schema)], use_threads=False)
    if table.num_rows != about.num_rows:
        raise NetworkError(f"it must have {about.num_rows} rows as its metadata say, not {table.num_rows}")
    columns = {name: _series(pyarrow, column) for name, column in zip(table.column_names, table.columns, strict=True)}
    return pandas().DataFrame(columns)


def _check_shape(about: Any) -> None:
    """Of the metadata: columns, rows, and the bytes that both take."""
    if not 0 < about.num_columns <= MAX_INPUTS + 2 or about.num_rows < 0:
        raise NetworkError(f"it must have at most {MAX_INPUTS} columns of inputs, not {about.num_columns} columns")
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    if sum(group.num_rows for group in groups) != about.num_rows or min((group.num_rows for group in groups), default=0) < 0:
        raise NetworkError("its groups of rows must have as many as its metadata say")
    check_size(about.num_rows * about.num_columns * CELL)
    check_size(sum(max(0, group.total_byte_size) for group in groups))


def _check_columns(types: Any, schema: Any) -> None:
    if len(set(schema.names)) < len(schema.names):
        twice = next(name for name in schema.names if schema.names.count(name) > 1)
        raise NetworkError(f"column {printable(twice)!r} is there more than once")
    for field in schema:
        kind = field.type.value_type if types.is_dictionary(field.type) else field.type
        numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)
        if not (numbers or _is_text(types, kind) or types.is_temporal(kind) or types.is_null(kind)):
            raise NetworkError(f"column {printable(field.name)!r} must hold numbers or texts, not {printable(kind, limit=60)}")


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _indices(schema: Any) -> list[Any]:
    """Names of the columns that pandas made of a frame's index."""
    with suppress(KeyError, TypeError, ValueError, RecursionError):
        found = json.loads(schema.metadata[b"pandas"])["index_columns"]
        return [name for name in found if isinstance(name, str)]
    return []


def _series(pyarrow: Any, column: Any) -> Any:
    types, kind = pyarrow.types, column.type
    if types.is_decimal(kind):
        column = column.cast(pyarrow.float64())
    elif types.is_dictionary(kind):
        if not _is_text(types, kind.value_type):
            column = column.cast(kind.value_type)
        else:
            return column.to_pandas().astype(object)
    return column.to_pandas()
