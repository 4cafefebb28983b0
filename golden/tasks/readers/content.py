"""The bytes of a file of samples, never more than a limit, whatever the file says of itself."""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from polychron.command.terminal import printable
from polychron.system.files import open_input

from ...integer.layer import NetworkError

MAX_BYTES = 1 << 30
"""Of what a source of samples holds, unpacked."""

PIECE = 1 << 20


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Within it, a ``NetworkError`` is told with the name of the file before it."""
    try:
        yield
    except NetworkError as error:
        raise NetworkError(f"{printable(path)}: {error}") from None


def check_size(size: int) -> None:
    """``NetworkError`` for more bytes than a source of samples may hold."""
    if size > MAX_BYTES:
        raise NetworkError(f"it must have at most {MAX_BYTES} bytes, unpacked")


def read_content(path: Path) -> bytes:
    """All bytes of a regular file, refused before they are read where there are too many."""
    with open_input(path) as file:
        check_size(os.fstat(file.fileno()).st_size)
        content = take(file, MAX_BYTES + 1)
    check_size(len(content))
    return content


class Source(Protocol):
    """Whatever bytes can be read from."""

    def read(self, size: int, /) -> bytes: ...


def take(file: Source, size: int) -> bytes:
    """At most ``size`` bytes, piece by piece, so that bytes that are only promised take no memory."""
    content = io.BytesIO()
    while (left := size - content.tell()) > 0 and (piece := file.read(min(left, PIECE))):
        content.write(piece)
    return content.getvalue()


def take_unpacked(file: IO[bytes], size: int) -> bytes:
    """The same of a gzip file's content."""
    try:
        return take(gzip.GzipFile(fileobj=file), size)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"it can't be unpacked: {printable(error, limit=300)}") from None
