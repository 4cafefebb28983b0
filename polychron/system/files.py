"""The files that a user names: read where they are regular files, written whole or not at all.

Whatever is wrong is an ``OSError`` whose ``filename`` is the file the user named and whose ``strerror`` says what about it.
"""

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from .leftovers import temporary_file

KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {KINDS.get(stat.S_IFMT(mode), 'something else')}, not a regular file", str(path))


def check_input(path: Path) -> None:
    """Refuse what is no regular file, or no link to one: reading a FIFO may wait for ever, and a device may have no end."""
    _check(path, os.stat(path).st_mode)


def open_input(path: Path) -> BufferedReader:
    """A regular file, opened for reading."""
    check_input(path)
    return path.open("rb")


def read_input(path: Path) -> bytes:
    """All bytes of a regular file."""
    with open_input(path) as file:
        return file.read()


def check_output(path: Path) -> Path:
    """Where ``path`` is written to: itself, or what it links to. What is there already must be a regular file."""
    target = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        _check(path, os.stat(path).st_mode)
    return target


def check_file(path: Path) -> Path:
    """The same for a file of which a user names the whole path: its folder must be there, so that a slip of the pen makes none."""
    target = check_output(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}", str(path))
    return target


def write_whole(files: Mapping[Path, bytes], *, folders: bool = False) -> None:
    """Write all files under temporary names beside their own, then rename them: a full disk leaves what was there before.

    ``folders``: make the folders they go to.
    """
    temporary: dict[Path, tuple[Path, Path]] = {}
    path = Path()
    try:
        for path in files:
            if folders:
                path.parent.mkdir(parents=True, exist_ok=True)
            target = check_output(path)
            temporary[path] = temporary_file(target, len(temporary)), target
        for path, data in files.items():
            temporary[path][0].write_bytes(data)
        for path in files:
            os.replace(*temporary[path])
    except OSError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or str(error), str(path)) from error
    finally:
        for written, _ in temporary.values():
            with suppress(OSError):
                written.unlink(missing_ok=True)
