"""The memory image of docs/reference/image.md: sections to bytes and back. What the words mean is firmware.image's matter."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from . import isa

__all__ = ["MAX_COMPARATORS", "SPACE_WORDS", "ImageError", "Section", "pack", "unpack"]

MAX_COMPARATORS = 2  # an anchor word has 64 bits in an image
SPACE_WORDS = {
    isa.Kind.TABLES: 1 << 24,
    isa.Kind.ANCHORS: isa.ANCHOR_WORDS * 4,
    isa.Kind.PROGRAM: isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION,
    isa.Kind.STORE: isa.STORE_WORDS * isa.LANES,
    isa.Kind.JITTER: 256,
    isa.Kind.CONFIG: 4,
}
"""16-bit words of each space; of TABLES, what the address can reach."""

HEADER = struct.Struct("<4sBBBBII")
SECTION = struct.Struct("<II")  # kind | address << 8, payload bytes
CRC = struct.Struct("<I")


class ImageError(ValueError):
    """Bytes that are no image, or a damaged one; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """``address`` in 16-bit words of the space; ``payload`` of an even length."""

    kind: isa.Kind
    payload: bytes
    address: int = 0


def pack(sections: Iterable[Section], *, comparators: int) -> bytes:
    """The image of ``sections``, END added."""
    body = b"".join(_section(section) for section in [*sections, Section(kind=isa.Kind.END, payload=b"")])
    head = HEADER.pack(isa.IMAGE_MAGIC, isa.IMAGE_VERSION, comparators, isa.LANES, 0, HEADER.size + len(body), 0)[: -CRC.size]
    return head + CRC.pack(zlib.crc32(head)) + body


def _section(section: Section) -> bytes:
    if len(section.payload) % 2:
        raise ImageError(f"section {section.kind.name} must have an even number of bytes, not {len(section.payload)}")
    _check_space(section.kind, section.address, len(section.payload), "")
    data = SECTION.pack(section.kind | section.address << 8, len(section.payload)) + section.payload
    return data + CRC.pack(zlib.crc32(data))


def _check_space(kind: isa.Kind, address: int, size: int, where: str) -> None:
    words = SPACE_WORDS.get(kind)
    if words is not None and address + size // 2 > words:
        raise ImageError(f"section {kind.name}{where} covers words {address}..{address + size // 2 - 1}, its space has {words}")


def unpack(data: bytes) -> tuple[int, list[Section]]:
    """P and the sections of an image, END left out. Whatever is wrong is an ``ImageError``."""
    if len(data) < HEADER.size:
        raise ImageError(f"the image has {len(data)} bytes, a header takes {HEADER.size}")
    magic, version, comparators, lanes, zero, size, crc = HEADER.unpack_from(data)
    if magic != isa.IMAGE_MAGIC:
        raise ImageError(f"the magic must be {isa.IMAGE_MAGIC!r}, not {magic!r}")
    if crc != zlib.crc32(data[: HEADER.size - CRC.size]):
        raise ImageError("the header's CRC is wrong: the image is damaged")
    if version != isa.IMAGE_VERSION:
        raise ImageError(f"the image version must be {isa.IMAGE_VERSION}, not {version}")
    if not 1 <= comparators <= MAX_COMPARATORS:
        raise ImageError(f"P must be 1..{MAX_COMPARATORS}, not {comparators}")
    if (lanes, zero) != (isa.LANES, 0):
        raise ImageError(f"lanes and the byte after it must be {isa.LANES} and 0, not {lanes} and {zero}")
    if size != len(data):
        raise ImageError(f"the header tells of {size} bytes, the image has {len(data)}")
    sections: list[Section] = []
    at = HEADER.size
    while True:
        section, at = _read_section(data, at)
        if section.kind == isa.Kind.END:
            break
        sections.append(section)
    if at != len(data):
        raise ImageError(f"{len(data) - at} bytes follow the end section")
    return comparators, sections


def _read_section(data: bytes, at: int) -> tuple[Section, int]:
    where = f" at byte {at}"
    if len(data) - at < SECTION.size + CRC.size:
        raise ImageError(f"the image ends{where} without an end section")
    first, length = SECTION.unpack_from(data, at)
    end = at + SECTION.size + length
    if length % 2 or end + CRC.size > len(data):
        raise ImageError(f"the section{where} has a length of {length} bytes, it must be even and within the image")
    if CRC.unpack_from(data, end)[0] != zlib.crc32(data[at:end]):
        raise ImageError(f"the CRC of the section{where} is wrong: the image is damaged")
    try:
        kind = isa.Kind(first & 0xFF)
    except ValueError:
        raise ImageError(f"the section{where} has the unknown kind {first & 0xFF}") from None
    if kind == isa.Kind.END and length:
        raise ImageError(f"the end section{where} must be empty, not {length} bytes")
    _check_space(kind, first >> 8, length, where)
    return Section(kind=kind, address=first >> 8, payload=data[at + SECTION.size : end]), end + CRC.size
