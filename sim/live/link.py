"""A symbolic link to a pseudo-terminal, for as long as it is offered."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from polychron.command.terminal import printable


def check_link(path: Path) -> None:
    """Refuse a path where something is, other than the link of a simulated board that has gone: one to a terminal that is no more."""
    if os.path.lexists(path) and not _left_over(path):
        raise ValueError(f"--link {printable(path)} is there already, and nothing is overwritten: remove it, or name another")


def _left_over(path: Path) -> bool:
    return path.is_symlink() and os.readlink(path).startswith("/dev/") and not path.exists()


@contextmanager
def linked(path: Path, target: str) -> Iterator[None]:
    """A link at ``path`` to ``target`` within the block."""
    check_link(path)
    try:
        if _left_over(path):
            path.unlink()
        path.symlink_to(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        yield
    finally:
        with suppress(OSError):
            if os.readlink(path) == target:
                path.unlink()
