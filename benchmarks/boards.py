"""Builds every board and prints a table of them: cells, memories, MHz, and the speed of some networks by the cycle model.

python -m benchmarks.boards [--seeds N] [--out FOLDER] [BOARD ...]

A build takes one to six minutes of a processor a seed. Builds are kept in the folder, so that a table that was interrupted goes on.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import boards
from firmware.compiler import CompileError, compile_network
from polychron.network import load
from sim.cycles import predict

NETWORKS = ("shakespeare", "best-5m", "digits")


def rate(board: boards.Board, name: str) -> str:
    """Steps a second of a network; nothing where it doesn't fit."""
    try:
        program = compile_network(load(name).integer, board)
    except CompileError:
        return "-"
    return f"{board.clock_hz / predict(program, board).clocks_per_step:,.0f}"


def fitting(board: boards.Board) -> str:
    """The first of the networks that the board can hold."""
    return next(name for name in NETWORKS if rate(board, name) != "-")


def row(board: boards.Board, report: dict[str, object]) -> str:
    """A line of the table, from a build's report.json."""
    lowest, available = report["fmax_mhz_min"], report["available"]
    assert isinstance(lowest, float)
    assert isinstance(available, dict)
    used = [f"{report[kind]:,} of {available[kind]:,}" for kind in ("lc", "ebr")]
    rates = " | ".join(rate(board, name) for name in NETWORKS)
    return f"| `{board.name}` | {board.lanes} | {' | '.join(used)} | {lowest:.1f}; {board.clock_hz / 1e6:g} | {rates} |"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boards", description="Build every board and print a table of them.")
    parser.add_argument("boards", metavar="BOARD", nargs="*", help="those to build; left out: all")
    parser.add_argument("--seeds", type=int, default=3, help="of place and route, of which the slowest counts")
    parser.add_argument("--out", type=Path, default=Path("build/boards"), help="folder of the builds")
    options = parser.parse_args(argv)
    print("| board | lanes | logic cells | block RAMs | MHz, slowest seed; asked | " + " | ".join(f"`{name}`" for name in NETWORKS) + " |")
    print("| --- |" + " --- |" * (4 + len(NETWORKS)), flush=True)
    for name in options.boards or boards.BOARDS:
        board = boards.get(name)
        folder = options.out / name
        command = [sys.executable, "-m", "hdl.build", "--board", name, "--network", fitting(board), "--out", str(folder)]
        done = subprocess.run([*command, "--seeds", str(options.seeds)], stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return done.returncode
        print(row(board, json.loads((folder / "report.json").read_text())), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
