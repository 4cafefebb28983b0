"""Programs with tables in flash: spread over both tiers they give golden's latencies; their images lie as they should."""

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import isa
from firmware.compiler import CompileError, compile_network
from firmware.image.contents import contents
from firmware.image.image import read_image, write_image
from firmware.image.sections import HEADER, ImageError, Section, pack, unpack, until_rest
from firmware.program import Placed, Program
from golden.integer.network import Network

from ..compiler.test_compiler import shaped
from ..execution import first_difference
from ..flashed import ICEBREAKER, WITH_FLASH, small_board
from ..networks import random_network


def spread(seed: int) -> tuple[Network, Program, int]:
    """A random network on a board whose chip has room for a random part of it, and the bytes it has."""
    network = random_network(seed)
    rng = np.random.default_rng([seed, 1])
    size = max(64, int(rng.random() * network.table_bytes()) // 8 * 8)
    return network, compile_network(network, small_board(size)), size


@settings(max_examples=60, derandomize=True)
@given(seed=st.integers(0, 1 << 32))
def test_every_latency_equals_golden(seed: int) -> None:
    network, program, size = spread(seed)
    back = read_image(write_image(program))
    assert back.tables == program.tables
    assert back.image_offset == program.image_offset
    assert first_difference(network, back, seed=seed, size=size) is None
    assert (program.image_offset is None) == all(run.tier == 0 for run in program.runs)


def test_random_networks_use_every_kind_of_run() -> None:
    """What the test above covers: tokens and layers of both widths in both tiers, and stages parted between the tiers."""
    seen, parted = set(), 0
    for seed in range(50):
        _, program, _ = spread(seed)
        seen |= {(run.tier, run.int4, run.token) for run in program.runs}
        origins = [(str(o.stage), o.group, run.tier) for run, o in zip(program.runs, program.meta.placement.runs, strict=True)]
        parted += any((stage, group, 1) in origins for stage, group, tier in origins if tier == 0)
    assert len(seen) == 8
    assert parted > 10


def test_a_flipped_bit_in_flash_and_a_beat_that_is_not_zero_are_found() -> None:
    network = shaped(1, n=16, n_t=6, n_c=5, out_t=4, out_c=3, n_out=33)
    program = compile_network(network, small_board(1024))
    assert {run.int4 for run in program.runs if run.tier} == {True}
    assert first_difference(network, program, seed=1, size=1024) is None
    zero = [piece for piece in program.tables if piece.tier == 0 and not any(piece.data) and len(piece.data) == 8]
    assert zero == [Placed(0, 127, bytes(8))]
    with pytest.raises(AssertionError):  # the interpreter's memory is noise where nothing is loaded
        first_difference(network, replace(program, tables=tuple(p for p in program.tables if p not in zero)), seed=1, size=1024)
    far = next(piece for piece in program.tables if piece.tier)
    broken = far._replace(data=bytes(byte ^ 1 for byte in far.data))
    changed = tuple(broken if piece == far else piece for piece in program.tables)
    assert first_difference(network, replace(program, tables=changed), seed=1, size=1024) is not None


def test_int8_rows_need_no_zero_beat() -> None:
    network = random_network(9, kind="rnn")
    layers = [replace(layer, bits=8) for layer in (*network.hidden, network.output)]
    network = replace(network, hidden=(layers[0],), output=layers[1], embed_bits=8)
    program = compile_network(network, small_board(512))
    assert any(run.tier for run in program.runs)
    assert not any(piece.data == bytes(8) for piece in program.tables)


def test_near_tables_come_first_in_a_stage() -> None:
    network = shaped(1, n=16, n_t=12, n_c=5, out_t=4, out_c=2, n_out=33)
    program = compile_network(network, small_board(4096))
    stages = [(str(o.stage), run.tier) for run, o in zip(program.runs, program.meta.placement.runs, strict=True)]
    assert stages == [("output", 0), ("hidden.0", 0), ("hidden.0", 1), ("embed", 0)]
    counts = [run.count for run in program.runs]
    assert counts[1] % 2 == 1  # a pair of tables made together is parted
    assert [(run.first, run.last) for run in program.runs] == [(True, True), (True, False), (False, False), (False, True)]


def test_parting_no_group_where_anchor_words_are_short() -> None:
    network = shaped(1, n=16, n_t=12, n_c=5, out_t=4, out_c=2, n_out=33)
    parted = compile_network(network, small_board(4096))
    whole = compile_network(network, replace(small_board(4096), anchor_words=len(parted.anchors) - 1))
    assert len(whole.anchors) < len(parted.anchors)
    assert len(whole.runs) < len(parted.runs)
    assert first_difference(network, whole, seed=1, size=4096) is None
    few = compile_network(network, replace(small_board(4096), program_instructions=3))
    assert len(few.runs) == 3


def test_what_fits_on_chip_is_as_without_a_flash() -> None:
    for seed in range(12):
        network = random_network(seed)
        assert write_image(compile_network(network, WITH_FLASH)) == write_image(
            compile_network(network, replace(ICEBREAKER, tiers=ICEBREAKER.tiers[:1]))
        )


def test_memories_refuse_what_lies_beyond_them() -> None:
    program = compile_network(shaped(1, n=16, n_t=12, n_c=5, out_t=4, out_c=2, n_out=33), small_board(4096))
    top = max(8 * piece.beat + len(piece.data) for piece in program.tables if piece.tier == 1)
    assert program.flash(top)[-1:] == program.tables[-1].data[-1:]
    with pytest.raises(ValueError, match=rf"^tables of tier 1 reach to byte {top}, its memory has {top - 1}$"):
        program.flash(top - 1)
    with pytest.raises(ValueError, match=r"^tables of tier 0 reach to byte 4096, its memory has 4088$"):
        program.memory(4088)


# --- images ---


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_network(shaped(1, n=16, n_t=12, n_c=5, out_t=4, out_c=5, n_out=33), small_board(1280))


@pytest.fixture(scope="module")
def image(program: Program) -> bytes:
    return write_image(program)


def test_payloads_lie_at_their_flash_addresses(program: Program, image: bytes) -> None:
    flash = [piece for piece in program.tables if piece.tier == 1]
    assert len(flash) > 1
    for piece in flash:
        at = piece.beat * 8 - 0x1000
        assert image[at : at + len(piece.data)] == piece.data
    kinds = [section.kind for section in unpack(image)[1]]
    rest = kinds.index(isa.Kind.REST)
    assert kinds[rest:] == [isa.Kind.REST, *[isa.Kind.PAD, isa.Kind.FLASH] * len(flash)]
    assert not {isa.Kind.REST, isa.Kind.PAD, isa.Kind.FLASH} & set(kinds[:rest])


def test_bytes_of_the_three_kinds(program: Program, image: bytes) -> None:
    """Beginnings of REST, PAD and FLASH as docs/reference/image.md has them, found by hand."""
    at = len(until_rest(image))
    assert image[at - 12 : at - 4] == bytes([0x11, 0, 0, 0, 0, 0, 0, 0])
    first = next(piece for piece in program.tables if piece.tier == 1)
    start = first.beat * 8 - 0x1000
    assert image[at : at + 8] == bytes([0x12, 0, 0, 0]) + struct.pack("<I", start - 8 - 12 - at)
    assert image[start - 8 : start] == struct.pack("<II", 0x13 | first.beat * 4 << 8, len(first.data))


def test_the_loaded_part_ends_with_rest(program: Program, image: bytes) -> None:
    part = until_rest(image)
    assert image.startswith(part)
    assert part[:16] == image[:16]  # the header tells of the whole image
    assert len(part) < 0x21008 - 0x1000 < len(image)
    plain = write_image(compile_network(random_network(3), ICEBREAKER))
    assert until_rest(plain) == plain


def test_contents_name_every_section(program: Program, image: bytes) -> None:
    found = contents(image)
    assert [content.number for content in found] == list(range(len(found)))
    assert [content.start for content in found] == [16, *(content.end for content in found[:-1])]
    assert found[-1].kind == isa.Kind.END
    assert found[-1].end == len(image)
    runs = [(str(o.stage), tuple(o.tables)) for o in program.meta.placement.runs]
    named = [(str(content.stage), content.tables) for content in found if content.stage]
    assert sorted(named) == sorted(runs)
    for content in found:
        if content.kind == isa.Kind.FLASH:
            number = next(i for i, run in enumerate(program.runs) if run.tier and run.table_base * 8 == content.start + 8 + 0x1000)
            assert runs[number] == (str(content.stage), content.tables)
    text = [str(content) for content in found]
    assert text[0].endswith("of the image): names and placement")
    assert sum("the zero beat" in line for line in text) == 1
    assert any("(FLASH, bytes " in line and ": hidden.0, tables " in line for line in text)


@settings(max_examples=400, derandomize=True)
@given(which=st.integers(0, 1 << 30), at=st.integers(0, 1 << 30), bit=st.integers(0, 7))
def test_a_flipped_bit_is_laid_to_its_section(which: int, at: int, bit: int, image: bytes) -> None:
    found = contents(image)
    section = found[which % len(found)]
    data = bytearray(image)
    data[section.start + at % (section.end - section.start)] ^= 1 << bit
    with pytest.raises(ImageError, match=rf"section {section.number}\b"):
        read_image(bytes(data))


def test_a_flipped_bit_of_the_header_is_laid_to_it(image: bytes) -> None:
    for position in range(8 * HEADER.size):
        data = bytearray(image)
        data[position // 8] ^= 1 << position % 8
        with pytest.raises(ImageError, match=r"^the (header's CRC is wrong|magic must be)"):
            read_image(bytes(data))


def rebuilt(image: bytes, change: list[Section]) -> bytes:
    return pack(change, width=unpack(image)[0])


def test_hostile_images(program: Program, image: bytes) -> None:
    sections = unpack(image)[1]
    rest = next(i for i, section in enumerate(sections) if section.kind == isa.Kind.REST)
    head, tail = sections[:rest], sections[rest + 1 :]
    store = next(section for section in head if section.kind == isa.Kind.STORE)
    moved = [replace(s, address=s.address + 4) if s is tail[1] else s for s in tail]
    for change, message in (
        ([*head, *tail], f"section {len(head) + 1} (FLASH) must stand behind REST"),
        (
            [*(s for s in head if s is not store), sections[rest], *tail, store],
            f"section {len(sections) - 1} (STORE) must stand before REST",
        ),
        ([*head, sections[rest], *tail[:2], *tail[3:]], "the FLASH sections must lie in the image as they lie in the flash"),
        ([*head, sections[rest], *moved], "the FLASH sections must lie in the image as they lie in the flash"),
        ([*head, sections[rest]], "an instruction reads tables of the far tier, but the image has no section FLASH"),
        ([*head, sections[rest], sections[rest], *tail], "section REST of a program must appear once, at address 0"),
        ([*head, sections[rest], Section(kind=isa.Kind.FLASH, payload=bytes(4))], "section FLASH at word 0 must be whole beats of 8 bytes"),
        ([*head, replace(sections[rest], payload=bytes(2)), *tail], f"section REST at byte {sections[rest].at} must be empty, not 2 bytes"),
    ):
        with pytest.raises(ImageError) as caught:
            read_image(rebuilt(image, change))
        assert str(caught.value) == message
    runs = tuple(replace(run, tier=2) for run in program.runs)
    with pytest.raises(ImageError, match=r"^instruction 0 names memory tier 2, there are 0 and 1$"):
        read_image(write_image(replace(program, runs=runs)))
    with pytest.raises(ImageError, match=r"^section FLASH covers words 8388604\.\.8388611, its space has 8388608$"):
        pack([Section(kind=isa.Kind.FLASH, address=(1 << 23) - 4, payload=bytes(16))], width=isa.Width())


def test_the_signature_covers_the_tables_in_flash(image: bytes) -> None:
    width, sections = unpack(image)
    number = next(i for i, section in enumerate(sections) if section.kind == isa.Kind.FLASH)
    payload = sections[number].payload
    sections[number] = replace(sections[number], payload=bytes([payload[0] ^ 1]) + payload[1:])
    with pytest.raises(ImageError, match=r"^section SIGNATURE must be "):
        read_image(pack(sections, width=width))


def test_what_is_loaded_must_end_before_the_tables(program: Program) -> None:
    network = shaped(1, n=16, n_t=12, n_c=5, out_t=4, out_c=5, n_out=33)
    low = compile_network(network, small_board(1280, base=0x1400))
    with pytest.raises(ImageError) as caught:
        write_image(low)
    message = str(caught.value)
    assert message.startswith("the tables at 0x1400 of the flash must begin at 0x")
    assert message.endswith(" or later: the rest of the image, from 0x1000, reaches there")
    least = int(message.split()[10], 16)
    assert read_image(write_image(compile_network(network, small_board(1280, base=-(-least // 1024) * 1024))))
    with pytest.raises(ImageError, match=r"^image_offset must be known of a program with tables in flash$"):
        write_image(replace(program, image_offset=None))


def test_a_full_flash_is_refused() -> None:
    network = shaped(1, n=16, n_t=12, n_c=5, out_t=4, out_c=5, n_out=33)
    with pytest.raises(
        CompileError,
        match=r"KiB of entries\)\), icebreaker has 1\.0 KiB of RAM and 4\.0 KiB of flash, 2\.2 KiB too few: tier flash is full$",
    ):
        compile_network(network, small_board(1024, flash=4096))
