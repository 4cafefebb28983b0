"""The memory preload: a program's tables, anchors, instructions and latencies written straight into a simulation's memories.

It stands for the load of an image, which takes some million clocks. What it leaves out are the sampler's registers and the jitter table:
those go the ordinary way, as a small image (firmware.image.image.sampler_image) or over the load bus; and tables in flash, which are in the
chip.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from firmware.isa import Width
from firmware.program import Program

TABLES, ANCHORS, PROGRAM = "tables.bank.memory", "index.anchors.words", "program.words"
"""Memories of the core, below its own name."""


def store_names(width: Width) -> list[str]:
    """The banks of the latency store."""
    return [f"store.bank_{bank}" for bank in range(width.lanes)]


def memory_words(program: Program) -> dict[str, list[int]]:
    """Every memory's words, from address 0 on, each as one integer; latencies as 16 bits."""
    beat = program.width.beat_bytes
    size = max((piece.beat * beat + len(piece.data) for piece in program.tables if piece.tier == 0), default=0)
    memory = program.memory(size)
    latencies = program.store.view(np.uint16)
    return {
        TABLES: [int.from_bytes(memory[at : at + beat], "little") for at in range(0, size, beat)],
        ANCHORS: list(program.anchors),
        PROGRAM: [word for run in program.runs for word in run.encode()],
        **{name: latencies[bank :: program.width.lanes].tolist() for bank, name in enumerate(store_names(program.width))},
    }


def preload(memory: Callable[[str], npt.NDArray[np.uint32]], program: Program) -> None:
    """Fills every ``memory(name)``, an array as ``sim.compiled.simulation.Simulation.memory`` gives it. The rest becomes 0."""
    for name, words in memory_words(program).items():
        array = memory(name)
        if len(words) > len(array):
            raise ValueError(f"the program has {len(words)} words for {name}, the core has {len(array)}")
        chunks = array.reshape(len(array), -1)  # of 32 bits, the lowest first
        size = 4 * chunks.shape[1]
        chunks[:] = 0
        chunks[: len(words)] = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), "<u4").reshape(-1, chunks.shape[1])
