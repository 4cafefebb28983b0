"""Command: one HTML page with a network on the gateware in it.

python -m sim.page --board icebreaker [--network NAME] [--prompt TEXT] [--length N] [--temperature T | --greedy] [--k K] [--seed N]
    [--out FILE]
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.options import FLAT, option
from polychron.command.target import EARLIEST, NetworkOnBoard, Sampler, text_is_drawn
from polychron.command.terminal import printable, say

SHAKESPEARE = NetworkOnBoard()
LENGTH = "characters whose latencies the page can compare with the model's"

app = make_app(
    "page",
    "Make one HTML page with the chip in it: the gateware as WebAssembly and a network, in a file that needs no server.\n\n"
    "The gateware is compiled by zig (pip install 'polychron[page]') and kept in ~/.cache/polychron.",
    examples=["polychron page", "polychron page --network transformer --out transformer.html", "polychron page --network digits"],
    config=[text_is_drawn],
)


@app.default
def page(
    target: Annotated[NetworkOnBoard, FLAT] = SHAKESPEARE,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    prompt: Annotated[str, option("text the network reads first", metavar="TEXT")] = "First Citizen:",
    length: Annotated[int, option(LENGTH, low=0, high=1000, metavar="N")] = 100,
    out: Annotated[Path | None, option("the page; left out: NETWORK.html", metavar="FILE")] = None,
) -> None:
    from polychron.network import load

    network = load(target.network)
    text = network.integer.byte_symbols() is not None  # a classifier takes the earliest spike
    temperature, k = (sampler.temperature, sampler.k) if text else (0.0, 0)
    program = network.compile(board=target.board, temperature=temperature, k=k, seed=sampler.seed)
    path = program.page(out, prompt=prompt, length=length, say=say)
    print(f"{printable(path)}: {path.stat().st_size:,} bytes; open it in a browser")


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
