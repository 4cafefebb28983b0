"""Lines and branches of the product's Python that the tests have taken, from what coverage.py says of them as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

PACKAGES = ("boards", "firmware", "golden", "hdl", "polychron", "sim")
HEAD = [
    "| package | files | lines | taken | | branches | taken | | lines left out |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Lines and branches, and how many of each were taken. ``left_out``: lines that can't be traced."""

    files: int = 0
    lines: int = 0
    lines_taken: int = 0
    branches: int = 0
    branches_taken: int = 0
    left_out: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: value + vars(other)[name] for name, value in vars(self).items()})

    @property
    def least(self) -> float:
        """The smaller of the two shares, in percent."""
        return min(share(self.lines_taken, self.lines), share(self.branches_taken, self.branches))


def share(taken: int, of: int) -> float:
    """In percent; all, where there is nothing to take."""
    return 100 * taken / of if of else 100.0


def tallies(report: Mapping[str, Any]) -> dict[str, Tally]:
    """That of each package, and of ``all``."""
    found = dict.fromkeys((*PACKAGES, "all"), Tally())
    for path, file in report["files"].items():
        summary = file["summary"]
        one = Tally(
            files=1,
            lines=summary["num_statements"],
            lines_taken=summary["covered_lines"],
            branches=summary["num_branches"],
            branches_taken=summary["covered_branches"],
            left_out=summary["excluded_lines"],
        )
        for name in (path.split("/")[0], "all"):
            found[name] += one
    return found


def rows(found: Mapping[str, Tally]) -> list[str]:
    """A row for each package, and one for all."""
    return [
        f"| {name} | {one.files} | {one.lines} | {one.lines_taken} | {share(one.lines_taken, one.lines):.1f} % "
        f"| {one.branches} | {one.branches_taken} | {share(one.branches_taken, one.branches):.1f} % | {one.left_out} |"
        for name, one in found.items()
        if one.files
    ]


def holes(report: Mapping[str, Any]) -> list[str]:
    """A line for each file with any: the lines that no test takes, and the branches from lines that one does."""
    found = []
    for path, file in sorted(report["files"].items()):
        missing = set(file["missing_lines"])
        branches = [f"{start}->{'end' if end < 0 else end}" for start, end in file["missing_branches"] if {start, end}.isdisjoint(missing)]
        if parts := [", ".join(spans(sorted(missing))), ", ".join(branches)]:
            found += [f"{path}: {'; '.join(filter(None, parts))}"] if any(parts) else []
    return found


def spans(numbers: Sequence[int]) -> Iterable[str]:
    """Numbers in rising order, those in a row as first-last."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"
