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


def encode_anchor(word: AnchorWord, width: isa.Width) -> int:
    """The bits of an anchor word (docs/reference/isa.md); two different latencies of one slot raise ``ValueError``."""
    name = width.choice_bits
    read: dict[int, int] = {}
    choices = 0
    for number, pair in enumerate(word.lanes):
        if pair is not None:
            a, b = slots = [width.slot_of(address) for address in pair]
            for slot, address in zip(slots, pair, strict=True):
                if read.setdefault(slot, address) != address:
                    raise ValueError(f"an anchor word must read one latency a slot, not both {read[slot]} and {address}")
            choices |= (1 | a << 1 | b << 1 + name) << number * (1 + 2 * name)
    value = word.emit << width.comparators * (1 + 2 * name) | choices
    value <<= width.slots * width.slot_bits
    for slot, address in read.items():
        value |= (address // width.lanes * width.slot_banks + address % width.slot_banks) << slot * width.slot_bits
    return value


def decode_anchor(value: int, width: isa.Width) -> AnchorWord:
    """The inverse of :func:`encode_anchor`."""
    field, name, banks = width.slot_bits, width.choice_bits, width.slot_banks
    read = []
    for slot in range(width.slots):
        word, bank = divmod(value >> slot * field & (1 << field) - 1, banks)
        read.append(word * width.lanes + slot * banks + bank)
    value >>= width.slots * field
    lanes: list[Lane] = []
    for _ in range(width.comparators):
        a, b = value >> 1 & (1 << name) - 1, value >> 1 + name & (1 << name) - 1
        lanes.append((read[a], read[b]) if value & 1 else None)
        value >>= 1 + 2 * name
    return AnchorWord(lanes=tuple(lanes), emit=value)


class Placed(NamedTuple):
    """Bytes in a tier, from ``beat`` on, in the tier's own addresses (of a flash: byte address over bytes a beat; of an SDRAM: the bank in
    the highest bits)."""

    tier: int
    beat: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Program:
    """Everything an image holds.

    ``width``: of the core it is made for. ``runs``: the program. ``anchors``: encoded anchor words. ``tables``: the placed pieces, by tier
    and rising address. ``image_offset``: the flash address an image of it must lie at, because tables stay there; None where all of it is
    loaded. ``store``: initial latencies from address 0. ``sampling``: how symbols are chosen; ``meta``: what it says of itself.
    """

    width: isa.Width
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
        """Tier 1, ``size`` bytes from its first byte: the tables alone, 0xFF (of a flash, erased) elsewhere."""
        return self._filled(1, bytearray(b"\xff") * size)

    def _filled(self, tier: int, memory: bytearray) -> bytes:
        for piece in self.tables:
            if piece.tier == tier:
                at = piece.beat * self.width.beat_bytes
                if at + len(piece.data) > len(memory):
                    raise ValueError(f"tables of tier {tier} reach to byte {at + len(piece.data)}, its memory has {len(memory)}")
                memory[at : at + len(piece.data)] = piece.data
        return bytes(memory)

    def anchor_words(self) -> list[AnchorWord]:
        """The anchor words, decoded."""
        return [decode_anchor(value, self.width) for value in self.anchors]
