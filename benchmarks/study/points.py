"""The measured points of docs/study/points.json, from which tables and plots are made."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from golden.integer.file import write_atomic
from golden.integer.layer import NetworkError
from polychron.command.options import option
from polychron.system.files import read_input

POINTS = Path(__file__).parents[2] / "docs" / "study" / "points.json"
POINTS_FILE = option("the file of points", metavar="FILE")
FAMILIES = ("deep", "rnn", "transformer", "n-gram", "ANN")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One network. ``bits``: per character of the last tenth, streamed; ``characters``: targets of its training, ``seconds`` of one core.

    ``memory``: "SPRAM", "flash" or "none" (not for the core); ``clocks``: a character, None where the core can't run it;
    ``predicted``: by the cycle model on the compiled program, else by the rule of figures.py. ``shipped``: its name where it ships.
    """

    name: str
    family: str
    shape: str
    memory: str
    table_bytes: int
    bytes_read: int
    clocks: int | None
    predicted: bool
    bits: float
    characters: int
    seconds: float | None
    seed: int
    command: str
    shipped: str | None = None


def read_points(path: Path = POINTS) -> list[Point]:
    """All points, sorted by family and bytes; ``NetworkError`` if the file is not what :func:`write_points` writes."""
    try:
        values: Any = json.loads(read_input(path).decode())
    except OSError as error:
        raise NetworkError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise NetworkError(f"{path}: is no JSON: {error}") from None
    names = {field.name for field in fields(Point)}
    if not isinstance(values, list) or not all(isinstance(value, dict) and set(value) == names for value in values):
        raise NetworkError(f"{path}: must be a list of objects with the fields {', '.join(sorted(names))}")
    return _sorted([Point(**value) for value in values])


def _sorted(points: list[Point]) -> list[Point]:
    for point in points:
        if point.family not in FAMILIES:
            raise NetworkError(f"point {point.name}: family must be one of {', '.join(FAMILIES)}, not {point.family!r}")
    return sorted(points, key=lambda point: (FAMILIES.index(point.family), point.table_bytes, point.name))


def write_points(points: list[Point], path: Path = POINTS) -> None:
    """One point a line, so that a change is seen as one."""
    lines = ",\n".join(json.dumps(asdict(point)) for point in _sorted(points))
    write_atomic(path, f"[\n{lines}\n]\n".encode())


def put(point: Point, path: Path = POINTS) -> None:
    """Add ``point``, in place of one of its name."""
    others = [other for other in (read_points(path) if path.exists() else []) if other.name != point.name]
    write_points([*others, point], path)


def frontier(points: list[Point], cost: str) -> list[Point]:
    """Those that no other beats in both ``cost`` (a field) and bits, cheapest first."""
    best: list[Point] = []
    priced = [point for point in points if getattr(point, cost) is not None]
    for point in sorted(priced, key=lambda point: (getattr(point, cost), point.bits)):
        if not best or point.bits < best[-1].bits:
            best.append(point)
    return best
