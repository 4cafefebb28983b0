"""Random networks, gateware = golden model = cycle model: ``python -m tests.many --help``."""

import argparse
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .builds import BUILDS, Build
from .check import Different, check, damaged
from .draw import Drawn, draw
from .record import Log, Record, record
from .table import summary

EVERY = 100  # networks from one line about progress to the next


def _options() -> argparse.ArgumentParser:
    about = "Random networks on the compiled gateware: every latency and symbol beside the golden model, every step's clocks beside the "
    parser = argparse.ArgumentParser(prog="python -m tests.many", description=about + "cycle model. Ends at the first that differs.")
    names = ", ".join(build.name for build in BUILDS)
    parser.add_argument("--count", type=int, default=500, help="how many, 1..1000000 (500)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (0)")
    parser.add_argument("--seed", type=int, default=0, help="draws the networks (0)")
    parser.add_argument("--builds", nargs="+", metavar="BUILD", help=f"the cores that they run on: {names}; all if left out")
    parser.add_argument("--log", type=Path, metavar="FILE", help="a line for each network; what it has of them is not run again")
    parser.add_argument("--control", type=int, metavar="N", help="flip a bit of one network in N, which must be found and named")
    return parser


def main(arguments: list[str]) -> int:
    """The exit code: 1 where something differs or a flipped bit isn't found, 2 for wrong options."""
    parser = _options()
    asked = parser.parse_args(arguments)
    names = asked.builds or [build.name for build in BUILDS]
    for name, least, most in (("count", 1, 1_000_000), ("first", 0, 1_000_000), ("seed", 0, 1_000_000)):
        if not least <= getattr(asked, name) <= most:
            parser.error(f"--{name} must be {least}..{most}, not {getattr(asked, name)}")
    if asked.control is not None and asked.control < 1:
        parser.error(f"--control must be 1 or more, not {asked.control}")
    if wrong := [name for name in names if name not in {build.name for build in BUILDS}]:
        parser.error(f"BUILD must be one of {', '.join(build.name for build in BUILDS)}, not {wrong[0]!r}")
    builds = [build for build in BUILDS if build.name in names]
    try:
        log = Log(asked.log, {"seed": asked.seed, "builds": names, "control": asked.control}) if asked.log else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    numbers = range(asked.first, asked.first + asked.count)
    records = [one for one in log.records if one.number in numbers] if log else []
    try:
        for drawn, made in run(sorted(set(numbers) - {one.number for one in records}), seed=asked.seed, builds=builds):
            if asked.control and chosen(asked.seed, drawn.number, asked.control):
                find(drawn)
            records.append(made)
            if log:
                log.add(made)
            if len(records) % EVERY == 0:
                _note(f"{len(records):,} of {asked.count:,} networks are equal")
    except Different as difference:
        print(f"DIFFERENT: {difference}")
        return 1
    finally:
        if log:
            log.close()
    print(*summary(records, builds), sep="\n")
    found = [one for one in records if asked.control and chosen(asked.seed, one.number, asked.control)]
    _tell(records, len(found) if asked.control else None)
    return 0


def run(numbers: Sequence[int], *, seed: int, builds: Sequence[Build]) -> Iterator[tuple[Drawn, Record]]:
    """Each network and what was compared of it; :class:`~.check.Different` at the first that differs."""
    for number in numbers:
        drawn = draw(seed, number, builds)
        yield drawn, record(drawn, check(drawn))


def chosen(seed: int, number: int, control: int) -> bool:
    """Whether a bit of that network is flipped: of one in ``control``, whatever their kinds and builds."""
    return int(np.random.default_rng([seed, number, 2]).integers(control)) == 0


def find(drawn: Drawn) -> None:
    """Flips a bit of its image; :class:`~.check.Different` if that isn't found, or is found elsewhere."""
    program, address = damaged(drawn)
    try:
        check(drawn, loaded=program)
    except Different as difference:
        if f"byte {address} is" not in str(difference):
            raise Different(f"a flipped bit of byte {address} is named as: {difference}") from None
    else:
        raise Different(f"{drawn}: a flipped bit of byte {address} is not found")


def _tell(records: Sequence[Record], found: int | None) -> None:
    refused = sum(one.refused for one in records)
    print(f"\n{len(records):,} networks are equal; {refused:,} others found no room on their core and were drawn again.")
    if found is not None:
        print(f"{found:,} flipped bits were found and named.")
    seconds = sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    _note(f"{seconds:.0f} s of CPU")


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
