"""What was compared, as tables in Markdown."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from .builds import Build
from .draw import KINDS
from .record import Record

_COMPARED = "networks | steps | latencies | clocks"
_SIZES = "neurons | outputs | bytes of tables | instructions | clocks a step"


def _sum(records: Sequence[Record]) -> str:
    counts = (len(records), *(sum(values) for values in zip(*((one.steps, one.latencies, one.clocks) for one in records), strict=True)))
    return " | ".join(f"{count:,}" for count in counts)


def _range(records: Sequence[Record], least: Callable[[Record], int], most: Callable[[Record], int] | None = None) -> str:
    return f"{min(map(least, records)):,} to {max(map(most or least, records)):,}"


def by_build(records: Sequence[Record], builds: Sequence[Build]) -> list[str]:
    """A row for each core, one for all; the networks of each kind, and what was compared."""
    rows = [f"| build | tables in | lanes | comparators | memories | {' | '.join(KINDS)} | {_COMPARED} |"]
    rows.append("| --- " * (5 + len(KINDS) + 4) + "|")
    for build in builds:
        if mine := [one for one in records if one.build == build.name]:
            kinds = " | ".join(f"{sum(one.kind == kind for one in mine):,}" for kind in KINDS)
            rows.append(f"| {build.name} | {build} | {kinds} | {_sum(mine)} |")
    kinds = " | ".join(f"{sum(one.kind == kind for one in records):,}" for kind in KINDS)
    return [*rows, f"| all | | | | | {kinds} | {_sum(records)} |"]


def by_kind(records: Sequence[Record]) -> list[str]:
    """A row for each kind: what was compared, the least and the most of each size."""
    rows = [f"| kind | {_COMPARED} | {_SIZES} |", "| --- " * 10 + "|"]
    for kind in KINDS:
        if mine := [one for one in records if one.kind == kind]:
            sizes = [_range(mine, attrgetter(name)) for name in ("neurons", "outputs", "table_bytes", "instructions")]
            sizes.append(_range(mine, attrgetter("least"), attrgetter("most")))
            rows.append(f"| {kind} | {_sum(mine)} | {' | '.join(sizes)} |")
    return rows


def by_trait(records: Sequence[Record]) -> list[str]:
    """A row for each thing that only some networks have."""
    rows = [f"| with | {_COMPARED} |", "| --- " * 5 + "|"]
    for trait in sorted({trait for one in records for trait in one.what}):
        rows.append(f"| {trait} | {_sum([one for one in records if trait in one.what])} |")
    return rows


def summary(records: Sequence[Record], builds: Sequence[Build]) -> list[str]:
    """All three, with an empty line between."""
    return [*by_build(records, builds), "", *by_kind(records), "", *by_trait(records)]
