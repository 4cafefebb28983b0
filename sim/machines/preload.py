"""The memory preload: a program's tables, anchors, instructions and latencies written straight into a simulation's memories.

It stands for the load of an image, which takes some million clocks. What it leaves out are the sampler's registers and the jitter table:
those go the ordinary way, as a small image (firmware.image.image.sampler_image) or over the load bus; and tables in flash, which are in the
chip.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from firmware import isa
from firmware.program import Program

TABLES, ANCHORS, PROGRAM = "tables.bank.memory", "index.anchors.words", "program.words"
"""Memories of the core, below its own name."""

Words = npt.NDArray[np.uint32]


def store_names(prefix: str = "") -> list[str]:
    """The banks of the latency store."""
    return [f"{prefix}store.bank_{bank}" for bank in range(isa.LANES)]


def memory_words(program: Program) -> dict[str, list[int]]:
    """Every memory's words, from address 0 on, each as one integer; latencies as 16 bits."""
    size = max((piece.beat * isa.BEAT_BYTES + len(piece.data) for piece in program.tables if piece.tier == 0), default=0)
    words: dict[str, list[int]] = {
        TABLES: np.frombuffer(program.memory(size), "<u8").tolist(),
        ANCHORS: list(program.anchors),
        PROGRAM: [word for run in program.runs for word in run.encode()],
    }
    for bank, name in enumerate(store_names()):
        words[name] = [int(value) & 0xFFFF for value in program.store[bank :: isa.LANES]]
    return words


def preload(memories: Mapping[str, Words], program: Program) -> None:
    """Fills ``memories``: by the names of this module, arrays as ``sim.compiled.simulation.Simulation.memory`` gives them. The rest
    becomes 0."""
    for name, words in memory_words(program).items():
        memory = memories[name]
        if len(words) > len(memory):
            raise ValueError(f"the program has {len(words)} words for {name}, the core has {len(memory)}")
        memory[:] = 0
        values = np.array(words, np.uint64)
        if memory.ndim == 1:
            memory[: len(words)] = values
        else:
            memory[: len(words), 0] = values & 0xFFFFFFFF
            memory[: len(words), 1] = values >> 32


def store_latencies(banks: list[Words]) -> npt.NDArray[np.int16]:
    """The latencies in the store's banks, by address."""
    return np.stack(banks, axis=1).reshape(-1).astype(np.uint16).view(np.int16)


def write_store(banks: list[Words], addresses: npt.NDArray[np.intp], values: npt.NDArray[np.int16]) -> None:
    """Writes latencies at ``addresses``."""
    for number, bank in enumerate(banks):
        chosen = addresses % isa.LANES == number
        bank[addresses[chosen] // isa.LANES] = values[chosen].view(np.uint16)
