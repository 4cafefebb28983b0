"""Counts which bits of the gateware's signals toggle in the tests' sessions, and which states: ``python -m tests.toggles --help``."""

import argparse
import sys
from itertools import chain

from ..mutation.units import UNITS
from . import table
from .sessions import unit, units


def main(arguments: list[str]) -> int:
    """The exit code: 2 for wrong options."""
    names = [one.name for one in UNITS]
    parser = argparse.ArgumentParser(prog="python -m tests.toggles", description="Coverage of toggles and states of the gateware.")
    parser.add_argument("designs", nargs="*", metavar="DESIGN", help=f"any of {', '.join(names)}; all if left out")
    asked = parser.parse_args(arguments)
    if wrong := [name for name in asked.designs if name not in names]:
        parser.error(f"DESIGN must be one of {', '.join(names)}, not {wrong[0]!r}")
    found = [(one, unit(one, note=_note)) for one in units(asked.designs)]
    for head, of in ((table.HEAD, table.rows), (table.STATES, table.states), (table.HOLES, table.holes)):
        print(*head, *chain.from_iterable(of(one, seen) for one, seen in found), "", sep="\n")
    for one, seen in found:
        _note(f"{one.name}: {seen.clocks:,} clocks")
    return 0


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
