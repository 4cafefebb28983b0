"""Builds that no tool has run for: a design of three blocks and a few cells, with the real figures of a network."""

import json
from pathlib import Path
from typing import Any

import polychron
from hdl.flow.design import Design
from hdl.flow.family import ICE40
from hdl.flow.pipeline import Implementation
from hdl.flow.placement import Blocks, Cell
from hdl.flow.report.figures import Job, figures_of
from hdl.flow.routing import Clock, Crossing, Hop, Routed
from polychron.report.facts import facts
from polychron.report.page import Drawn
from polychron.system.files import write_whole
from polychron.system.together import with_list

RTLIL = "\n".join(f"module \\{name}\nend" for name in ("top", "top.system", "top.system.core", "top.system.core.sorter", "top.system.link"))
CELLS = (
    Cell("system.core.sorter.list_LC", "ICESTORM_LC", 1, 1, "lc0"),
    Cell("system.core.sorter.next_LC", "ICESTORM_LC", 1, 1, "lc1"),
    Cell("system.core.sum_LC", "ICESTORM_LC", 2, 1, "lc7"),
    Cell("system.link.byte_LC", "ICESTORM_LC", 2, 2, "lc0"),
    Cell("system.link.buffer", "ICESTORM_RAM", 3, 1, "ram"),
    Cell("$nextpnr_ICESTORM_LC_0", "ICESTORM_LC", 1, 2, "lc3"),
)
USED = {"ICESTORM_LC": (5, 5280), "ICESTORM_RAM": (1, 30), "ICESTORM_SPRAM": (0, 4), "ICESTORM_DSP": (0, 8)}
PATH = (
    Hop(kind="clk-to-q", delay=1.39, where="system.core.sorter.list_LC.O", at=(1, 1)),
    Hop(kind="routing", delay=12.0, where="system.core.sorter.list", at=(2, 2)),
    Hop(kind="setup", delay=0.6, where="system.link.byte_LC.I0", at=(2, 2)),
)


def routed(seed: int, mhz: float) -> Routed:
    others = (Clock(name="fast", fmax_mhz=90.0, target_mhz=72.0),)
    crossings = (Crossing(source="clk", target="fast", delay=6.0, limit=13.89),)
    return Routed(seed=seed, fmax_mhz=mhz, target_mhz=36, failing=(), used=USED, path=PATH, others=others, crossings=crossings)


def built(network: str = "digits", *, device: str | None = None) -> tuple[dict[str, Any], Drawn]:
    """The figures of report.json, and what is drawn besides."""
    program = polychron.load(network).compile()
    found = facts(program.network.integer, program.code, program.board)
    seeds = (routed(1, 38.5), routed(2, 39.25))
    design = Design(rtlil=RTLIL, constraints="", family=ICE40, part=(), device="iCE40UP5K-SG48")
    made = Implementation(bitstream=b"bits", chosen=seeds[1], cells=CELLS, seeds=seeds, netlist={"lut4": 4, "ff": 3})
    job = Job(
        board=program.board,
        name=network,
        sha256=program.network.sha256(),
        image=program.image,
        speed=program.estimate().speed,
        more=found.figures,
    )
    figures = figures_of(job, design=design, tools={"yosys": "yosys 1"}, built=made)
    return figures, Drawn(cells=CELLS, blocks=Blocks.of(RTLIL), raster=found.raster)


def write_build(folder: Path, figures: dict[str, Any]) -> Path:
    """A folder as a build leaves it, as far as a comparison reads it."""
    files = with_list({"report.json": json.dumps(figures).encode()})
    write_whole({folder / name: content for name, content in files.items()}, folders=True)
    return folder
