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
    """The bits of an anchor word (docs/reference/isa.md); two different latencies of one slot raise ``ValueError``."""
    lanes = len(word.lanes)
    field, name = isa.slot_bits(lanes), isa.choice_bits(lanes)
    read: dict[int, int] = {}
    choices = 0
    for number, pair in enumerate(word.lanes):
        if pair is not None:
            for address in pair:
                if read.setdefault(isa.slot_of(address, lanes), address) != address:
                    raise ValueError(
                        f"an anchor word must read one latency a slot, not both {read[isa.slot_of(address, lanes)]} and {address}"
                    )
            a, b = (isa.slot_of(address, lanes) for address in pair)
            choices |= (1 | a << 1 | b << 1 + name) << number * (1 + 2 * name)
    value = word.emit << lanes * (1 + 2 * name) | choices
    value <<= 2 * lanes * field
    for slot, address in read.items():
        value |= (address // isa.LANES * isa.slot_banks(lanes) + address % isa.slot_banks(lanes)) << slot * field
    return value


def decode_anchor(value: int, *, comparators: int) -> AnchorWord:
    """The inverse of :func:`encode_anchor`."""
    field, name, banks = isa.slot_bits(comparators), isa.choice_bits(comparators), isa.slot_banks(comparators)
    read = []
    for slot in range(2 * comparators):
        word, bank = divmod(value >> slot * field & (1 << field) - 1, banks)
        read.append(word * isa.LANES + slot * banks + bank)
    value >>= 2 * comparators * field
    lanes: list[Lane] = []
    for _ in range(comparators):
        a, b = value >> 1 & (1 << name) - 1, value >> 1 + name & (1 << name) - 1
        lanes.append((read[a], read[b]) if value & 1 else None)
        value >>= 1 + 2 * name
    return AnchorWord(lanes=tuple(lanes), emit=value)


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
