"""Clocks of a step on a ULX3S 85F of other widths: 16 and 32 lanes, 2 and 4 comparators. By the cycle model.

python -m benchmarks.comparators
"""

from dataclasses import replace
from pathlib import Path

import boards
import golden
from firmware.compiler import compile_network
from golden.integer.file import load
from sim.cycles import predict

NETWORKS = ("shakespeare", "best-5m", "transformer", "digits", "mnist")
LANES, COMPARATORS = (16, 32), (2, 4)


def clocks(network: str, *, lanes: int, comparators: int) -> int:
    """Of a step in steady state."""
    board = replace(boards.get("ulx3s_85f"), lanes=lanes, comparators=comparators)
    program = compile_network(load(Path(golden.__file__).parent / "networks" / f"{network}.safetensors"), board)
    return predict(program, board).clocks_per_step


def main() -> None:
    for network in NETWORKS:
        found = [clocks(network, lanes=lanes, comparators=comparators) for lanes in LANES for comparators in COMPARATORS]
        print(f"| `{network}` | {' | '.join(f'{count:,}' for count in found)} |", flush=True)


if __name__ == "__main__":
    main()
