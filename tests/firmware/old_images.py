"""Memory images of version 1: as docs/reference/image.md has them, and from bytes that its code wrote."""

import struct
import zlib
from dataclasses import replace

from firmware import isa
from firmware.image.image import write_image
from firmware.image.sections import Section, pack, unpack
from firmware.program import Program

SIGNATURE_BYTES = Section(kind=isa.Kind.SIGNATURE, payload=bytes(4)).size


def with_head(image: bytes, *, version: int) -> bytes:
    """The image with another version in its header, whose CRC is right."""
    head = image[:4] + bytes([version]) + image[5:12]
    return head + struct.pack("<I", zlib.crc32(head)) + image[16:]


def write_old_image(program: Program) -> bytes:
    """The image of ``program`` in version 1. Tables in the flash stay in their places: the filler before them is as much longer."""
    width, sections = unpack(write_image(program))
    old = [section for section in sections if section.kind != isa.Kind.SIGNATURE]
    pad = next((number for number, section in enumerate(old) if section.kind == isa.Kind.PAD), None)
    if pad is not None:
        old[pad] = replace(old[pad], payload=old[pad].payload + b"\xff" * SIGNATURE_BYTES)
    return with_head(pack(old, width=width), version=1)
