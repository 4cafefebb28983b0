"""Images of version 1: read like the present ones, and made one of them. One was written by the last code that wrote that version."""

from dataclasses import replace
from pathlib import Path

import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.image.contents import contents
from firmware.image.image import read_image, with_signature, write_image
from firmware.image.onboard import check_bootable
from firmware.image.sections import ImageError, Section, pack, signature, unpack, unsigned, until_rest

from ..execution import first_difference
from ..flashed import small_board
from ..networks import random_network
from ..old_images import with_head, write_old_image

ICEBREAKER = boards.get("icebreaker")
SPREAD = small_board(256)
WRITTEN = (Path(__file__).parent / "version-1.bin").read_bytes()
"""Of the iCEBreaker, for the network below."""
NETWORK = random_network(3, kind="rnn", max_n=16, max_out=12)


def test_one_that_was_written_then_runs_as_its_network() -> None:
    program = read_image(WRITTEN)
    assert unsigned(WRITTEN)
    assert first_difference(NETWORK, program, seed=1) is None
    wrong = tuple(piece._replace(data=bytes(byte ^ 1 for byte in piece.data)) for piece in program.tables)
    assert first_difference(NETWORK, replace(program, tables=wrong), seed=1) is not None
    assert read_image(with_signature(WRITTEN)).runs == program.runs


@pytest.mark.parametrize("board", [ICEBREAKER, SPREAD], ids=["on chip", "in flash too"])
def test_it_is_the_present_one_without_its_signature(board: boards.Board) -> None:
    program = compile_network(random_network(1), board)
    new, old = write_image(program), write_old_image(program)
    assert [part.kind for part in contents(old)] == [part.kind for part in contents(new) if part.kind != isa.Kind.SIGNATURE]
    assert [(part.start, part.tables) for part in contents(old) if part.kind == isa.Kind.FLASH] == [
        (part.start, part.tables) for part in contents(new) if part.kind == isa.Kind.FLASH
    ]
    assert (len(until_rest(old)) < len(old)) == (board is SPREAD)
    assert signature(unpack(old)[1]) == signature(unpack(new)[1])
    assert with_signature(old) == new == with_signature(new) != old
    check_bootable(old, board, where="a.bin")


@pytest.mark.parametrize("at", [16, 30, 1000, -30, -2])
def test_damage_is_refused(at: int) -> None:
    data = bytearray(WRITTEN)
    data[at] ^= 1
    with pytest.raises(ImageError, match=r"^the CRC of section .* is wrong: the image is damaged$"):
        read_image(bytes(data))


def test_a_version_is_not_changed_by_its_number_alone() -> None:
    width, sections = unpack(WRITTEN)
    with pytest.raises(ImageError, match=r"^the image has no section SIGNATURE, so it holds no program$"):
        read_image(with_head(WRITTEN, version=2))
    signed = pack([*sections, Section(kind=isa.Kind.SIGNATURE, payload=bytes(4))], width=width)
    with pytest.raises(ImageError, match=rf"^section {len(sections)} at byte \d+ is a SIGNATURE, which an image of version 1 can't have$"):
        read_image(with_head(signed, version=1))


@pytest.mark.parametrize(
    ("board", "why"),
    [
        ("ulx3s_85f", "the memory image is for 8 lanes and 2 comparators, the core of ulx3s_85f has 16 lanes and 2 comparators"),
        ("ulx3s_25f_sdram", "the memory image is for 8 lanes and 2 comparators, the core of ulx3s_25f_sdram has 8 lanes .* and an SDRAM"),
        ("ulx3s_25f", "the memory image is of version 1, the flash of ulx3s_25f is recognised by the head of version 2"),
    ],
)
def test_where_it_does_not_start(board: str, why: str) -> None:
    with pytest.raises(ImageError, match=rf"^a\.bin: {why}$"):
        check_bootable(WRITTEN, boards.get(board), where="a.bin")
