"""The tables on chip in the memories of a netlist: what stands in them at the start, and what at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.program import Program

Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """``array``: the words of the macro ``name``, in its model. ``places`` (words, width): which bit of the tables each bit of a word is,
    the lowest first, and -1 where it is none. ``blank``: what stands where no table lies, "0" or, where the FPGA promises nothing, "x"."""

    name: str
    array: str
    places: Places
    blank: str

    @property
    def path(self) -> str:
        """Its words, as the module of the netlist names them."""
        return f"\\{self.name} .{self.array}"


def files_of(memories: Sequence[Memory]) -> dict[str, str]:
    """The file of each memory, by its path, without .in or .out behind."""
    return {memory.path: f"memory_{number}" for number, memory in enumerate(memories)}


def write_memories(memories: Sequence[Memory], program: Program, folder: Path) -> None:
    """The tables of ``program`` on chip, in binary."""
    bits = np.full(_size(memories), -1, np.int64)
    for piece in program.tables:
        if piece.tier == 0:
            first = 8 * program.width.beat_bytes * piece.beat
            bits[first : first + 8 * len(piece.data)] = np.unpackbits(np.frombuffer(piece.data, np.uint8), bitorder="little")
    for memory, name in zip(memories, files_of(memories).values(), strict=True):
        letters = np.array(["0", "1", memory.blank])  # -1 is the last
        known = np.where(memory.places >= 0, bits[memory.places], -1)
        lines = letters[known[:, ::-1]]
        (folder / f"{name}.in").write_text("\n".join(map("".join, lines.tolist())))


def read_memories(memories: Sequence[Memory], folder: Path) -> bytes:
    """The tables on chip from their first byte on, a level that is unknown as 0."""
    bits = np.zeros(_size(memories), np.uint8)
    for memory, name in zip(memories, files_of(memories).values(), strict=True):
        lines = [line for line in (folder / f"{name}.out").read_text().splitlines() if not line.startswith("//")]
        words = np.array([list(word) for line in lines for word in line.split()])[:, ::-1] == "1"
        there = memory.places >= 0
        bits[memory.places[there]] = words[there]
    return np.packbits(bits, bitorder="little").tobytes()


def preloading(files: Mapping[str, str]) -> list[str]:
    """Verilog: with the macro PRELOADED defined memories have the contents of their files at the start; when the register ``dump`` rises
    they are written."""
    return [
        "reg dump = 0;",
        "`ifdef PRELOADED",
        *(f'initial #1 $readmemb("{file}.in", {path});' for path, file in files.items()),  # behind what the models make of them
        "`endif",
        *(f'always @(posedge dump) $writememb("{file}.out", {path});' for path, file in files.items()),
    ]


def _size(memories: Sequence[Memory]) -> int:
    """Bits of the tables on chip."""
    return 1 + max(int(memory.places.max()) for memory in memories)
