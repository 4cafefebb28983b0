"""Writes what the example designs read: image.mem, symbols.mem, prompt.mem; prints how long they are, as options of iverilog.

python examples/files.py [NETWORK [PROMPT]]
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import polychron
from golden.integer.symbols import UNKNOWN, encode


def write_memory(path: Path, values: Iterable[int]) -> None:
    """A byte a line, as $readmemh reads them."""
    path.write_text("".join(f"{value:02x}\n" for value in values))


def write_files(program: polychron.Program, prompt: str, folder: Path) -> tuple[int, int]:
    """The files of a text network's program in ``folder``; returns bytes of the image, symbols of the prompt."""
    symbols = program.network.integer.byte_symbols()
    if symbols is None:
        raise ValueError(f"{program.network.name} has no symbols: it writes no text")
    if program.code.image_offset is not None:
        raise ValueError(f"{program.network.name} has tables in flash: the examples' core reads none, and does not refuse the image")
    forced = encode(symbols, prompt.encode()).tolist()
    written = [ord("?") if byte == UNKNOWN else byte for byte in symbols]
    write_memory(folder / "image.mem", program.image)
    write_memory(folder / "symbols.mem", [*written, *[ord("?")] * (256 - len(written))])
    write_memory(folder / "prompt.mem", forced)
    return len(program.image), len(forced)


if __name__ == "__main__":
    name, prompt = [*sys.argv[1:], *["shakespeare", "First Citizen:"][len(sys.argv) - 1 :]][:2]
    image, forced = write_files(polychron.load(name).compile(temperature=0.7), prompt, Path())
    print(f"-P bench.IMAGE_BYTES={image} -P bench.PROMPT_LENGTH={forced}")
