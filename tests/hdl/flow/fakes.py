"""Shell scripts in the place of a build's tools: quick, and a seed's figures are what the script says."""

import json
from pathlib import Path

SYNTHESISES = 'echo {} > top.json; echo \'{"design": {"num_cells_by_type": {"SB_LUT4": 7, "SB_DFFER": 5}}}\' > stat.json'
CELLS = ("ICESTORM_LC", "ICESTORM_RAM", "ICESTORM_SPRAM", "ICESTORM_DSP")
REPORT = {
    "fmax": {"clk": {"achieved": 38.5, "constraint": 36.0}, "fast": {"achieved": 95.0, "constraint": 72.0}},
    "critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": []}],
    "utilization": {cell: {"used": 3, "available": 30} for cell in CELLS},
}
PLACED = {"modules": {"top": {"cells": {"core.a": {"type": "ICESTORM_LC", "attributes": {"NEXTPNR_BEL": "X3/Y4/lc0"}}}}}}
ROUTES = f"echo '{json.dumps(REPORT)}' > report.json; echo '{json.dumps(PLACED)}' > placed.json; echo routed > top.asc"
PACKS = 'cp "$1" "$2"'


def tool(folder: Path, name: str, body: str) -> str:
    """A program ``name`` in ``folder``, which tells a version and does what ``body`` says; the word to call it by."""
    path = folder / name
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {{ echo {name} 1; exit; }}\n{body}\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def tools(folder: Path, *, yosys: str = SYNTHESISES, nextpnr: str = ROUTES, icepack: str = PACKS) -> dict[str, str]:
    """The environment of a build with these scripts for its tools."""
    bodies = {"YOSYS": yosys, "NEXTPNR_ICE40": nextpnr, "ICEPACK": icepack}
    return {variable: tool(folder, variable.lower(), body) for variable, body in bodies.items()}
