"""``python -m benchmarks.study.plot``: the plots of docs/study and the tables in its README.md, from points.json and convergence.json.

A picture carries the SHA-256 of the data it was drawn from (PNG text "Source"), so that a test can tell whether it is up to date.
"""

import hashlib
import io
import re
import struct
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from golden.integer.file import write_atomic
from golden.integer.layer import NetworkError
from polychron.command.app import make_app
from polychron.command.app import run as run_command
from polychron.command.options import option
from polychron.system.files import read_input

from .labels import place_labels
from .points import FAMILIES, Point, frontier, read_points
from .runs import Run, read_runs

FOLDER = Path(__file__).parents[2] / "docs" / "study"
COLOURS = dict(zip(FAMILIES, ("tab:green", "tab:blue", "tab:red", "0.5", "tab:orange"), strict=True))
MARKERS = dict(zip(FAMILIES, "s^o+x", strict=True))
AXES = (("table_bytes", "bytes of tables"), ("bytes_read", "bytes read a character"), ("clocks", "clocks a character, UP5K"))
DPI = 110
LINES = ("-", "--", ":", "-.")
GOALS = (2.8, 2.6, 2.5, 2.4, 2.3, 2.2)  # bits
ON_CORE = ("deep", "rnn", "transformer")


def _size(count: int) -> str:
    if count < 1 << 10:
        return str(count)
    return f"{count / 1024:.1f} Ki" if count < 1 << 20 else f"{count / (1 << 20):.2f} Mi"


def points_table(points: Sequence[Point]) -> str:
    """A Markdown table; an estimated clock count has a ~, a network that ships is in bold."""
    lines = ["| network | tables | in | bytes | read | clocks | bits | trained on |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for point in points:
        name = f"**{point.name}**" if point.shipped else point.name
        clocks = "" if point.clocks is None else f"{'' if point.predicted else '~'}{point.clocks:,}"
        trained = f"{point.characters / 1e6:.0f} M" + (f", {point.seconds:.0f} s" if point.seconds is not None else "")
        where = "" if point.memory == "none" else point.memory
        cells = (name, point.shape, where, _size(point.table_bytes), f"{point.bytes_read:,}", clocks, f"{point.bits:.3f}", trained)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def runs_table(runs: Sequence[Run]) -> str:
    """A Markdown table of trainings by their length."""
    lines = ["| network | M characters | seconds | bits |", "| --- | --- | --- | --- |"]
    lines += [f"| {run.model} | {run.characters / 1e6:.2f} | {run.seconds:.0f} | {run.bits:.3f} |" for run in runs]
    return "\n".join(lines)


def reached(runs: Sequence[Run], goal: float) -> tuple[float, float] | None:
    """Characters and seconds with which trainings of one model would reach ``goal`` bits, by interpolation on logarithmic scales.

    None if none of them did, or if the shortest is below it already.
    """
    some = sorted(runs, key=lambda run: run.characters)
    for one, other in pairwise(some):
        if one.bits > goal >= other.bits:
            part = (one.bits - goal) / (one.bits - other.bits)
            characters = one.characters * (other.characters / one.characters) ** part
            return characters, one.seconds * (other.seconds / one.seconds) ** part
    return None


def _two(value: float) -> str:
    """Two significant digits, written plainly."""
    return f"{float(f'{value:.2g}'):g}"


def goals_table(runs: Sequence[Run]) -> str:
    """A Markdown table of :func:`reached`, for models with a training so short that it ends above 2.5 bits."""
    lines = ["| network | " + " | ".join(f"{goal} bits" for goal in GOALS) + " |", "| --- |" + " --- |" * len(GOALS)]
    for model in dict.fromkeys(run.model for run in runs):
        some = [run for run in runs if run.model == model]
        least = min(some, key=lambda run: run.characters)
        if least.bits <= 2.5:
            continue
        cells = []
        for goal in GOALS:
            found = reached(some, goal)
            if found is not None:
                cells.append(f"{_two(found[0] / 1e6)} M, {_two(found[1])} s")
            else:
                cells.append(f"under {_two(least.characters / 1e6)} M, {_two(least.seconds)} s" if least.bits <= goal else "")
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ann_points(runs: Sequence[Run]) -> list[Point]:
    """Of each standard transformer the training with the fewest bits, as a point."""
    points = []
    for model in sorted({run.model for run in runs if run.family == "ANN"}):
        run = min((run for run in runs if run.model == model), key=lambda run: run.bits)
        point = Point(
            name=model,
            family="ANN",
            shape="int8 weights, keys and values",
            memory="none",
            table_bytes=run.table_bytes,
            bytes_read=run.bytes_read,
            clocks=None,
            predicted=False,
            bits=run.bits,
            characters=run.characters,
            seconds=run.seconds,
            seed=run.seed,
            command=run.command,
        )
        points.append(point)
    return points


def fill(page: str, name: str, table: str) -> str:
    """``page`` with what stands between the marks of ``name`` replaced; ``NetworkError`` if it has no such marks."""
    first, last = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    found = re.search(re.escape(first) + ".*?" + re.escape(last), page, re.DOTALL)
    if found is None:
        raise NetworkError(f"the page must have the marks {first.strip()} and {last}")
    return page[: found.start()] + first + table + "\n" + last + page[found.end() :]


def tables_in(page: str, points: Sequence[Point], runs: Sequence[Run]) -> str:
    """``page`` with its three tables made of the data."""
    tables = {"points": points_table(points), "goals": goals_table(runs), "runs": runs_table(runs)}
    for name, table in tables.items():
        page = fill(page, name, table)
    return page


def _figure(width: float, height: float, count: int) -> tuple[Any, Any]:
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return figure, figure.subplots(1, count, sharey=True)


def _ticks(axes: Any) -> None:
    """Marks at 1, 2 and 5 of every decade, in plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    def plain(value: float, place: object) -> str:
        unit = next((unit for unit in ((1e6, "M"), (1e3, "k")) if value >= unit[0]), (1.0, ""))
        return f"{value / unit[0]:g}{unit[1]}"

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(alpha=0.3)


def _save(figure: Any, path: Path, source: str) -> None:
    picture = io.BytesIO()
    figure.savefig(picture, dpi=DPI, format="png", metadata={"Software": None, "Source": source})
    write_atomic(path, picture.getvalue())


def source_hash(folder: Path) -> str:
    """SHA-256 of points.json and convergence.json, one after the other."""
    return hashlib.sha256(b"".join(read_input(folder / name) for name in ("points.json", "convergence.json"))).hexdigest()


def source_of(path: Path) -> str:
    """The PNG text "Source" of a picture, "" if there is none."""
    data, at = read_input(path), 8
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"tEXt" and data[at + 8 :].startswith(b"Source\0"):
            return data[at + 15 : at + 8 + length].decode("latin-1")
        at += 12 + length
    return ""


def points_figure(points: Sequence[Point]) -> Any:
    """Bits against bytes, traffic and clocks; the line joins the networks of the core that no other one of the core beats in both.

    Labels leave out the family, which the colour tells.
    """
    figure, panels = _figure(16, 7.2, 3)
    for axes, (field, label) in zip(panels, AXES, strict=True):
        for family in FAMILIES:
            some = [point for point in points if point.family == family and getattr(point, field) is not None]
            for shipped in (False, True):
                kept = [point for point in some if bool(point.shipped) == shipped]
                fill_colour = COLOURS[family] if shipped or family not in ON_CORE else "white"
                style = {"marker": MARKERS[family], "color": fill_colour, "edgecolors": COLOURS[family]}
                if family not in ON_CORE:
                    style.pop("edgecolors")
                if kept:
                    axes.scatter([getattr(point, field) for point in kept], [point.bits for point in kept], s=45, zorder=3, **style)
        best = frontier([point for point in points if point.family in ON_CORE], field)
        axes.step([getattr(point, field) for point in best], [point.bits for point in best], where="post", color="0.6", zorder=1, lw=1)
        axes.set_xscale("log")
        axes.margins(x=0.16)
        axes.set(xlabel=label, ylim=(2.1, 3.05))
        _ticks(axes)
    others = []
    for size, name in ((131_072, "SPRAM"), (14_680_064, "flash, 14 MiB")):
        panels[0].axvline(size, color="0.7", ls=":", lw=1)
        words: dict[str, Any] = {"textcoords": "offset points", "fontsize": 7, "rotation": 90, "ha": "right", "va": "top"}
        others.append(panels[0].annotate(name, (size, 3.03), xytext=(-3, 0), **words))
    panels[0].set_ylabel("bits a character, last tenth, streamed")
    shown = [family for family in FAMILIES if any(point.family == family for point in points)]
    for family in shown:
        panels[2].scatter([], [], marker=MARKERS[family], color=COLOURS[family], label=family)
    others.append(panels[2].legend(fontsize=8, title="filled: ships; line: frontier of the core", title_fontsize=7))
    figure.draw_without_rendering()  # the layout is final
    for axes, (field, _) in zip(panels, AXES, strict=True):
        low, high = axes.get_ylim()
        seen = [point for point in points if getattr(point, field) is not None and low <= point.bits <= high]
        labels = [
            (point.name.removeprefix(f"{point.family}-"), (getattr(point, field), point.bits), COLOURS[point.family]) for point in seen
        ]
        place_labels(axes, labels, others=[other for other in others if other.axes is axes])
    return figure


def draw_runs(runs: Sequence[Run], path: Path, source: str) -> None:
    """Bits reached by trainings of several lengths against characters seen, and against seconds of one core."""
    figure, panels = _figure(12, 5.4, 2)
    models = sorted({(run.model, run.family) for run in runs})
    for axes, field, scale, label in (
        (panels[0], "characters", 1e6, "million characters trained on"),
        (panels[1], "seconds", 1.0, "seconds of one core"),
    ):
        for model, family in models:
            some = sorted((run for run in runs if run.model == model), key=lambda run: run.characters)
            line = LINES[[other for other in models if other[1] == family].index((model, family)) % len(LINES)]
            values = [getattr(run, field) / scale for run in some]
            axes.plot(values, [run.bits for run in some], marker=MARKERS[family], color=COLOURS[family], ls=line, ms=4, label=model)
        axes.set_xscale("log")
        axes.set_xlabel(label)
        _ticks(axes)
    panels[0].set_ylabel("bits a character, last tenth, streamed")
    panels[0].set_ylim(2.1, 3.2)
    panels[1].legend(fontsize=8)
    _save(figure, path, source)


def draw(folder: Path = FOLDER) -> None:
    """Both pictures, and both tables in README.md."""
    points, runs = read_points(folder / "points.json"), read_runs(folder / "convergence.json")
    page = read_input(folder / "README.md").decode()
    points += ann_points(runs)
    page = tables_in(page, points, runs)
    write_atomic(folder / "README.md", page.encode())
    _save(points_figure(points), folder / "frontier.png", source_hash(folder))
    draw_runs(runs, folder / "convergence.png", source_hash(folder))


app = make_app(
    "python -m benchmarks.study.plot",
    "Draw the study's pictures, and put its tables into its page.",
    examples=["python -m benchmarks.study.plot"],
)


@app.default
def command(*, folder: Annotated[Path, option("of points.json, convergence.json and README.md", metavar="DIR")] = FOLDER) -> None:
    draw(folder)


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(app, argv)


if __name__ == "__main__":
    sys.exit(main())
