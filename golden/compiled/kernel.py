"""Functions that Numba compiles, and where their machine code is kept.

Numba's own cache asks only whether the file of a function has changed. What is compiled in from other files, through calls, constants and
named tuples, would go stale without a word; so the code is kept in a folder named after everything that may be compiled in.
"""

import hashlib
import shutil
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba

from polychron.system.cache import cache_folder

CONFIG: Any = numba.config
GOLDEN = Path(__file__).parents[1]
KEPT = 4  # folders: of so many states of the sources


def sources() -> list[Path]:
    """Every file of golden/ that defines, or is compiled into, such a function: those that import this module, and what is beside them."""
    beside = Path(__file__).parent
    files = sorted(GOLDEN.rglob("*.py"))
    folders = {path.parent for path in files if "compiled.kernel import" in path.read_text(encoding="utf-8")}
    return [path for path in files if path.parent in folders | {beside}]


def key(texts: list[bytes]) -> str:
    """A name for machine code made of these sources by this Numba."""
    made = hashlib.sha256(repr([version(name) for name in ("numba", "llvmlite", "numpy")]).encode())
    for text in texts:
        made.update(hashlib.sha256(text).digest())
    return made.hexdigest()[:20]


@cache
def code_folder() -> Path:
    """Where machine code of the sources as they are now is kept; of those before, the last few stay."""
    base = Path(CONFIG.CACHE_DIR) / "polychron" if CONFIG.CACHE_DIR else cache_folder() / "numba"
    folder = base / key([path.read_bytes() for path in sources()])
    folder.mkdir(parents=True, exist_ok=True)
    old = sorted((path for path in base.iterdir() if path.is_dir() and path != folder), key=lambda path: path.stat().st_mtime)
    for path in old[: max(0, len(old) - KEPT + 1)]:
        shutil.rmtree(path, ignore_errors=True)
    return folder


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit`` with these options and the cache above. Kernels release the interpreter's lock."""

    def compiled(function: Callable[..., Any]) -> Any:
        before = CONFIG.CACHE_DIR
        CONFIG.CACHE_DIR = str(code_folder())
        try:
            return numba.njit(nogil=True, cache=True, **options)(function)
        finally:
            CONFIG.CACHE_DIR = before

    return compiled
