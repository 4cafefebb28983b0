"""Trainings of several lengths in docs/study/convergence.json: what each reached, with a schedule made for its length."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from golden.integer.file import write_atomic
from golden.integer.layer import NetworkError
from polychron.command.options import option
from polychron.system.files import read_input

RUNS = Path(__file__).parents[2] / "docs" / "study" / "convergence.json"
RUNS_FILE = option("the file of runs", metavar="FILE")
TEXT = option("any file; its last tenth is held out", metavar="FILE")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training. ``characters``: targets seen; ``seconds``: of processor time, one thread; ``bits``: a character of the last tenth."""

    model: str
    family: str
    characters: int
    seconds: float
    bits: float
    table_bytes: int
    bytes_read: int
    seed: int
    command: str


def read_runs(path: Path = RUNS) -> list[Run]:
    """All runs, by model and length; ``NetworkError`` if the file is not what :func:`write_runs` writes."""
    try:
        values: Any = json.loads(read_input(path).decode())
    except OSError as error:
        raise NetworkError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise NetworkError(f"{path}: is no JSON: {error}") from None
    names = {field.name for field in fields(Run)}
    if not isinstance(values, list) or not all(isinstance(value, dict) and set(value) == names for value in values):
        raise NetworkError(f"{path}: must be a list of objects with the fields {', '.join(sorted(names))}")
    return _sorted([Run(**value) for value in values])


def _sorted(runs: list[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run.family, run.model, run.characters, run.seed, run.command))


def write_runs(runs: list[Run], path: Path = RUNS) -> None:
    """One run a line."""
    lines = ",\n".join(json.dumps(asdict(run)) for run in _sorted(runs))
    write_atomic(path, f"[\n{lines}\n]\n".encode())


def put_run(run: Run, path: Path = RUNS) -> None:
    """Add ``run``, in place of one of the same command."""
    others = [other for other in (read_runs(path) if path.exists() else []) if other.command != run.command]
    write_runs([*others, run], path)
