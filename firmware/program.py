"""A compiled network: what is loaded into a core, as plain values. Made by firmware.compiler, carried by firmware.image."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from . import isa

__all__ = ["AnchorWord", "Lane", "Program", "decode_anchor", "encode_anchor"]

Int16 = npt.NDArray[np.int16]

Lane = tuple[int, int] | None
"""One comparator in one clock: the addresses (a, b) of the two latencies, or None where it has no pair."""


@dataclass(frozen=True, kw_only=True)
class AnchorWord:
    """One clock of the comparators. ``emit``: 0, or how many lanes' indices leave after this word."""

    lanes: tuple[Lane, ...]
    emit: int = 0


def encode_anchor(word: AnchorWord) -> int:
    """The bits of an anchor word (docs/reference/isa.md)."""
    width = 1 + 2 * isa.ADDRESS_BITS
    value = word.emit << width * len(word.lanes)
    for lane, pair in enumerate(word.lanes):
        if pair is not None:
            value |= (1 | pair[0] << 1 | pair[1] << 1 + isa.ADDRESS_BITS) << width * lane
    return value


def decode_anchor(value: int, *, comparators: int) -> AnchorWord:
    """The inverse of :func:`encode_anchor`."""
    width, mask = 1 + 2 * isa.ADDRESS_BITS, (1 << isa.ADDRESS_BITS) - 1
    lanes: list[Lane] = []
    for lane in range(comparators):
        bits = value >> width * lane
        lanes.append((bits >> 1 & mask, bits >> 1 + isa.ADDRESS_BITS & mask) if bits & 1 else None)
    return AnchorWord(lanes=tuple(lanes), emit=value >> width * comparators & (1 << comparators.bit_length()) - 1)


@dataclass(frozen=True, kw_only=True)
class Program:
    """Everything an image holds.

    ``runs``: the program. ``anchors``: encoded anchor words. ``tables``: (first beat, bytes) of each placed piece, by rising address.
    ``store``: initial latencies from address 0. ``jitter``: 256 entries, or None where the image sets none.
    ``seed``, ``k``, ``jittered``, ``mask``: the CONFIG registers. ``meta``: the META section (docs/reference/image.md).
    """

    comparators: int
    runs: tuple[isa.Run, ...]
    anchors: tuple[int, ...]
    tables: tuple[tuple[int, bytes], ...]
    store: Int16
    jitter: Int16 | None = None
    seed: int = 1
    k: int = 0
    jittered: bool = False
    mask: int = 0
    meta: dict[str, Any] = field(default_factory=dict)

    def memory(self, size: int) -> bytes:
        """The table tier, ``size`` bytes, as it stands after loading (0 where nothing is placed)."""
        data = bytearray(size)
        for beat, piece in self.tables:
            data[beat * isa.BEAT_BYTES : beat * isa.BEAT_BYTES + len(piece)] = piece
        return bytes(data)

    def anchor_words(self) -> list[AnchorWord]:
        """The anchor words, decoded."""
        return [decode_anchor(value, comparators=self.comparators) for value in self.anchors]
