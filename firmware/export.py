"""Command: compile a network for a board and write its memory image.

python -m firmware.export --board icebreaker --network FILE [--flash byte|nibble] [--out DIR] [--seed N] [--k K] [--temperature T]
"""

import argparse
import sys
from pathlib import Path

import boards
from golden.integer.file import load
from golden.integer.shipped import find_network, shipped_networks

from .compiler import compile_network
from .estimate import estimate
from .image.files import export_files, write_atomic

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 after one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="firmware.export", description="Compile a network for a board and write its memory image.")
    parser.add_argument("--board", default="icebreaker", help="one of: " + ", ".join(sorted(boards.BOARDS)))
    parser.add_argument("--network", required=True, help=f"a file, as golden.train leaves it, or one of: {', '.join(shipped_networks())}")
    parser.add_argument(
        "--flash", choices=sorted(boards.FLASH_MODES), default="byte", help="what a clock reads of tables in flash; default: byte"
    )
    parser.add_argument("--out", type=Path, help="folder for the files (default: build/BOARD/NETWORK)")
    parser.add_argument("--seed", type=int, default=1, help="initial state of the sampler's generator, 1..4294967295")
    parser.add_argument("--k", type=int, default=0, help="candidates of a jittered draw, 1..8; 0 for all outputs")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 takes the earliest spike (default), 1 samples the softmax")
    options = parser.parse_args(arguments)
    try:
        board = boards.flash_mode(boards.get(options.board), options.flash)
        network = find_network(options.network)
        program = compile_network(
            load(network),
            board,
            name=network.stem,
            seed=options.seed,
            k=options.k,
            temperature=options.temperature,
        )
        files = export_files(program, board, options.out or Path("build") / board.name / network.stem)
        write_atomic(files)
    except ValueError as error:  # every error of ours is one, with one sentence
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(estimate(program, board).text())
    for path, data in files.items():
        print(f"  {path} ({len(data):,} bytes)")
    image = next(path for path in files if path.name == "image.bin")
    stays = "" if program.image_offset is None else ", nowhere else: the core reads tables there"
    print(f"write {image.name} to the flash at 0x{board.image_offset:x}{stays}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
