"""Runs tests and prints what of the product they take: ``python -m tests.coverage --help``."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import instruction, python, sections, table
from .plugin import ROOM

ROOT = Path(__file__).parents[2]
GOALS = {"instruction set": instruction.goals, "image": sections.goals}


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.coverage",
        description="Lines, branches, fields of instructions and sections of images that tests take. Other arguments go to pytest.",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build/coverage", metavar="DIR", help="what is measured, and all holes (build/coverage)")
    parser.add_argument("--report", action="store_true", help="run nothing: print once more what is in --out")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="exit code 1 where a package has fewer lines or branches taken")
    return parser


def main(arguments: list[str]) -> int:
    """The exit code: that of the tests, 1 where less than ``--least`` is taken, 2 for wrong options."""
    parser = _options()
    asked, passed = parser.parse_known_args(arguments)
    out = asked.out.absolute()
    if asked.report and not (out / "python.json").is_file():
        parser.error(f"--report needs what a run has left: {out / 'python.json'} is not there")
    code = 0 if asked.report else _measure(out, passed)
    report = json.loads((out / "python.json").read_text(encoding="utf-8"))
    met = table.merged(json.loads(path.read_text(encoding="utf-8")) for path in sorted((out / "met").glob("*.json")))
    found = python.tallies(report)
    print(*python.HEAD, *python.rows(found), sep="\n")
    listed = {"python": python.holes(report)}
    for name, goals in GOALS.items():
        print(f"\nOf the {name}:\n", *table.HEAD, *table.rows(goals(), met), sep="\n")
        listed[name] = table.holes(goals(), met)
    _list(out / "holes.txt", listed)
    return code or int(any(one.least < asked.least for one in found.values()))


def _measure(out: Path, passed: list[str]) -> int:
    """Runs pytest with the arguments ``passed``; its exit code. ``out`` then has python.json, and in ``met`` what the plugin has noted."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "met").mkdir(parents=True)
    data = f"--data-file={out / 'data'}"
    environment: dict[str, Any] = {**os.environ, ROOM: str(out / "met")}
    tests = ["-m", "pytest", "-p", "tests.coverage.plugin", *passed]
    code = subprocess.run([sys.executable, "-m", "coverage", "run", data, *tests], cwd=ROOT, env=environment, check=False).returncode
    for words in (["combine", "-q", data], ["json", "-q", data, "-o", str(out / "python.json")]):
        subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, check=True)
    return code


def _list(path: Path, holes: dict[str, list[str]]) -> None:
    lines = [line for name, found in holes.items() for line in (f"# {name}: {len(found)}", *found, "")]
    path.write_text("\n".join(lines), encoding="utf-8")
    print(f"\n{sum(map(len, holes.values()))} holes are listed in {path}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
