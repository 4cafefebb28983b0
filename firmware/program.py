"""A compiled network: what is loaded into a core, as plain values. Made by firmware.compiler, carried by firmware.image.image."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import isa
from .description import Meta
from .sampling import Sampling

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
            a, b = slots = [isa.slot_of(address, lanes) for address in pair]
            for slot, address in zip(slots, pair, strict=True):
                if read.setdefault(slot, address) != address:
                    raise ValueError(f"an anchor word must read one latency a slot, not both {read[slot]} and {address}")
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


class Placed(NamedTuple):
    """Bytes in a tier, from ``beat`` on, in the tier's own addresses (of a flash: byte address / 8)."""

    tier: int
    beat: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Program:
    """Everything an image holds.

    ``runs``: the program. ``anchors``: encoded anchor words. ``tables``: the placed pieces, by tier and rising address.
    ``image_offset``: the flash address an image of it must lie at, because tables stay there; None where all of it is loaded.
    ``store``: initial latencies from address 0. ``sampling``: how symbols are chosen; ``meta``: what it says of itself.
    """

    comparators: int
    runs: tuple[isa.Run, ...]
    anchors: tuple[int, ...]
    tables: tuple[Placed, ...]
    store: Int16
    sampling: Sampling = field(default_factory=Sampling)
    image_offset: int | None = None
    meta: Meta = field(default_factory=Meta)

    def memory(self, size: int) -> bytes:
        """Tier 0, ``size`` bytes, as it stands after loading (0 where nothing is placed)."""
        return self._filled(0, bytearray(size))

    def flash(self, size: int) -> bytes:
        """Tier 1, a flash of ``size`` bytes from its first byte: the tables alone, 0xFF (erased) elsewhere."""
        return self._filled(1, bytearray(b"\xff") * size)

    def _filled(self, tier: int, memory: bytearray) -> bytes:
        for piece in self.tables:
            if piece.tier == tier:
                at = piece.beat * isa.BEAT_BYTES
                if at + len(piece.data) > len(memory):
                    raise ValueError(f"tables of tier {tier} reach to byte {at + len(piece.data)}, its memory has {len(memory)}")
                memory[at : at + len(piece.data)] = piece.data
        return bytes(memory)

    def anchor_words(self) -> list[AnchorWord]:
        """The anchor words, decoded."""
        return [decode_anchor(value, comparators=self.comparators) for value in self.anchors]
