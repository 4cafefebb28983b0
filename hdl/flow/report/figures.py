"""The figures of a build, as data (report.json) and as text (report.txt): the same inputs give the same bytes."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from boards import Board
from hdl.flow.design import Design
from hdl.flow.pipeline import Implementation
from hdl.flow.placement import Blocks
from hdl.flow.report import packages
from hdl.flow.report.energy import energy
from hdl.flow.routing import Clock, Crossing, Routed, fmax_median, fmax_min
from polychron.command.terminal import printable

_PATH_SHOWN = 1.0  # ns: shorter parts of a path are summed up in the text


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What the cycle model says of one step: ``clocks``, the ``limit`` (clocks the memories need), ``bytes`` read from the tables."""

    clocks: int
    limit: int
    bytes: int

    @property
    def efficiency(self) -> float:
        return round(self.limit / self.clocks, 4)

    def steps_per_second(self, *, clock_mhz: float) -> int:
        return int(clock_mhz * 1e6 / self.clocks)

    def figures(self, *, clock_mhz: float) -> dict[str, Any]:
        """As report.json has them."""
        return {
            "clock_mhz": clock_mhz,
            "clocks_per_step": self.clocks,
            "clocks_limit": self.limit,
            "efficiency": self.efficiency,
            "bytes_per_step": self.bytes,
            "steps_per_second": self.steps_per_second(clock_mhz=clock_mhz),
        }


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is built: the ``image`` of a network, its ``name``, the ``sha256`` of its file, the ``speed`` of a step, and what the report
    says besides of the network alone (``more``)."""

    board: Board
    name: str
    sha256: str
    image: bytes
    speed: Speed
    more: Mapping[str, Any] = field(default_factory=dict)


def figures_of(job: Job, *, design: Design, tools: Mapping[str, str], built: Implementation) -> dict[str, Any]:
    """report.json's content. ``fmax_mhz`` is the chosen seed's; minimum and median are of all seeds."""
    board, speed = job.board, job.speed
    clock_mhz = board.clock_hz / 1e6
    cells, blocks = design.family.cells, Blocks.of(design.rtlil)
    used = {figure: built.chosen.used.get(cell, (0, 0))[0] for figure, cell in cells.items()}
    estimate = energy(device=board.device, logic_cells=used["lc"], clock_mhz=clock_mhz, clocks_per_step=speed.clocks)
    return {
        "board": board.name,
        "device": design.device,
        "tools": dict(tools),
        "packages": packages.versions(packages.of_tools(tools)),
        "network": job.name,
        "network_sha256": job.sha256,
        "lc": used["lc"],
        "lut4": built.netlist["lut4"],
        "ff": built.netlist["ff"],
        "ebr": used["ebr"],
        "spram": used.get("spram", 0),
        "dsp": used["dsp"],
        "available": {figure: built.chosen.used.get(cell, (0, 0))[1] for figure, cell in cells.items()},
        "seeds": [{"seed": routed.seed, "fmax_mhz": routed.fmax_mhz} for routed in built.seeds],
        "other_clocks": _others(built.seeds),
        "crossings": _crossings(built.seeds),
        "seed": built.chosen.seed,
        "fmax_mhz": built.chosen.fmax_mhz,
        "fmax_mhz_min": fmax_min(built.seeds),
        "fmax_mhz_median": fmax_median(built.seeds),
        **speed.figures(clock_mhz=clock_mhz),
        "image_bytes": len(job.image),
        "image_crc32": f"{zlib.crc32(job.image):08x}",
        "bitstream_sha256": hashlib.sha256(built.bitstream).hexdigest(),
        "blocks": blocks.count(built.cells, cells),
        "critical_path": [
            {"kind": hop.kind, "ns": round(hop.delay, 3), "where": hop.where, "block": blocks.of_cell(hop.where), "tile": list(hop.at)}
            for hop in built.chosen.path
        ],
        "energy": None if estimate is None else estimate.figures(),
        **job.more,
    }


def _others(seeds: Sequence[Routed]) -> list[dict[str, Any]]:
    """The clocks besides the core's, each at the slowest of all seeds."""
    worst: dict[str, Clock] = {}
    for clock in (clock for routed in seeds for clock in routed.others):
        worst[clock.name] = min(clock, worst.get(clock.name, clock), key=lambda found: found.fmax_mhz)
    return [{"clock": c.name, "fmax_mhz_min": c.fmax_mhz, "clock_mhz": c.target_mhz} for _, c in sorted(worst.items())]


def _crossings(seeds: Sequence[Routed]) -> list[dict[str, Any]]:
    """The paths between clocks, each at the slowest of all seeds."""
    worst: dict[tuple[str, str], Crossing] = {}
    for path in (path for routed in seeds for path in routed.crossings):
        ends = (path.source, path.target)
        worst[ends] = max(path, worst.get(ends, path), key=lambda found: found.delay / found.limit)
    return [
        {"from": p.source, "to": p.target, "ns_max": round(p.delay, 2), "limit_ns": round(p.limit, 2)} for _, p in sorted(worst.items())
    ]


def to_json(figures: Mapping[str, Any]) -> bytes:
    return (json.dumps(figures, indent=2, ensure_ascii=True) + "\n").encode()


def to_text(figures: Mapping[str, Any], *, worst: Routed) -> bytes:
    """The report for a reader: the figures, and the slowest path of the slowest seed."""
    f = figures
    seeds = ", ".join(f"{s['seed']}: {s['fmax_mhz']:.2f}" for s in f["seeds"])
    lines = [
        f"{printable(f['network'])} on {f['board']} ({f['device']})",
        "",
        "Device: whole design, with loader, link and core, after place and route",
        *(f"  {label:<22} {f[key]:>6} of {f['available'][key]}" for key, label in _CELLS.items() if key in f["available"]),
        f"  {'4-input tables':<22} {f['lut4']:>6} in the netlist",
        f"  {'flip-flops':<22} {f['ff']:>6} in the netlist",
        "",
        "Clock",
        f"  runs at                {f['clock_mhz']:.2f} MHz",
        f"  seed chosen            {f['seed']} with {f['fmax_mhz']:.2f} MHz",
        f"  all seeds, MHz         {seeds}",
        f"  minimum, median        {f['fmax_mhz_min']:.2f}, {f['fmax_mhz_median']:.2f} MHz",
        *(f"  {c['clock']:<22} {c['fmax_mhz_min']:.2f} MHz at least, {c['clock_mhz']:.2f} asked" for c in f["other_clocks"]),
        *(f"  {p['from']} to {p['to']}: {p['ns_max']:.2f} ns at most, {p['limit_ns']:.2f} allowed" for p in f["crossings"]),
        "",
        "Speed of one step: cycle model, which the simulated gateware equals to the clock",
        f"  clocks                 {f['clocks_per_step']}, limit {f['clocks_limit']}, efficiency {f['efficiency']:.3f}",
        f"  bytes read             {f['bytes_per_step']}",
        f"  steps a second         {f['steps_per_second']}",
        "",
        "Products",
        f"  memory image           {f['image_bytes']} bytes, CRC-32 {f['image_crc32']}",
        f"  bitstream, SHA-256     {f['bitstream_sha256']}",
        f"  network file, SHA-256  {f['network_sha256']}",
        "",
        "Tools",
        *(f"  {name:<22} {version}" for name, version in f["tools"].items()),
        "",
        f"Slowest path of the slowest seed ({worst.seed}): {worst.fmax_mhz:.2f} MHz",
        *_path_lines(worst),
    ]
    return ("\n".join(lines) + "\n").encode()


_CELLS = {"lc": "logic cells", "ebr": "block RAMs", "spram": "single-port RAMs", "dsp": "multipliers"}


def _path_lines(routed: Routed) -> list[str]:
    total = sum(hop.delay for hop in routed.path)
    routing = sum(hop.delay for hop in routed.path if hop.kind == "routing")
    logic = sum(hop.kind == "logic" for hop in routed.path)
    lines = [f"  {total:.2f} ns, {routing:.2f} of them routing, through {logic} cells; parts below {_PATH_SHOWN:g} ns are left out"]
    at = 0.0
    for index, hop in enumerate(routed.path):
        at += hop.delay
        if hop.delay >= _PATH_SHOWN or index in (0, len(routed.path) - 1):
            lines.append(f"  {at:7.2f} ns  {hop.kind:<8} {hop.delay:5.2f}  {hop.where}")
    return lines
