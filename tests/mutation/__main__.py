"""Makes mutants of core, link and loader, and prints what becomes of them: ``python -m tests.mutation --help``."""

import argparse
import json
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from polychron.system.files import write_whole

from . import table
from .judge import Verdict, judge
from .units import UNITS


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutants of the gateware, and what becomes of them.")
    parser.add_argument("designs", nargs="*", metavar="DESIGN", help=f"any of {', '.join(one.name for one in UNITS)}; all if left out")
    parser.add_argument("--blocks", nargs="+", metavar="BLOCK", help="of these designs, only those blocks")
    parser.add_argument("--count", type=int, default=25, help="mutants a block, 1..100 (25)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the mutants (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every mutant with its verdict, as JSON")
    return parser


def main(arguments: list[str]) -> int:
    """The exit code: 1 where a mutant survives, 2 for wrong options."""
    parser = _options()
    asked = parser.parse_args(arguments)
    names = [unit.name for unit in UNITS]
    blocks = {block for unit in UNITS if unit.name in (asked.designs or names) for block in unit.blocks}
    if wrong := [name for name in asked.designs if name not in names]:
        parser.error(f"DESIGN must be one of {', '.join(names)}, not {wrong[0]!r}")
    if wrong := [name for name in asked.blocks or () if (name.replace("itself", "")) not in blocks]:
        parser.error(f"BLOCK must be one of {', '.join(sorted(block or 'itself' for block in blocks))}, not {wrong[0]!r}")
    if not 1 <= asked.count <= 100:
        parser.error(f"--count must be 1..100, not {asked.count}")
    found: dict[str, list[Verdict]] = {}
    for unit in UNITS:
        chosen = [block for block in unit.blocks if not asked.blocks or (block or "itself") in asked.blocks]
        if chosen and unit.name in (asked.designs or names):
            with TemporaryDirectory() as folder:
                found[unit.name] = judge(unit, chosen, count=asked.count, seed=asked.seed, work=Path(folder), note=_note)
    if asked.json:
        listed = [line for unit, verdicts in found.items() for line in table.as_json(unit, verdicts)]
        write_whole({asked.json: (json.dumps(listed, indent=1) + "\n").encode()})
    return _print(found)


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(found: dict[str, list[Verdict]]) -> int:
    every = [one for verdicts in found.values() for one in verdicts]
    print(*table.HEAD, *(row for unit, verdicts in found.items() for row in table.rows(unit, verdicts)), table.whole(every), sep="\n")
    for kind in ("equivalent", "survived"):
        if listed := [row for unit, verdicts in found.items() for row in table.listed(unit, verdicts, kind)]:
            print(f"\n{kind.capitalize()}:\n", *table.LISTED, *listed, sep="\n")
    seconds = sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    _note(f"{len(every)} mutants, {seconds:.0f} s of CPU")
    return int(any(one.kind == "survived" for one in every))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
