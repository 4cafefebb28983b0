"""The memory preload: a program's tables, anchors, instructions and latencies written straight into a simulation's memories.

It stands for the load of an image, which takes some million clocks. What it leaves out are the sampler's registers and the jitter table:
those go the ordinary way, as a small image (firmware.image.image.sampler_image) or over the load bus; and tables in flash, which are in the
chip.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from firmware import isa
from firmware.program import Program

TABLES, ANCHORS, PROGRAM = "tables.bank.memory", "index.anchors.words", "program.words"
"""Memories of the core, below its own name."""


def store_names() -> list[str]:
    """The banks of the latency store."""
    return [f"store.bank_{bank}" for bank in range(isa.LANES)]


def memory_words(program: Program) -> dict[str, list[int]]:
    """Every memory's words, from address 0 on, each as one integer; latencies as 16 bits."""
    size = max((piece.beat * isa.BEAT_BYTES + len(piece.data) for piece in program.tables if piece.tier == 0), default=0)
    return {
        TABLES: np.frombuffer(program.memory(size), "<u8").tolist(),
        ANCHORS: list(program.anchors),
        PROGRAM: [word for run in program.runs for word in run.encode()],
        **{name: [int(value) & 0xFFFF for value in program.store[bank :: isa.LANES]] for bank, name in enumerate(store_names())},
    }


def preload(memory: Callable[[str], npt.NDArray[np.uint32]], program: Program) -> None:
    """Fills every ``memory(name)``, an array as ``sim.compiled.simulation.Simulation.memory`` gives it. The rest becomes 0."""
    for name, words in memory_words(program).items():
        array = memory(name)
        if len(words) > len(array):
            raise ValueError(f"the program has {len(words)} words for {name}, the core has {len(array)}")
        array[:] = 0
        values = np.array(words, np.uint64)
        if array.ndim == 1:
            array[: len(words)] = values
        else:
            array[: len(words), 0] = values & 0xFFFFFFFF
            array[: len(words), 1] = values >> 32
