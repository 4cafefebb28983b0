"""What there is to be met of the memory image (docs/reference/image.md), and what of it an image meets."""

import struct
from functools import cache

from firmware import isa
from firmware.image.sections import HEADER, SECTION
from firmware.isa import Kind

LONG = 0xFFFF  # bytes: more take a third byte of the length
MOST: dict[Kind, int] = {
    Kind.TABLES: 65_536,
    Kind.ANCHORS: 4 * isa.ANCHOR_WORDS,
    Kind.PROGRAM: isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION,
    Kind.STORE: isa.Width().latencies,
    Kind.JITTER: 256,
    Kind.CONFIG: len(isa.Config),
}
"""Words of the spaces, of a core of eight lanes with 128 KiB of tables on chip; of CONFIG, those of a core that learns."""
ENDLESS = (Kind.SDRAM, Kind.META, Kind.PAD, Kind.FLASH)  # as long as the image
REFUSALS = (isa.LoadError.HEADER, isa.LoadError.HEADER_CRC, isa.LoadError.SECTION_CRC, isa.LoadError.SECTION)


@cache
def goals() -> tuple[str, ...]:
    """All of them, in the order in which they are listed."""
    found = ["header: version 1"]
    found += [
        f"header: version 2, L = {lanes}, P = {pairs}, {banks} banks" for lanes in (8, 16, 32) for pairs in (1, 2, 4) for banks in (0, 4)
    ]
    found += [f"section: {kind.name}, 0 words" for kind in Kind if kind != Kind.SIGNATURE]
    found += [f"section: {kind.name}, {words} words" for kind, words in MOST.items()]
    found += [f"section: {kind.name}, more than {LONG} bytes" for kind in ENDLESS]
    found += [f"section: {kind.name}, from word 0 on" for kind in MOST]
    found += [f"section: {kind.name}, its last word" for kind in MOST]
    found += ["section: SIGNATURE, 2 words", "section: FLASH, the last word of a flash", "section: SDRAM, the last word of an SDRAM"]
    found += [f"section: SDRAM, bank {bank}" for bank in range(isa.SDRAM_BANKS)]
    found += [f"section: {kind.name} of core {core}" for kind in isa.OWN_SPACES for core in range(isa.MAX_CORES)]
    return (*found, *(f"refused: {code.name}" for code in REFUSALS))


def met(image: bytes) -> set[str]:
    """The goals that an image meets that is whole."""
    _, version, pairs, lanes, banks, _, _ = HEADER.unpack_from(image)
    found = {"header: version 1" if version == 1 else f"header: version 2, L = {lanes}, P = {pairs}, {banks} banks"}
    at = HEADER.size
    while at + SECTION.size <= len(image):
        first, length = SECTION.unpack_from(image, at)
        at += SECTION.size + length + struct.calcsize("<I")
        found |= {f"section: {text}" for text in _section(Kind(first & 0xFF), first >> 8, length)}
        if first & 0xFF == Kind.END:
            break
    return found & set(goals())


def _section(kind: Kind, address: int, length: int) -> set[str]:
    named = address >> isa.OWN_SHIFT if kind in isa.OWN_SPACES else 0
    if named:
        return {f"{kind.name} of core {named - 1}"}
    end = address + length // 2
    found = {f"{kind.name}, {length // 2} words"}
    if length > LONG:
        found.add(f"{kind.name}, more than {LONG} bytes")
    if length and not address:
        found.add(f"{kind.name}, from word 0 on")
    if length and end == MOST.get(kind):
        found.add(f"{kind.name}, its last word")
    if kind == Kind.FLASH and end == 1 << isa.FLASH_ADDRESS_BITS - 1:
        found.add("FLASH, the last word of a flash")
    if kind == Kind.SDRAM:
        found.add(f"SDRAM, bank {address >> isa.SDRAM_ADDRESS_BITS - 3}")
        if end == 1 << isa.SDRAM_ADDRESS_BITS - 1:
            found.add("SDRAM, the last word of an SDRAM")
    return found
