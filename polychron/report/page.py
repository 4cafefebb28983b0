"""The report as one HTML page: no script, nothing loaded; every picture has its figures in a table below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import count
from typing import Any

from hdl.flow.placement import TOP, Blocks, Cell
from polychron.command.terminal import printable
from polychron.report import charts
from polychron.report.behaviour import Raster

Figures = Mapping[str, Any]
Row = Sequence[object]

CELLS = {"lc": "logic cells", "ebr": "block RAMs", "spram": "single-port RAMs", "dsp": "multipliers"}
PADS = "pins, clock, constants"
BLOCKS_SHOWN = 20  # blocks shown in the picture; the table has them all


@dataclass(frozen=True, kw_only=True)
class Table:
    """``rows`` below ``head``; numbers stand to the right."""

    head: Row
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section: a sentence, pictures as (what is seen, SVG), and tables, the ``folded`` ones shut at first."""

    title: str
    text: str = ""
    pictures: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    folded: Sequence[tuple[str, Table]] = ()


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn but stands in no figure: where the cells lie, and when neurons spike."""

    cells: Sequence[Cell] = ()
    blocks: Blocks = field(default_factory=lambda: Blocks(frozenset()))
    raster: Raster | None = None


def report_page(figures: Figures, drawn: Drawn) -> bytes:
    """The page of a build's figures (docs/user/build.md, report.json), or of those of a network alone, which has fewer parts."""
    return render(title=title_of(figures), columns=[("", parts_of(figures, drawn))])


def title_of(figures: Figures) -> str:
    return f"{printable(figures['network'])} on {printable(figures['board'])}"


def parts_of(figures: Figures, drawn: Drawn) -> list[Part]:
    """All that there is to tell."""
    parts = (_head(figures), *_device(figures, drawn), *_network(figures, drawn), _origin(figures))
    return [part for part in parts if part is not None]


def render(*, title: str, columns: Sequence[tuple[str, Sequence[Part]]], above: Sequence[Part] = ()) -> bytes:
    """Columns of parts, each below its name, side by side where there are several; ``above``: what stands before them."""
    from jinja2 import Environment, select_autoescape

    assets = files("polychron.report") / "assets"
    environment = Environment(autoescape=select_autoescape(default_for_string=True), trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((assets / "report.html").read_text(encoding="utf-8"))
    style = (assets / "report.css").read_text(encoding="utf-8")
    numbers = count()
    with_names: dict[str, Any] = {"number": _number, "numeric": _numeric, "unique": lambda svg: charts.unique(svg, f"n{next(numbers)}-")}
    return template.render(title=title, style=style, above=above, columns=columns, **with_names).encode()


def area(block: str) -> str:
    """The area of a block, as pictures show it: a block of the core, or what stands beside the core."""
    names = block.removeprefix("system.").split(".")
    if block == TOP or not block.startswith("system."):
        return PADS
    return ".".join(names[:2]) if names[0] == "core" else names[0]


def area_cells(figures: Figures) -> dict[str, int]:
    """Logic cells of each area, the largest first; none of a network that is not built."""
    found: dict[str, int] = {}
    for block, counts in figures.get("blocks", {}).items():
        found[area(block)] = found.get(area(block), 0) + counts.get("lc", 0)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def _head(figures: Figures) -> Part:
    rows: list[Row] = []
    if "fmax_mhz" in figures:
        rows.append(("reaches", f"{figures['fmax_mhz']:.2f} MHz with seed {figures['seed']}, {figures['clock_mhz']:g} asked"))
        used = [f"{figures[key]:,} of {figures['available'][key]:,} {name}" for key, name in CELLS.items() if key in figures["available"]]
        rows.append(("takes", ", ".join(used)))
    rows += [
        ("a step takes", f"{figures['clocks_per_step']:,} clocks, {figures['efficiency']:.3f} of the limit's speed"),
        ("steps a second", f"{figures['steps_per_second']:,} at {figures['clock_mhz']:g} MHz"),
        ("reads a step", f"{figures['bytes_per_step']:,} bytes of tables"),
        ("memory image", f"{figures['image_bytes']:,} bytes"),
    ]
    return Part(title="In short", tables=[Table(head=(), rows=rows)])


def _device(figures: Figures, drawn: Drawn) -> list[Part | None]:
    if "blocks" not in figures:
        return []
    return [_blocks(figures), _timing(figures), _floorplan(figures, drawn), _energy(figures)]


def _blocks(figures: Figures) -> Part:
    found = area_cells(figures)
    kinds = [key for key in CELLS if any(key in counts for counts in figures["blocks"].values())]
    rows = [(name, *(counts.get(key, 0) for key in kinds)) for name, counts in figures["blocks"].items()]
    picture = charts.bars(dict(list(found.items())[:BLOCKS_SHOWN]), unit="logic cells after packing", of=_colours(figures))
    return Part(
        title="Where the cells go",
        text="A cell belongs to the block after whose net yosys named it. The core's blocks each have a page in docs/reference/blocks.",
        pictures=[("logic cells of each block, as a bar", picture)],
        folded=[("Every block of the design", Table(head=("block", *(CELLS[key] for key in kinds)), rows=rows))],
    )


def _timing(figures: Figures) -> Part:
    hops = figures["critical_path"]
    total = sum(hop["ns"] for hop in hops)
    routing = sum(hop["ns"] for hop in hops if hop["kind"] == "routing")
    pictures = [("MHz of each seed", charts.seeds(figures["seeds"], asked=figures["clock_mhz"], chosen=figures["seed"]))]
    text = f"Minimum {figures['fmax_mhz_min']:.2f} MHz, median {figures['fmax_mhz_median']:.2f} MHz of {len(figures['seeds'])} seeds."
    rows: list[Row] = []
    at = 0.0
    for hop in hops:
        at += hop["ns"]
        rows.append((f"{at:.2f}", f"{hop['ns']:.2f}", hop["kind"], area(hop["block"]), hop["where"]))
    if hops:
        text += f" The slowest path of seed {figures['seed']} takes {total:.2f} ns, {routing:.2f} of them routing."
        pictures.append(("the slowest path's parts along the time", charts.path(hops)))
    others = [(f"{one['clock']}", f"{one['fmax_mhz_min']:.2f} MHz", f"{one['clock_mhz']:.2f} MHz") for one in figures["other_clocks"]]
    others += [(f"{one['from']} to {one['to']}", f"{one['ns_max']:.2f} ns", f"{one['limit_ns']:.2f} ns") for one in figures["crossings"]]
    return Part(
        title="Timing",
        text=text,
        pictures=pictures,
        tables=[Table(head=("other clocks, and paths between clocks", "slowest of all seeds", "asked"), rows=others)] if others else [],
        folded=[("The slowest path, part by part", Table(head=("at ns", "ns", "what", "block", "cell or net"), rows=rows))],
    )


def _floorplan(figures: Figures, drawn: Drawn) -> Part | None:
    if not drawn.cells:
        return None
    of = _colours(figures)
    plan = charts.floorplan(drawn.cells, drawn.blocks, of, area, figures["critical_path"])
    return Part(
        title="Floorplan",
        text="Each cell where place and route has put it, in the colours of the blocks above; the line is the slowest path.",
        pictures=[(f"the device's tiles, coloured by {len(of)} blocks, with the slowest path as a line", plan)],
    )


def _colours(figures: Figures) -> dict[str, str]:
    return charts.colours(area_cells(figures))


def _energy(figures: Figures) -> Part:
    found = figures["energy"]
    if found is None:
        return Part(title="Energy", text="No measurement of this device's clock tree and cells is known, so there is no estimate.")
    text = (
        f"An estimate, not a measurement: {found['mw'][0]:g} to {found['mw'][1]:g} mW, from cells that seldom toggle to cells that"
        f" often do, by the currents that {found['source']} measured. Not counted: {found['not_counted']}."
    )
    picture = charts.span(*found["uj_per_step"], unit="microjoules a step")
    return Part(title="Energy, estimated", text=text, pictures=[("microjoules a step, between two values", picture)])


def _network(figures: Figures, drawn: Drawn) -> list[Part | None]:
    return [_memory(figures), _clocks(figures), _raster(drawn), _rows(figures)]


def _memory(figures: Figures) -> Part:
    held = [part["holds"] for tier in figures["tiers"] for part in tier["parts"]]
    of = charts.colours([one["layer"] for one in figures["layers"] if one["layer"] in held] + held)
    rows = [
        (tier["tier"], part["holds"], f"{part['first_byte']:#x}", part["size_bytes"], part["unread_bytes"])
        for tier in figures["tiers"]
        for part in tier["parts"]
    ]
    used = "; ".join(f"{one['tier']}: {one['used_bytes']:,} of {one['size_bytes']:,} bytes" for one in figures["tiers"])
    return Part(
        title="Memory",
        text=f"{used}.",
        pictures=[("each tier as a bar, with what lies where in it", charts.memory(figures["tiers"], of))],
        folded=[("What lies where", Table(head=("tier", "what", "from byte", "bytes", "of these never read"), rows=rows))],
    )


def _clocks(figures: Figures) -> Part:
    found = figures["layers"]
    busy = list(dict.fromkeys(name for one in found for name in one["needs"]))
    rows = [(one["layer"], one["clocks"], *(one["needs"].get(name, 0) for name in busy), one["held_by"]) for one in found]
    roofs = {one["tier"]: one["bytes_per_clock"] for one in figures["tiers"] if one["bytes"]}
    pictures = [("clocks of each layer, and what it needs at least", charts.layers(found))]
    if roofs:
        pictures.append(("bytes a clock of each layer below the memories' roofs", charts.roofline(found, roofs)))
    return Part(
        title="Clocks",
        text=(
            "Of a step in the steady state, by the cycle model, which the gateware equals to the clock. A layer counts from the write-back"
            " of the one before to its own; a need is what a memory, the comparators or the index cache take for it at full speed."
            " In the second picture a layer under the slope is held back by the comparators, one under a level by that memory."
        ),
        pictures=pictures,
        folded=[("Layer by layer", Table(head=("layer", "clocks", *(f"{name} needs" for name in busy), "held back by"), rows=rows))],
    )


def _raster(drawn: Drawn) -> Part | None:
    if drawn.raster is None:
        return None
    return Part(
        title="Spikes",
        text=f"The latencies of every neuron in {len(drawn.raster.labels)} steps of the golden model.",
        pictures=[(f"a point for each neuron's spike; the steps chose {' '.join(drawn.raster.labels)}", charts.raster(drawn.raster))],
    )


def _rows(figures: Figures) -> Part:
    found = figures["row_use"]
    if found is None:
        return Part(title="Use of rows", text="Not told: the network's card does not say what its inputs look like.")
    rows = [
        (f"{one['layer']}, group {one['group']}", len(one["used"]), one["rows"], one["reads"], _mean(one["used"]), _mean(one["evenness"]))
        for one in found["groups"]
    ]
    head = ("layer", "tables", "rows of each", "reads of each", "rows used, mean", "evenness, mean")
    return Part(
        title="Use of rows",
        text=f"How evenly each table's rows are read in {found['of']}: the entropy of the reads over the most that it could be.",
        pictures=[("evenness of every table, a row for each layer", charts.row_use(found["groups"]))],
        folded=[("Layer by layer", Table(head=head, rows=rows))],
    )


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3f}"


def _origin(figures: Figures) -> Part:
    rows: list[Row] = [(name, figures["tools"][name]) for name in figures.get("tools", ())]
    rows += [(name.replace("_", " "), figures[name]) for name in ("network_sha256", "image_crc32", "bitstream_sha256") if name in figures]
    card = [(printable(name), printable(str(value), limit=400)) for name, value in figures["card"].items()]
    return Part(
        title="Where it comes from",
        text="The same network, tools and versions give the same bytes.",
        tables=[Table(head=("what", "version or hash"), rows=rows)],
        folded=[("The network's card", Table(head=("field", "value"), rows=card))],
    )


def _numeric(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value.replace(".", "", 1).isdecimal())


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
