"""Two builds, or two networks before they are built, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polychron.command.terminal import printable
from polychron.report.page import Drawn, Part, Table, area_cells, parts_of, render, title_of

Figures = Mapping[str, Any]

NAMES = {
    "clocks_per_step": "clocks a step",
    "clocks_limit": "the limit, clocks",
    "efficiency": "of the limit's speed",
    "steps_per_second": "steps a second",
    "bytes_per_step": "bytes read a step",
    "image_bytes": "memory image, bytes",
    "clock_mhz": "clock, MHz",
    "fmax_mhz_min": "reached, minimum of the seeds, MHz",
    "fmax_mhz_median": "reached, median, MHz",
    "lc": "logic cells",
    "ebr": "block RAMs",
    "spram": "single-port RAMs",
    "dsp": "multipliers",
}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two: its figures, and what is drawn of it."""

    figures: Figures
    drawn: Drawn = field(default_factory=Drawn)


def differences(a: Figures, b: Figures) -> list[tuple[str, object, object, str]]:
    """(what, of a, of b, b over a) of every figure that either has; a figure that one lacks is a dash there."""
    rows: list[tuple[str, object, object, str]] = []
    for what, left, right in _pairs(a, b):
        ratio = f"{right / left:.3f}" if isinstance(left, int | float) and isinstance(right, int | float) and left else ""
        rows.append((what, "-" if left is None else left, "-" if right is None else right, ratio))
    return rows


def _pairs(a: Figures, b: Figures) -> Iterator[tuple[str, float | None, float | None]]:
    for key, what in NAMES.items():
        if key in a or key in b:
            yield what, a.get(key), b.get(key)
    yield from _both("clocks of", _clocks(a), _clocks(b))
    yield from _both("logic cells of", area_cells(a), area_cells(b))
    yield from _both("bytes used of", _used(a), _used(b))
    yield from _both("evenness of rows in", _evenness(a), _evenness(b))


def _both(what: str, a: Mapping[str, float], b: Mapping[str, float]) -> Iterator[tuple[str, float | None, float | None]]:
    for name in dict.fromkeys([*a, *b]):
        yield f"{what} {printable(name)}", a.get(name), b.get(name)


def _clocks(figures: Figures) -> dict[str, float]:
    return {one["layer"]: one["clocks"] for one in figures["layers"]}


def _used(figures: Figures) -> dict[str, float]:
    return {one["tier"]: one["used_bytes"] for one in figures["tiers"]}


def _evenness(figures: Figures) -> dict[str, float]:
    groups: Sequence[Figures] = (figures["row_use"] or {"groups": ()})["groups"]
    found: dict[str, list[float]] = {}
    for one in groups:
        found.setdefault(one["layer"], []).extend(one["evenness"])
    return {layer: round(sum(values) / len(values), 3) for layer, values in found.items()}


def comparison_page(a: Side, b: Side) -> bytes:
    """Their differences in a table, and their reports beside one another."""
    names = [title_of(one.figures) for one in (a, b)]
    table = Table(head=("figure", *names, "second over first"), rows=differences(a.figures, b.figures))
    first = Part(title="Differences", tables=[table])
    return render(
        title=" and ".join(names),
        above=[first],
        columns=[(name, parts_of(one.figures, one.drawn)) for name, one in zip(names, (a, b), strict=True)],
    )


def comparison_text(a: Figures, b: Figures) -> str:
    """The differences for a terminal."""
    rows = [("", title_of(a), title_of(b), ""), *differences(a, b)]
    cells = [tuple(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) for row in rows]
    wide = [max(len(row[column]) for row in cells) for column in range(4)]
    return "\n".join(
        "  ".join([row[0].ljust(wide[0]), *(row[column].rjust(wide[column]) for column in (1, 2, 3))]).rstrip() for row in cells
    )
