"""The memory image of docs/reference/image.md: sections to bytes and back. What the words mean is firmware.image.image's matter."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from .. import isa

EMPTY = (isa.Kind.REST, isa.Kind.END)
SIGNED = (isa.Kind.PROGRAM, isa.Kind.ANCHORS, isa.Kind.TABLES, isa.Kind.SDRAM, isa.Kind.FLASH)

HEADER = struct.Struct("<4sBBBBII")
SECTION = struct.Struct("<II")  # kind | address << 8, payload bytes
CRC = struct.Struct("<I")


def space_words(width: isa.Width) -> dict[isa.Kind, int]:
    """16-bit words of each space of a core; of TABLES, what the address can reach."""
    return {
        isa.Kind.TABLES: 1 << 24,
        isa.Kind.ANCHORS: isa.MAX_ANCHOR_WORDS * width.anchor_columns,
        isa.Kind.PROGRAM: isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION,
        isa.Kind.STORE: width.store_latencies,
        isa.Kind.JITTER: 256,
        isa.Kind.CONFIG: len(isa.Config),
        isa.Kind.SIGNATURE: 2,
        isa.Kind.SDRAM: 1 << isa.SDRAM_ADDRESS_BITS - 1,
        isa.Kind.FLASH: 1 << isa.FLASH_ADDRESS_BITS - 1,
    }


class ImageError(ValueError):
    """Bytes that are no image, or a damaged one; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """``address`` in 16-bit words of the space; ``payload`` of an even length; ``at``: byte of the image it begins at, if known.

    ``core``: the one of several whose own words these are, in a space of ``firmware.isa.OWN_SPACES``, or None, all.
    """

    kind: isa.Kind
    payload: bytes = b""
    address: int = 0
    core: int | None = None
    at: int = field(default=-1, compare=False)

    @property
    def size(self) -> int:
        """Bytes in an image."""
        return SECTION.size + len(self.payload) + CRC.size

    @property
    def first(self) -> int:
        """Byte of the image that the payload begins at."""
        return self.at + SECTION.size


def pack(sections: Iterable[Section], *, width: isa.Width) -> bytes:
    """The image of ``sections``, END added, for a core of that width."""
    body = b"".join(_section(section, width) for section in [*sections, Section(kind=isa.Kind.END)])
    head = width.image_head + struct.pack("<I", HEADER.size + len(body))
    return head + CRC.pack(zlib.crc32(head)) + body


def flash_layout(head: list[Section], flash: list[Section], *, offset: int) -> list[Section]:
    """``head``, REST, and the sections ``flash``, by rising address: a filler before each brings its payload to its own flash address.

    ``offset``: the flash address the image will lie at.
    """
    sections = [*head, Section(kind=isa.Kind.REST)]
    at = offset + HEADER.size + sum(section.size for section in sections)
    least = Section(kind=isa.Kind.PAD).size + SECTION.size
    for section in flash:
        start = 2 * section.address
        if at + least > start:
            raise ImageError(
                f"the tables at {start:#x} of the flash must begin at {at + least:#x} or later: "
                f"the rest of the image, from {offset:#x}, reaches there"
            )
        pad = Section(kind=isa.Kind.PAD, payload=b"\xff" * (start - at - least))
        sections += [pad, section]
        at += pad.size + section.size
    return sections


def signature(sections: Iterable[Section]) -> int:
    """What an image's section SIGNATURE holds, never 0: the CRC-32 of all sections of :data:`SIGNED`, each without its own CRC, in their
    order; 1 in place of 0, which says that there is none.
    """
    value = 0
    for section in sections:
        if section.kind in SIGNED:
            value = zlib.crc32(section.payload, zlib.crc32(_head(section), value))
    return value or 1


def unsigned(data: bytes) -> bool:
    """Whether an image is of version 1: without a signature, for a core of ``isa.Width()``."""
    return data.startswith(isa.OLD_IMAGE_HEAD)


def until_rest(data: bytes) -> bytes:
    """The part of an image that is loaded into a core: up to REST and with it, or all of it if it has none."""
    _, sections = unpack(data)
    return next((data[: section.at + section.size] for section in sections if section.kind == isa.Kind.REST), data)


def _head(section: Section) -> bytes:
    return SECTION.pack(section.kind | isa.own_address(section.address, section.core) << 8, len(section.payload))


def _section(section: Section, width: isa.Width) -> bytes:
    if section.core is not None and (section.kind not in isa.OWN_SPACES or not 0 <= section.core < isa.MAX_CORES):
        raise ImageError(f"section {section.kind.name} can't be of core {section.core} alone")
    if len(section.payload) % 2:
        raise ImageError(f"section {section.kind.name} must have an even number of bytes, not {len(section.payload)}")
    _check_space(section.kind, section.address, len(section.payload), "", width)
    data = _head(section) + section.payload
    return data + CRC.pack(zlib.crc32(data))


def _check_space(kind: isa.Kind, address: int, size: int, where: str, width: isa.Width) -> None:
    words = space_words(width).get(kind)
    if words is not None and address + size // 2 > words:
        raise ImageError(f"section {kind.name}{where} covers words {address}..{address + size // 2 - 1}, its space has {words}")


def unpack(data: bytes) -> tuple[isa.Width, list[Section]]:
    """The width and the sections of an image, END left out. Whatever is wrong is an ``ImageError``."""
    if len(data) < HEADER.size:
        raise ImageError(f"the image has {len(data)} bytes, a header takes {HEADER.size}")
    magic, version, comparators, lanes, banks, size, crc = HEADER.unpack_from(data)
    if magic != isa.IMAGE_MAGIC:
        raise ImageError(f"the magic must be {isa.IMAGE_MAGIC!r}, not {magic!r}")
    if crc != zlib.crc32(data[: HEADER.size - CRC.size]):
        raise ImageError("the header's CRC is wrong: the image is damaged")
    if version != isa.IMAGE_VERSION and not unsigned(data):
        raise ImageError(f"the image version must be {isa.IMAGE_VERSION}, or 1 for {isa.Width()}, not {version}")
    try:
        width = isa.Width(lanes=lanes, comparators=comparators, far_banks=banks or 1)
    except ValueError as error:
        raise ImageError(f"the header tells of no core: {error}") from None
    if banks == 1:
        raise ImageError(f"the header's byte after the lanes must be 0 or {isa.SDRAM_BANKS}, not {banks}")
    if size != len(data):
        raise ImageError(f"the header tells of {size} bytes, the image has {len(data)}")
    sections: list[Section] = []
    at = HEADER.size
    while True:
        section = _read_section(data, at, len(sections), width)
        at += section.size
        if section.kind == isa.Kind.END:
            break
        if section.kind == isa.Kind.SIGNATURE and unsigned(data):
            raise ImageError(f"section {len(sections)} at byte {section.at} is a SIGNATURE, which an image of version 1 can't have")
        sections.append(section)
    if at != len(data):
        raise ImageError(f"{len(data) - at} bytes follow the end section")
    return width, sections


def _read_section(data: bytes, at: int, number: int, width: isa.Width) -> Section:
    where = f" at byte {at}"
    if len(data) - at < SECTION.size + CRC.size:
        raise ImageError(f"the image ends{where} without an end section")
    first, length = SECTION.unpack_from(data, at)
    end = at + SECTION.size + length
    if length % 2 or end + CRC.size > len(data):
        raise ImageError(f"section {number}{where} has a length of {length} bytes, it must be even and within the image")
    name = next((f" ({kind.name})" for kind in isa.Kind if kind == first & 0xFF), "")
    if CRC.unpack_from(data, end)[0] != zlib.crc32(data[at:end]):
        raise ImageError(f"the CRC of section {number}{name}{where} is wrong: the image is damaged")
    if not name:
        raise ImageError(f"section {number}{where} has the unknown kind {first & 0xFF}")
    kind = isa.Kind(first & 0xFF)
    if kind in EMPTY and length:
        raise ImageError(f"section {kind.name}{where} must be empty, not {length} bytes")
    named, address = divmod(first >> 8, 1 << isa.OWN_SHIFT)
    if kind not in isa.OWN_SPACES or named > isa.MAX_CORES:
        named, address = 0, first >> 8
    _check_space(kind, address, length, where, width)
    return Section(kind=kind, address=address, core=named - 1 if named else None, payload=data[at + SECTION.size : end], at=at)
