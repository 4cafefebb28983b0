"""Command: the whole FPGA of a board as its netlist, after synthesis or after place and route, in Icarus Verilog beside the golden model.

python -m sim.netlist.run [--board icebreaker|ulx3s_85f] [--network NAME] [--flash byte|nibble] [--stage synthesis|route]
    [--prompt TEXT] [--length N] [--temperature T | --greedy] [--k K] [--seed N] [--preload] [--placement N] [--out FOLDER]
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, Options, option
from polychron.command.target import EARLIEST, SHAKESPEARE, Sampler, Target, text_is_drawn
from polychron.command.terminal import printable, say

app = make_app(
    "python -m sim.netlist.run",
    "Simulate the whole FPGA of a board below its RTL: boot from the flash chip and write a text, beside the golden model.\n\n"
    "Steps of the build that stand in its folder are not run again.",
    examples=[
        "python -m sim.netlist.run --preload",
        "python -m sim.netlist.run --stage synthesis --flash nibble --length 3 --preload",
        "python -m sim.netlist.run --board ulx3s_85f --preload --prompt F --length 3",
    ],
    config=[text_is_drawn],
)


@dataclass(frozen=True, kw_only=True)
class Build(Options):
    """Which netlist of a build, and where that is."""

    stage: Annotated[Literal["synthesis", "route"], option("which netlist")] = "route"
    placement: Annotated[int, option("the seed of place and route", low=1, high=100, metavar="N")] = 1
    out: Annotated[Path | None, option("the folder of the build; left out: build/BOARD", metavar="FOLDER")] = None


ROUTED = Build()


@app.default
def check(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    netlist: Annotated[Build, FLAT] = ROUTED,
    prompt: Annotated[str, option("text the network reads first", metavar="TEXT")] = "First",
    length: Annotated[int, option("characters to write", low=1, high=1000, metavar="N")] = 20,
    preload: Annotated[bool, option("tables on chip stand in its memory from the start; the rest boots from flash")] = False,
    json: Json = False,
) -> int:
    from golden.integer.symbols import TextDecoder, encode, typed_bytes
    from polychron.network import load
    from sim.netlist.check import Subject, Text, check_text
    from sim.netlist.made import make_netlist

    network = load(target.network)
    program = network.compile(board=target.board, flash=target.flash, temperature=sampler.temperature, k=sampler.k, seed=sampler.seed)
    board, symbols = program.board, network.integer.byte_symbols()
    if symbols is None:
        raise ValueError(f"{network.name} has no symbols: it reads no text")
    text = Text(forced=tuple(encode(symbols, typed_bytes(prompt)).tolist()), free=length, preload=preload)
    with reported(json) as figures:
        folder = netlist.out or Path("build") / board.name
        found = make_netlist(board, stage=netlist.stage, seed=netlist.placement, folder=folder, say=say)
        parts = f"{len(found.tables):,} tables, {len(found.carries):,} carries, {len(found.flops):,} flip-flops"
        say(f"netlist after {'synthesis' if netlist.stage == 'synthesis' else 'place and route'}: {parts}, {len(found.macros)} other cells")
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            subject = Subject(netlist=found, board=board, network=network.integer, program=program.code)
            made = check_text(subject, text, folder=Path(name))
        decoder = TextDecoder(symbols)
        print(printable(prompt + decoder.text(made.symbols[len(text.forced) :]) + decoder.end()))
        if made.difference:
            print(f"DIFFERENT from the golden model: {made.difference}")
        else:
            print(f"equal to the golden model: {len(made.symbols)} symbols, {made.compared:,} latencies")
        same = "as the cycle model says" if made.predicted is not None else "with rows from flash"
        print(f"clocks of these steps: {made.clocks:,}, {same}")
        print(f"words of block RAM read while written, and unknown then: {made.heard.collisions:,}")
        say(f"simulated in {time.monotonic() - start:.0f} s")
        figures |= {
            "board": board.name,
            "network": network.name,
            "stage": netlist.stage,
            "equal": not made.wrong,
            "difference": made.difference,
            "symbols": len(made.symbols),
            "latencies_compared": made.compared,
            "clocks": made.clocks,
            "clocks_predicted": made.predicted,
            "collisions": made.heard.collisions,
        }
    return 1 if made.wrong else 0


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
