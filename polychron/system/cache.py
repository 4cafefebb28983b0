"""Where things that take long to make are kept: compiled simulations, compiled training loops. Imports nothing of ours."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def _choices() -> Iterator[Path]:
    if folder := os.environ.get("POLYCHRON_CACHE"):
        yield Path(folder)
    if folder := os.environ.get("XDG_CACHE_HOME"):
        yield Path(folder) / "polychron"
    try:
        yield Path.home() / ".cache" / "polychron"
    except RuntimeError:  # no HOME, and a user without an entry
        return


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache
def _temporary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="polychron-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    print("note: no cache folder can be written (POLYCHRON_CACHE names one): what is compiled is kept for this run alone", file=sys.stderr)
    return folder


def cache_folder() -> Path:
    """``POLYCHRON_CACHE``, else ``$XDG_CACHE_HOME/polychron``, else ``~/.cache/polychron``, made if need be.

    Where none of them can be written: a temporary folder of this process, said once.
    """
    return next(filter(_writable, _choices()), None) or _temporary()
