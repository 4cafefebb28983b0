"""Runs tests and prints what of the product they take: ``python -m tests.coverage --help``."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from polychron.system.files import write_whole

from . import instruction, python, sections, table
from .plugin import ROOM

ROOT = Path(__file__).parents[2]
GOALS = {"the instruction set": instruction.goals, "the image": sections.goals}


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.coverage",
        usage="%(prog)s [-h] [--goals] [--report] [--least PERCENT] [--out DIR] [PYTEST ARGUMENTS]",
        description="Lines and branches of Python, settings of instructions and sections of images that tests meet.",
        allow_abbrev=False,
    )
    parser.add_argument("--goals", action="store_true", help="instructions and images alone: without tracing lines, which takes time")
    parser.add_argument("--report", action="store_true", help="run nothing: print once more what the last run has found")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="exit code 1 where a package has fewer lines or branches")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build/coverage", metavar="DIR", help="what is found, and all holes (build/coverage)"
    )
    return parser


def main(arguments: list[str]) -> int:
    """The exit code: that of the tests, 1 where less than ``--least`` is taken, 2 for wrong options."""
    parser = _options()
    asked, passed = parser.parse_known_args(arguments)
    out = asked.out.absolute()
    if asked.report and not (out / "met").is_dir():
        parser.error(f"--report needs what a run has left: {out / 'met'} is not there")
    code = 0 if asked.report else measure(out, passed, lines=not asked.goals)
    tables, holes, found = list[str](), dict[str, list[str]](), dict[str, python.Tally]()
    if (out / "python.json").is_file():
        report = json.loads((out / "python.json").read_text(encoding="utf-8"))
        found, holes["Python"] = python.tallies(report), python.holes(report)
        tables += [*python.HEAD, *python.rows(found), ""]
    met = table.merged(json.loads(path.read_text(encoding="utf-8")) for path in sorted((out / "met").glob("*.json")))
    for name, goals in GOALS.items():
        tables += [f"Of {name}:", "", *table.HEAD, *table.rows(goals(), met), ""]
        holes[name] = table.holes(goals(), met)
    listed = [line for name, lines in holes.items() for line in (f"# {name}: {len(lines)}", *lines, "")]
    write_whole({out / "holes.txt": "\n".join(listed).encode()})
    print(*tables, f"{sum(map(len, holes.values()))} holes are listed in {out / 'holes.txt'}", sep="\n")
    return code or int(any(one.least < asked.least for one in found.values()))


def measure(out: Path, arguments: Sequence[str], *, lines: bool) -> int:
    """Runs pytest; its exit code. ``out`` is made anew: in ``met`` is what the plugin notes, and with ``lines`` there is python.json."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "met").mkdir(parents=True)
    data = f"--data-file={out / 'data'}"
    traced = ["-m", "coverage", "run", data] if lines else []
    command = [sys.executable, *traced, "-m", "pytest", "-p", "tests.coverage.plugin", *arguments]
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, ROOM: str(out / "met")}, check=False).returncode
    for words in (["combine", "-q", data], ["json", "-q", data, "-o", str(out / "python.json")]) if lines else ():
        subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, check=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
