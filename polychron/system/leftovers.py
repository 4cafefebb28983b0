"""What is made under a temporary name carries the number of its process; what dead processes left is removed. Imports nothing of ours."""

import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def temporary_file(path: Path, number: int = 0) -> Path:
    """A name beside ``path`` for what is to take its place; leftovers of other writes of ``path`` are removed.

    ``number``: of the file among those of this process whose names begin alike.
    """
    prefix = f".{path.name[:40]}."
    _remove(path.parent, prefix, ".part")
    return path.with_name(f"{prefix}{os.getpid()}.{number}.part")


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A folder in ``parent`` that lasts as long as the block; leftovers of other such folders there are removed."""
    _remove(parent, "build-", "")
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"build-{os.getpid()}-") as name:
        yield Path(name)


def _remove(folder: Path, prefix: str, suffix: str) -> None:
    for path in folder.glob(f"{glob.escape(prefix)}*{suffix}"):
        number = re.match(r"\d+", path.name.removeprefix(prefix))
        if number and not _lives(int(number[0])):
            with suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
