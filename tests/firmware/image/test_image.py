"""Images: a program comes back as it went in, and damaged or hostile bytes are refused with one sentence."""

import json
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.image.image import read_image, sampler_image, store_image, write_image
from firmware.image.meta import encode_meta
from firmware.image.sections import ImageError, Section, pack, unpack
from firmware.program import Program
from firmware.sampling import Sampling

from ..execution import first_difference
from ..networks import random_network

ICEBREAKER = boards.get("icebreaker")


@pytest.fixture(scope="module")
def program() -> Program:
    jitter = np.arange(-128, 128, dtype=np.int16)
    return replace(
        compile_network(random_network(3), ICEBREAKER), sampling=Sampling(seed=0x12345678, k=4, jitter=jitter, jittered=True, mask=7)
    )


@pytest.fixture(scope="module")
def image(program: Program) -> bytes:
    return write_image(program)


def same(a: Program, b: Program) -> bool:
    def plain(program: Program) -> list[object]:
        jitter = program.sampling.jitter
        sampling = (program.sampling.registers(), None if jitter is None else jitter.tolist())
        values = vars(program) | {"store": program.store.tolist(), "sampling": sampling}
        return [values[name] for name in sorted(values)]

    return plain(a) == plain(b)


@pytest.mark.parametrize("seed", range(20))
def test_round_trip(seed: int) -> None:
    network = random_network(seed)
    program = compile_network(network, ICEBREAKER, seed=seed + 1)
    back = read_image(write_image(program))
    assert same(program, back)
    assert not same(program, replace(back, sampling=replace(back.sampling, k=back.sampling.k ^ 1)))
    assert first_difference(network, back, seed=seed) is None


def test_sampler_round_trip(program: Program, image: bytes) -> None:
    back = read_image(image)
    assert same(program, back)
    assert (back.sampling.seed, back.sampling.k, back.sampling.jittered, back.sampling.mask) == (0x12345678, 4, True, 7)


def test_layout_of_the_bytes() -> None:
    """The bytes of docs/reference/image.md, written out by hand."""
    data = store_image(np.array([1, -2], np.int16), width=isa.Width(), address=0x123)
    head = b"PLYC" + bytes([2, 2, 8, 0]) + struct.pack("<I", 16 + 12 + 4 + 12)
    section = bytes([3, 0x23, 0x01, 0x00, 4, 0, 0, 0, 1, 0, 0xFE, 0xFF])
    end = bytes([0xFF, 0, 0, 0, 0, 0, 0, 0])
    crc = [struct.pack("<I", zlib.crc32(part)) for part in (head, section, end)]
    assert data == head + crc[0] + section + crc[1] + end + crc[2]
    sampling = Sampling(seed=0xABCD1234, k=8, jittered=True, jitter=np.zeros(256, np.int16), mask=31)
    config = unpack(sampler_image(sampling, width=isa.Width()))[1][1]
    assert config == Section(kind=isa.Kind.CONFIG, payload=struct.pack("<4H", 0x1234, 0xABCD, 0x108, 31))
    assert len(unpack(sampler_image(Sampling(), width=isa.Width()))[1]) == 1


def test_the_signature_is_the_crc_of_what_docs_say(image: bytes) -> None:
    """Program, anchors and tables, each section without its own CRC, in the order of the file: found by their kinds' bytes alone."""
    at, signed, told = 16, b"", b""
    while at < len(image):
        size = int.from_bytes(image[at + 4 : at + 8], "little")
        if image[at] in (0, 1, 2, 0x13):
            signed += image[at : at + 8 + size]
        if image[at] == 6:
            told = image[at + 8 : at + 8 + size]
        at += 12 + size
    assert told == struct.pack("<I", zlib.crc32(signed))


@settings(max_examples=300, derandomize=True)
@given(at=st.integers(0, 1 << 30), bit=st.integers(0, 7))
def test_every_flipped_bit_is_refused(at: int, bit: int, image: bytes) -> None:
    data = bytearray(image)
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(ImageError):
        read_image(bytes(data))


def test_every_truncation_is_refused(image: bytes) -> None:
    for size in [*range(0, 200), *range(200, len(image), 97)]:
        with pytest.raises(ImageError):
            unpack(image[:size])
    with pytest.raises(ImageError, match=r"^the header tells of \d+ bytes, the image has \d+$"):
        unpack(image + b"\0")


def sealed(head: bytes, body: bytes) -> bytes:
    """An image with right CRCs of a header without size and CRC, and raw section bytes."""
    head += struct.pack("<I", len(head) + 8 + len(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def section(first: int, length: int, payload: bytes) -> bytes:
    data = struct.pack("<II", first, length) + payload
    return data + struct.pack("<I", zlib.crc32(data))


HEAD = b"PLYC" + bytes([2, 2, 8, 0])
END = section(0xFF, 0, b"")
SIGNED_OLD = "section 0 at byte 16 is a SIGNATURE, which an image of version 1 can't have"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the image has 0 bytes, a header takes 16"),
        (sealed(b"ELF\0" + HEAD[4:], END), "the magic must be b'PLYC', not b'ELF\\x00'"),
        (sealed(b"PLYC" + bytes([0, 2, 8, 0]), END), "the image version must be 2, or 1 for 8 lanes and 2 comparators, not 0"),
        (sealed(b"PLYC" + bytes([3, 2, 8, 0]), END), "the image version must be 2, or 1 for 8 lanes and 2 comparators, not 3"),
        (sealed(b"PLYC" + bytes([1, 2, 16, 0]), END), "the image version must be 2, or 1 for 8 lanes and 2 comparators, not 1"),
        (sealed(b"PLYC" + bytes([1, 4, 8, 0]), END), "the image version must be 2, or 1 for 8 lanes and 2 comparators, not 1"),
        (sealed(b"PLYC" + bytes([1, 2, 8, 4]), END), "the image version must be 2, or 1 for 8 lanes and 2 comparators, not 1"),
        (sealed(b"PLYC" + bytes([1, 2, 8, 0]), section(6, 4, bytes(4)) + END), SIGNED_OLD),
        (sealed(b"PLYC" + bytes([2, 3, 8, 0]), END), "the header tells of no core: comparators must be one of 1, 2, 4, not 3"),
        (sealed(b"PLYC" + bytes([2, 2, 12, 0]), END), "the header tells of no core: lanes must be one of 8, 16, 32, not 12"),
        (sealed(b"PLYC" + bytes([2, 2, 8, 1]), END), "the header's byte after the lanes must be 0 or 4, not 1"),
        (sealed(HEAD, b""), "the image ends at byte 16 without an end section"),
        (sealed(HEAD, END + b"??"), "2 bytes follow the end section"),
        (sealed(HEAD, section(9, 0, b"") + END), "section 0 at byte 16 has the unknown kind 9"),
        (sealed(HEAD, section(3, 3, b"abc") + END), "section 0 at byte 16 has a length of 3 bytes, it must be even and within the image"),
        (
            sealed(HEAD, section(3, 0xFFFFFFFE, b"") + END),
            "section 0 at byte 16 has a length of 4294967294 bytes, it must be even and within the image",
        ),
        (sealed(HEAD, section(3 | 2047 << 8, 4, bytes(4)) + END), "section STORE at byte 16 covers words 2047..2048, its space has 2048"),
        (sealed(HEAD, section(0xFF, 2, bytes(2))), "section END at byte 16 must be empty, not 2 bytes"),
    ],
)
def test_hostile_bytes(data: bytes, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        unpack(data)
    assert str(caught.value) == message


def changed(image: bytes, kind: isa.Kind, payload: bytes | None) -> bytes:
    """The image with the payload of its sections of ``kind`` replaced, or without them; CRCs right."""
    width, sections = unpack(image)
    kept = [replace(s, payload=payload or b"") if s.kind == kind else s for s in sections if s.kind != kind or payload is not None]
    return pack(kept, width=width)


def instructions(**second: Any) -> bytes:
    """Two runs, the first with an anchor word."""
    common = {"table_base": 0, "count": 1, "table_log2": 0, "row_log2": 0, "row_beats": 2}
    words = [*isa.Run(**common, anchor_len=1).encode(), *isa.Run(**common | second).encode()]
    return b"".join(word.to_bytes(2, "little") for word in words)


@pytest.mark.parametrize(
    ("kind", "payload", "message"),
    [
        (isa.Kind.PROGRAM, None, "the image has no section PROGRAM, so it holds no program"),
        (isa.Kind.PROGRAM, bytes(14), "section PROGRAM must be whole instructions of 16 bytes, not 14 bytes"),
        (isa.Kind.PROGRAM, bytes([0, 0, 0, 0xC0]) + bytes(12), "instruction 0 has a bit set that means nothing"),
        (isa.Kind.PROGRAM, bytes([0, 0x40]) + bytes(14), "instruction 0 names mode 2, there are 0, 1, 4, 5, 6"),
        (isa.Kind.PROGRAM, bytes(16), "instruction 0 has no anchor words to wait with, but is the first"),
        (isa.Kind.PROGRAM, instructions(sync=True), "instruction 1 has no anchor words to wait with, but carries sync"),
        (isa.Kind.PROGRAM, instructions(mode=isa.Mode.ATTEND, anchor_len=3), "instruction 1 of mode 1 must have no anchor words, not 3"),
        (isa.Kind.PROGRAM, instructions(mode=isa.Mode.ATTEND, n_out=32), "instruction 1 attends to 32 positions, the index cache keeps 31"),
        (
            isa.Kind.PROGRAM,
            instructions(mode=isa.Mode.KEY, int4=True),
            "instruction 1 of mode 5 must be int8, of tier 0, without first and last",
        ),
        (isa.Kind.PROGRAM, instructions(), "instruction 1 must carry end"),
        (isa.Kind.PROGRAM, instructions(end=True), "exactly one instruction must carry sort"),
        (isa.Kind.ANCHORS, None, "instruction 0 takes anchor words to"),
        (isa.Kind.ANCHORS, bytes(4), "section ANCHORS must be whole words of 8 bytes, not 4 bytes"),
        (isa.Kind.ANCHORS, b"\xff" * 8, "anchor word 0 has a bit set that means nothing"),
        (isa.Kind.TABLES, bytes(4), "section TABLES at word"),
        (isa.Kind.STORE, bytes(4096), "section STORE must end before the zero word at 2040, not at 2048"),
        (isa.Kind.JITTER, bytes(4), "section JITTER of a program must have 256 entries, not 2"),
        (isa.Kind.CONFIG, bytes(8), "CONFIG sets no sampler: seed must be 1..4294967295, not 0"),
        (isa.Kind.CONFIG, bytes(2), "section CONFIG of a program must have 8 bytes, not 2"),
        (isa.Kind.SIGNATURE, None, "the image has no section SIGNATURE, so it holds no program"),
        (isa.Kind.SIGNATURE, bytes(4), "section SIGNATURE must be "),
        (isa.Kind.SIGNATURE, bytes(2), "section SIGNATURE must be "),
        (isa.Kind.META, b"{ ", "META is not JSON"),
        (isa.Kind.META, b"\xff\xff", "META is not JSON"),
        (isa.Kind.META, b"[" * 100_000, "META is not JSON"),
        (isa.Kind.META, b"[]", "META must be a JSON object"),
    ],
)
def test_hostile_programs(image: bytes, kind: isa.Kind, payload: bytes | None, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_image(changed(image, kind, payload))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", 3),
        ("kind", "cnn"),
        ("n", True),
        ("n_out", 257),
        ("n_in", "4"),
        ("frac", 99),
        ("symbols", [1, 1]),
        ("placement", []),
        ("placement.neurons", [[5000]]),
        ("placement.state_words", -1),
        ("placement.output", 2040),
        ("placement.constants", [0.5]),
        ("placement.output_range", [0]),
        ("placement.runs", [{}]),
        ("placement.runs", []),
        ("placement.runs", [{"stage": "hidden." + "9" * 999, "group": 0, "tables": [], "pairs": []}]),
        ("placement.runs", [{"stage": "hidden.-1", "group": 0, "tables": [], "pairs": []}]),
        ("placement.runs", [{"stage": "hidden.01", "group": 0, "tables": [], "pairs": []}]),
        ("placement.runs", [{"stage": "blocks.0.rest", "group": 0, "tables": [], "pairs": []}]),
    ],
)
def test_hostile_meta(program: Program, image: bytes, path: str, value: object) -> None:
    meta = json.loads(encode_meta(program.meta))
    inner = meta
    *parents, name = path.split(".")
    for parent in parents:
        inner = inner[parent]
    inner[name] = value
    text = json.dumps(meta).encode()
    with pytest.raises(ImageError, match=f"^META field.* {path}.{{,200}}$"):
        read_image(changed(image, isa.Kind.META, text + b" " * (len(text) % 2)))


def test_store_too_short_for_meta(image: bytes) -> None:
    with pytest.raises(ImageError, match=r"^META places latencies up to \d+, section STORE ends before 1$"):
        read_image(changed(image, isa.Kind.STORE, bytes(2)))


def test_a_section_twice(image: bytes) -> None:
    width, sections = unpack(image)
    with pytest.raises(ImageError, match=r"^section STORE of a program must appear once, at address 0$"):
        read_image(pack([*sections, Section(kind=isa.Kind.STORE, payload=bytes(2))], width=width))


@pytest.mark.parametrize(("far_banks", "kind"), [(1, isa.Kind.SDRAM), (4, isa.Kind.FLASH)])
def test_a_section_of_another_far_tier(image: bytes, far_banks: int, kind: isa.Kind) -> None:
    width, sections = unpack(image)
    width = replace(width, far_banks=far_banks)
    with pytest.raises(ImageError, match=f"^the image is for {width}, so it can't have a section {kind.name}$"):
        read_image(pack([*sections, Section(kind=kind, payload=bytes(2))], width=width))


def test_what_the_builder_refuses() -> None:
    with pytest.raises(ImageError, match=r"^latencies 2039\.\.2040 reach into the zero word at 2040$"):
        store_image(np.zeros(2, np.int16), width=isa.Width(), address=2039)
    for field, value in (("seed", 0), ("k", 9), ("mask", 256)):
        with pytest.raises(ValueError, match=f"^{field} must be "):
            Sampling(**{field: value})
    with pytest.raises(ImageError, match=r"^section META must have an even number of bytes, not 1$"):
        pack([Section(kind=isa.Kind.META, payload=b"x")], width=isa.Width())
