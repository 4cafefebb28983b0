"""Command: the main job, from a trained network to a bitstream and a memory image; and what is known before (``estimate``).

python -m hdl.build --board icebreaker [--network NAME] [--flash byte|nibble] [--seeds N] [--estimate] [--out FOLDER]
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, option
from polychron.command.target import SHAKESPEARE, Target
from polychron.system.progress import write_line

SEEDS = "place and route N times, keep the fastest that meets timing; left out: until one does, up to 9 times"

app = make_app(
    "build",
    "Build the bitstream and the memory image for a board.",
    examples=[
        "polychron build --board icebreaker",
        "polychron build --network mine.safetensors --seeds 5",
        "polychron build --network best-5m --flash nibble --out elsewhere",
    ],
)
estimate_app = make_app(
    "estimate",
    "Placement, memory, clocks and speed of a network on a board, before any synthesis.",
    examples=["polychron estimate --network best-5m", "polychron estimate --network mine.safetensors --board ulx3s_85f"],
)


@app.default
def build(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    *,
    seeds: Annotated[int | None, option(SEEDS, low=1, high=100, metavar="N")] = None,
    estimate: Annotated[bool, option("print what `polychron estimate` prints, and stop")] = False,
    out: Annotated[Path | None, option("where the products go; left out: build/BOARD", metavar="FOLDER")] = None,
    json: Json = False,
) -> None:
    if estimate:
        print_estimate(target, json=json)
        return
    from polychron.network import load

    start = time.monotonic()

    def say(line: str) -> None:
        write_line(f"[{time.monotonic() - start:6.1f} s] {line}", sys.stdout)

    with reported(json) as figures:
        program = load(target.network).compile(board=target.board, flash=target.flash)
        made = program.build(out=out, seeds=seeds, say=say)
        print(made, end="")
        figures |= made.figures | {"files": [{"file": path, "bytes": path.stat().st_size} for path in made.files]}


@estimate_app.default
def print_estimate(target: Annotated[Target, FLAT] = SHAKESPEARE, *, json: Json = False) -> None:
    from polychron.network import load

    with reported(json) as figures:
        found = load(target.network).compile(board=target.board, flash=target.flash).estimate()
        print(found)
        figures |= found.figures


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
