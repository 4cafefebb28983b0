"""Plain Python for docs/reference/numbers.md, 'Choosing a symbol': what the sorter and its jitter must do."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Draws", "Spike", "ref_code", "ref_sort", "wrap16"]

Spike = tuple[int, int]  # neuron, latency


def wrap16(value: int) -> int:
    """The signed 16-bit integer with the same low bits."""
    return (value + 0x8000) % 0x10000 - 0x8000


def ref_code(u: int) -> int:
    """Table address of the 16 bits ``u``, from the text: count zeros one by one, then take four bits."""
    tail, value = u >> 15, u & 0x7FFF
    if tail:
        value = 0x7FFF - value
    zeros = 0
    while zeros < 7 and not value >> (14 - zeros) & 1:
        zeros += 1
    mantissa = value >> (10 - zeros) & 15 if zeros < 7 else value >> 4 & 15
    return tail * 128 + zeros * 16 + mantissa


@dataclass
class Draws:
    """The generator with its table (256 signed entries) and mask; ``state`` is carried from draw to draw."""

    state: int
    table: Sequence[int]
    mask: int

    def draw(self) -> int:
        state = self.state
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        self.state = state
        return self.table[ref_code(state >> 16)] + (state & 255 & self.mask)


def ref_sort(outputs: Sequence[int], draws: Draws, *, jitter: bool, k: int, depth: int = 8) -> tuple[int, list[Spike]]:
    """Symbol and list of the earliest spikes of a step with these output latencies; advances ``draws``."""
    if jitter and not k:
        outputs = [wrap16(latency - draws.draw()) for latency in outputs]
    listed = sorted(enumerate(outputs), key=lambda spike: (spike[1], spike[0]))[:depth]
    if not (jitter and k):
        return listed[0][0], listed
    jittered = [(wrap16(latency - draws.draw()), rank) for rank, (_, latency) in enumerate(listed[:k])]
    return listed[min(jittered)[1]][0], listed
