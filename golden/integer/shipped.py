"""The trained networks that come with the project, by name."""

import os
from pathlib import Path

from .layer import NetworkError

FOLDER = Path(__file__).parents[1] / "networks"


def shipped_networks() -> list[str]:
    """Their names, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def find_network(name: str | Path) -> Path:
    """The file ``name``, or the shipped network of that name; ``NetworkError`` with the names there are if neither exists."""
    path = Path(name)
    if os.path.exists(path) or path.suffix or path.parent != Path():
        return path
    if str(name) not in shipped_networks():
        raise NetworkError(f"{name} is neither a file nor one of the networks that ship: {', '.join(shipped_networks())}")
    return FOLDER / f"{name}.safetensors"
