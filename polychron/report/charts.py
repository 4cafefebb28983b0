"""The pictures of a report: SVG by matplotlib, in the colours of the page around them, the same bytes for the same figures."""

import io
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hdl.flow.placement import Blocks, Cell
from polychron.report.behaviour import Raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Figures = Mapping[str, Any]

INK = "#010203"  # stands for the page's text colour
COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8c8c8c",
    "#b8a000",
    "#7a5195",
    "#3d9970",
    "#bc5090",
    "#5f7f9f",
)
"""Told apart by most colour-blind eyes, on white and on black (the first six are those of Okabe and Ito)."""
_SUB_COLUMNS, _SUB_ROWS = 2, 4  # of the eight cells of a tile
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "polychron",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "text.parse_math": False,
    **{name: INK for name in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")},
}


def colours(names: Iterable[str]) -> dict[str, str]:
    """One for each name, in their order."""
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(dict.fromkeys(names))}


def drawn(draw: Callable[["Figure"], None], *, width: float, height: float) -> str:
    """The SVG of what ``draw`` puts into a figure of ``width`` x ``height`` inches."""
    import matplotlib
    import matplotlib.figure

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():  # type: ignore[arg-type]
        warnings.simplefilter("ignore", UserWarning)  # a name in letters that matplotlib's font lacks; the page has the reader's fonts
        figure = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        made = io.StringIO()
        figure.savefig(made, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = made.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'^<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg xmlns:xlink="http://www.w3.org/1999/xlink" \1>', svg)
    return re.sub(r'<g id="[^"]*">', "<g>", svg)


def unique(svg: str, prefix: str) -> str:
    """The same picture with its names, of markers and clipped areas, apart from those of other pictures on a page."""
    return re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{prefix}", svg)


def bars(values: Mapping[str, float], *, unit: str, of: Mapping[str, str] | None = None) -> str:
    """A horizontal bar for each name, the first at the top; ``of``: their colours."""
    chosen = of or colours(values)

    def draw(figure: "Figure") -> None:
        axes = _rows(figure, list(values))
        axes.barh(range(len(values)), list(values.values()), color=[chosen[name] for name in values])
        for row, value in enumerate(values.values()):
            axes.annotate(f"{value:,.0f}", (value, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=9)
        axes.set_xlabel(unit)
        axes.margins(x=0.1)

    return drawn(draw, width=8, height=0.7 + 0.26 * len(values))


def seeds(reached: Sequence[Figures], *, asked: float, chosen: int) -> str:
    """MHz of every seed, beside the clock that is asked for."""

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        for one in reached:
            mine = one["seed"] == chosen
            axes.plot(one["fmax_mhz"], 0, marker="D" if mine else "o", markersize=9, color=COLOURS[5 if mine else 0], linestyle="none")
            axes.annotate(
                str(one["seed"]), (one["fmax_mhz"], 0), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=9, color=INK
            )
        axes.axvline(asked, color=INK, linestyle="--", linewidth=1)
        axes.annotate(f" {asked:g} MHz asked", (asked, -0.8), fontsize=9)
        axes.set(ylim=(-1, 1), yticks=[], xlabel="MHz that the core's clock reaches, by seed")
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.1)

    return drawn(draw, width=8, height=1.4)


def path(hops: Sequence[Figures]) -> str:
    """The slowest path, part after part along the time."""
    kinds = colours(["routing", "logic", "clk-to-q", "setup"])

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        at = 0.0
        seen: set[str] = set()
        for hop in hops:
            label = hop["kind"] if hop["kind"] not in seen else None
            axes.barh(0, hop["ns"], left=at, color=kinds.get(hop["kind"], COLOURS[6]), edgecolor="none", linewidth=0, label=label)
            at += hop["ns"]
            seen.add(hop["kind"])
        axes.set(yticks=[], xlabel="ns from clock edge to clock edge", xlim=(0, at))
        axes.spines["left"].set_visible(False)
        _legend(axes, columns=4)

    return drawn(draw, width=8, height=1.5)


def floorplan(cells: Sequence[Cell], blocks: Blocks, of: Mapping[str, str], area: Callable[[str], str], hops: Sequence[Figures]) -> str:
    """Every cell in its place on the device, in the colour of its area, and the slowest path across."""
    cells = [cell for cell in cells if not cell.kind.endswith("_FF")]  # of an ECP5: beside its logic cell, in the same place
    wide, high = max(cell.x for cell in cells) + 1, max(cell.y for cell in cells) + 1
    picture: npt.NDArray[np.uint8] = np.zeros((high * _SUB_ROWS, wide * _SUB_COLUMNS, 4), np.uint8)
    tiles: dict[tuple[int, int], list[Cell]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.x, cell.y, cell.place)):
        tiles.setdefault((cell.x, cell.y), []).append(cell)
    for (x, y), inside in tiles.items():
        for number in range(_SUB_COLUMNS * _SUB_ROWS):
            slot = number if len(inside) > 1 else 0  # a cell that has a tile of its own fills it
            if slot < len(inside):
                across, up = divmod(number, _SUB_ROWS)
                colour = of.get(area(blocks.of_cell(inside[slot].name)), COLOURS[6])
                picture[y * _SUB_ROWS + up, x * _SUB_COLUMNS + across] = [*bytes.fromhex(colour[1:]), 255]

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.imshow(picture, origin="lower", extent=(-0.5, wide - 0.5, -0.5, high - 0.5), interpolation="none", aspect="equal")
        if hops:
            x, y = zip(*(hop["tile"] for hop in hops), strict=True)
            axes.plot(x, y, color=INK, linewidth=1.5, marker="o", markersize=3)
        axes.set(xlabel="column of tiles", ylabel="row of tiles")

    return drawn(draw, width=8, height=min(9.0, 1 + 7 * high / wide))


def memory(tiers: Sequence[Figures], of: Mapping[str, str]) -> str:
    """A bar for each tier, the whole of it wide, with what lies where."""
    seen: set[str] = set()

    def draw(figure: "Figure") -> None:
        axes = _rows(figure, [f"{one['tier']}, {one['size_bytes'] / 1024:,.0f} KiB" for one in tiers])
        for row, one in enumerate(tiers):
            axes.barh(row, 100, color="none", edgecolor=INK, linewidth=0.8)
            for part in one["parts"]:
                name, start = part["holds"], 100 * (part["first_byte"] - one["first_byte"]) / one["size_bytes"]
                label = None if name in seen else name
                axes.barh(row, 100 * part["size_bytes"] / one["size_bytes"], left=start, color=of[name], edgecolor="none", label=label)
                seen.add(name)
        axes.set(xlabel="% of the tier, from its first byte that tables may have", xlim=(0, 100.5))
        if seen:
            _legend(axes, columns=4)

    return drawn(
        draw, width=8, height=0.8 + 0.45 * len(tiers) + 0.2 * -(-len({part["holds"] for one in tiers for part in one["parts"]}) // 4)
    )


def layers(found: Sequence[Figures]) -> str:
    """Clocks of each layer, and within each bar what the busiest part of the core needs at least."""

    def draw(figure: "Figure") -> None:
        axes = _rows(figure, [one["layer"] for one in found])
        least = [max(one["needs"].values(), default=0) for one in found]
        clocks = [one["clocks"] for one in found]
        axes.barh(range(len(found)), clocks, color=COLOURS[4], label="clocks taken")
        axes.barh(range(len(found)), least, height=0.35, color=COLOURS[0], label="needed by what holds it back")
        for row, one in enumerate(found):
            reach = max(clocks[row], least[row])
            axes.annotate(
                f"{one['clocks']:,}  {one['held_by']}", (reach, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=9
            )
        axes.set_xlabel("clocks of a step")
        axes.margins(x=0.18)
        _legend(axes, columns=2)

    return drawn(draw, width=8, height=1 + 0.28 * len(found))


def roofline(found: Sequence[Figures], roofs: Mapping[str, float]) -> str:
    """Bytes a clock that each layer reads, against its bytes for each clock of the comparators; ``roofs``: bytes a clock of each tier."""
    shown = [one for one in found if one["bytes"] and one["clocks"]]

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        points = {one["layer"]: (one["bytes"] / max(1, one["needs"].get("comparators", 0)), one["bytes"] / one["clocks"]) for one in shown}
        most = max([4 * max(roofs.values()), *(2 * x for x, _ in points.values())])
        least = min([0.5 * min(roofs.values()), *(0.5 * min(x, y) for x, y in points.values())])
        along = np.array([least, *sorted(roofs.values()), most])
        for number, (name, roof) in enumerate(roofs.items()):
            axes.loglog(along, np.minimum(along, roof), color=INK, linewidth=1.2, linestyle=("-", "--", ":")[number % 3])
            axes.annotate(f"{name}: {roof:g} a clock", (most, roof), xytext=(0, 3), textcoords="offset points", ha="right", fontsize=9)
        for (name, (x, y)), colour in zip(points.items(), colours(points).values(), strict=True):
            axes.loglog(x, y, marker="o", color=colour, linestyle="none", label=name)
        axes.set(xlabel="bytes of rows for each clock of the comparators", ylabel="bytes read a clock")
        _plain(axes.xaxis, axes.yaxis)
        if len(points) <= 12:
            axes.legend(frameon=False, fontsize=9, loc="lower right")

    return drawn(draw, width=8, height=3.6)


def raster(shown: Raster) -> str:
    """When each neuron spikes: a point for each neuron and step, as far to the right within the step as its latency is late; those beyond
    the first and the last percentile stand at the edge."""
    names = list(shown.layers)

    def draw(figure: "Figure") -> None:
        heights = [max(24, shown.layers[name].shape[1]) for name in names]
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, name, colour in zip(panels, names, colours(names).values(), strict=True):
            latencies = shown.layers[name].astype(np.float64)
            first, last = np.percentile(latencies, (1, 99))
            late = np.clip((latencies - first) / max(1.0, last - first), 0, 1)
            steps, neurons = np.indices(latencies.shape)
            axes.scatter(steps + 0.9 * late, neurons, s=2, color=colour, linewidths=0, rasterized=True)
            axes.set(title=name, ylabel="neuron", ylim=(-1, latencies.shape[1]), xlim=(-0.2, len(shown.labels)))
        panels[-1].set_xticks(np.arange(len(shown.labels)) + 0.45, shown.labels, fontsize=8)
        panels[-1].tick_params(axis="x", length=0)
        panels[-1].set_xlabel("steps, each from the earliest spike to the latest; below: what it chose")

    return drawn(draw, width=11, height=min(14.0, 1 + sum(0.5 + shown.layers[name].shape[1] / 90 for name in names)))


def row_use(groups: Sequence[Figures]) -> str:
    """Evenness of every table, the most uneven first within its layer."""
    names = [f"{one['layer']}, {one['rows']} rows" for one in groups]

    def draw(figure: "Figure") -> None:
        axes = _rows(figure, names)
        for row, (one, colour) in enumerate(zip(groups, (COLOURS[number % len(COLOURS)] for number in range(len(groups))), strict=True)):
            axes.plot(one["evenness"], [row] * len(one["evenness"]), marker="|", markersize=11, color=colour, linestyle="none")
        axes.set(xlabel="evenness: 1, all rows as often; 0, always the same row", xlim=(0, 1.02))

    return drawn(draw, width=8, height=0.7 + 0.28 * len(groups))


def span(least: float, most: float, *, unit: str) -> str:
    """An estimate that is known between two values."""

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        middle = (least * most) ** 0.5
        axes.errorbar([middle], [0], xerr=[[middle - least], [most - middle]], fmt="o", capsize=6, color=COLOURS[0])
        axes.set(xscale="log", yticks=[], xlabel=unit, xlim=(least / 3, most * 3))
        for value in (least, most):
            axes.annotate(f"{value:.2g}", (value, 0), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=9)
        axes.spines["left"].set_visible(False)
        _plain(axes.xaxis)

    return drawn(draw, width=8, height=1.1)


def _rows(figure: "Figure", names: Sequence[str]) -> "Axes":
    """Axes with a row for each name, the first at the top."""
    axes = figure.add_subplot()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    return axes


def _plain(*scales: "Axis") -> None:
    """Logarithmic scales with plain numbers, of a short one at 1, 2 and 5 of every power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for scale in scales:
        least, most = scale.get_view_interval()
        scale.set_major_locator(LogLocator(subs=(1, 2, 5) if most < 1000 * least else (1,), numticks=12))
        scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        scale.set_minor_locator(NullLocator())


def _legend(axes: "Axes", *, columns: int) -> None:
    axes.legend(frameon=False, fontsize=9, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
