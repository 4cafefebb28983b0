"""Command: compile a network for a board and write its memory image.

python -m firmware.export --board icebreaker --network FILE [--flash byte|nibble] [--out DIR] [--seed N] [--k K] [--temperature T]
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from polychron.command.app import make_app, run
from polychron.command.figures import Json, reported
from polychron.command.options import FLAT, option
from polychron.command.target import EARLIEST, SHAKESPEARE, Sampler, Target
from polychron.command.terminal import printable

app = make_app(
    "export",
    "Compile a network for a board and write its memory image; the bitstream is the same for all networks.",
    examples=[
        "polychron export --board icebreaker --network mine.safetensors",
        "polychron export --network transformer --temperature 0.7 --out image",
    ],
)


@app.default
def export(
    target: Annotated[Target, FLAT] = SHAKESPEARE,
    sampler: Annotated[Sampler, FLAT] = EARLIEST,
    *,
    out: Annotated[Path | None, option("folder for the files; left out: build/BOARD/NETWORK", metavar="FOLDER")] = None,
    json: Json = False,
) -> None:
    from firmware.image.files import fits_flash
    from polychron.network import load

    program = load(target.network).compile(
        board=target.board, flash=target.flash, temperature=sampler.temperature, k=sampler.k, seed=sampler.seed
    )
    with reported(json) as figures:
        files = program.export(out)
        placement = program.estimate().placement
        print(placement.text())
        for path, data in files.items():
            print(f"  {printable(path)} ({len(data):,} bytes)")
        stays = "" if program.code.image_offset is None else ", nowhere else: the core reads tables there"
        if fits_flash(placement.image_bytes, program.board):
            print(f"write image.bin to the flash at 0x{program.board.image_offset:x}{stays}")
        else:
            print("image.bin is larger than the flash: load it with polychron talk --image")
        figures |= placement.figures | {
            "flash_offset_bytes": program.board.image_offset,
            "files": [{"file": path, "bytes": len(data)} for path, data in files.items()],
        }


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
