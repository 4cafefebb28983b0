"""What networks are estimated to cost in energy on an iCEBreaker, from what changes in its cells, and what they read, beside the paper.

python -m benchmarks.energy [NAME ...] [--steps N] [--data DIR] [--json FILE]
python -m benchmarks.energy --weights
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import boards
from benchmarks.energy import table
from benchmarks.energy.estimate import Chip
from benchmarks.energy.gauges import Counter, Product, changes_a_clock
from benchmarks.energy.result import Result, result
from benchmarks.energy.runs import count
from benchmarks.energy.weights import net
from boards import Board
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.file import load
from golden.integer.layer import Int16
from golden.integer.network import Network
from golden.integer.shipped import find_network, shipped_networks
from golden.tasks.scoring import held_out
from hdl.board.system import System
from polychron.system.files import write_whole
from sim.activity.mapped import build_mapped
from sim.compiled.build import SimulationError

BOARD = "icebreaker"
NETWORKS = ("shakespeare", "digits", "transformer", "best-5m")
MOST = 1000


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.energy", description="Energy and traffic of networks, estimated.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"networks that ship; if left out {', '.join(NETWORKS)}")
    parser.add_argument("--steps", type=int, default=8, help=f"counted of each network, 1..{MOST} (8)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="MNIST's files, of which mnist gets those that were held out")
    parser.add_argument("--weights", action="store_true", help="only what a change, an access and a clock are taken to cost")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all of it as JSON")
    return parser


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where the cells do other things than the golden model, or the core reads what neither formulas nor compiler explain;
    2 for wrong options."""
    parser = _options()
    asked = parser.parse_args(arguments)
    if wrong := [name for name in asked.names if name not in shipped_networks()]:
        parser.error(f"NAME must be one of {', '.join(shipped_networks())}, not {wrong[0]!r}")
    if not 1 <= asked.steps <= MOST:
        parser.error(f"--steps must be 1..{MOST}, not {asked.steps}")
    board = boards.get(BOARD)
    try:
        chosen = {name: _given(name, board, asked.data) for name in asked.names or NETWORKS}
    except ValueError as error:
        parser.error(str(error))
    gauges = changes_a_clock(Counter()), changes_a_clock(Product())
    one_net, mhz = net(*gauges), board.clock_hz / 1e6
    print(*table.of_weights(one_net, gauges, mhz=(mhz, 2 * mhz)), "", sep="\n", flush=True)
    if asked.weights:
        return 0
    mapped = build_mapped(System(board))
    chip = Chip(mapped=mapped, clock_mhz=mhz, net=one_net)
    found: list[Result] = []
    for name, (network, program, samples) in chosen.items():
        print(f"{name}: {asked.steps} steps on cells", file=sys.stderr, flush=True)
        try:
            counted = count(network, program, board, mapped, steps=asked.steps, samples=samples)
        except SimulationError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        found.append(result(name, counted, chip, board))
    print(*table.lines(chip, found), sep="\n")
    if asked.json:
        write_whole({asked.json: (json.dumps(table.as_json(chip, found), indent=1) + "\n").encode()})
    return int(not all(one.traffic.explained for one in found))


def _given(name: str, board: Board, data: Path | None) -> tuple[Network, Program, Int16 | None]:
    """A network that ships, compiled, and the samples that a classifier is to have; ``ValueError`` where there are none."""
    network = load(find_network(name))
    samples = None if network.byte_symbols() is not None else np.asarray(held_out(network, data=data).x, np.int16)
    return network, compile_network(network, board), samples


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
