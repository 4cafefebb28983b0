"""What a network's card says of its training."""

import importlib.metadata
import platform
from typing import Any

from .text import Text


def versions() -> dict[str, str]:
    """What a repetition must share to give the same bytes."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in ("numpy", "numba", "llvmlite")}


def text_data(text: Text) -> dict[str, Any]:
    """Which text, by name and hash, and what of it was held out."""
    return {"name": text.name, "bytes": len(text.data), "sha256": text.sha256, "held_out": "the last tenth"}
