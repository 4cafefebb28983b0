"""Command: build twice in surroundings that differ in all that must not count, and compare every byte.

python -m hdl.reproduce [--board NAME] [--network NAME] [--flash byte|nibble] [--seeds N] [--python PROGRAM]
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, option
from polychron.command.target import SHAKESPEARE, Target
from polychron.command.terminal import printable, say

PYTHON = "of the second build: another Python that has the same packages"

app = make_app(
    "reproduce",
    "Build twice and compare the products byte for byte: in another folder, time zone and language, under another name, with another hash "
    "seed and umask, on one thread, and with empty caches.",
    examples=["python -m hdl.reproduce --board upduino_v3", "python -m hdl.reproduce --python .venv313/bin/python"],
)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where a build takes place. ``folder``: below the one that both share; ``environ``: comes on top of this process'."""

    folder: str
    environ: dict[str, str]
    umask: int
    fresh: bool = False

    def variables(self, folder: Path) -> dict[str, str]:
        """The environment's changes; ``fresh``: with caches and a home that are empty."""
        if not self.fresh:
            return self.environ
        home = folder / "home"
        home.mkdir()
        return self.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "NUMBA_CACHE_DIR": str(home / "numba")}


HERE = Surroundings(folder="one", environ={"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}, umask=0o022)
ELSEWHERE = Surroundings(
    folder="another one, with a longer name",
    environ={
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "4294967295",
        "USER": "somebody",
        "LOGNAME": "somebody",
        "SOURCE_DATE_EPOCH": "1",
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    },
    umask=0o077,
    fresh=True,
)


def built(words: Sequence[str], surroundings: Surroundings, *, python: str, shared: Path) -> dict[str, str]:
    """SHA-256 of every product by its name, of ``hdl.build`` with these ``words``. ``ValueError`` with what it said, if it fails."""
    from polychron.system.children import run as run_program

    folder = shared / surroundings.folder
    folder.mkdir()
    command = [python, "-m", "hdl.build", *words, "--out", "products"]
    ended = run_program(command, folder=folder, cwd=folder, env=surroundings.variables(folder), umask=surroundings.umask)
    if ended.returncode:
        last = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        raise ValueError(f"the build in {surroundings.folder!r} failed: {printable(last[-1].removeprefix('error: '), limit=500)}")
    files = sorted(path for path in (folder / "products").iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def compared(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """The products that differ, or that one of the two lacks."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


@app.default
def reproduce(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    *,
    seeds: Annotated[int, option("of place and route", low=1, high=100, metavar="N")] = 1,
    python: Annotated[str | None, option(PYTHON, metavar="PROGRAM")] = None,
) -> int:
    from golden.integer.shipped import find_network

    second = shutil.which(python or sys.executable)
    if second is None:
        raise ValueError(f"--python: {printable(python or sys.executable)} is no program")
    network = find_network(target.network)
    words = ["--board", target.board, "--network", str(network.resolve()), "--seeds", str(seeds)]
    words += [] if target.flash is None else ["--flash", target.flash]
    with tempfile.TemporaryDirectory() as shared:
        say("the first build, here")
        one = built(words, HERE, python=sys.executable, shared=Path(shared))
        say("the second build, elsewhere")
        other = built(words, ELSEWHERE, python=os.path.abspath(second), shared=Path(shared))  # of a virtual environment no link is followed
    wrong = compared(one, other)
    for name in sorted(one.keys() | other.keys()):
        print(f"{name:<14} {one.get(name, '-')}\n{'' if name in wrong else 'the same':<14} {other.get(name, '-')}")
    print(f"DIFFERENT: {', '.join(wrong)}" if wrong else f"{len(one)} products, the same bytes twice")
    return 1 if wrong else 0


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
