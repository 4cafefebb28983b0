"""An image is for one core, and one with tables in flash for one place in it."""

import pytest

import boards
from firmware.compiler import compile_network
from firmware.image.image import write_image
from firmware.image.onboard import check_bootable
from firmware.image.sections import ImageError
from tests.firmware.flashed import ICEBREAKER, small_board
from tests.firmware.networks import random_network


@pytest.fixture(scope="module")
def spread() -> bytes:
    """An image whose tables are in flash too, for offset 0x1000."""
    program = compile_network(random_network(1), small_board(1024))
    assert program.image_offset == 0x1000
    return write_image(program)


def test_its_place(spread: bytes) -> None:
    check_bootable(spread, small_board(1024), where="a.bin")
    with pytest.raises(ImageError, match=r"^a\.bin: the memory image is for 0x1000 of the flash, that of icebreaker is at 0x100000$"):
        check_bootable(spread, ICEBREAKER, where="a.bin")


def test_its_core(spread: bytes) -> None:
    with pytest.raises(ImageError, match=r"^a\.bin: the memory image is for 8 lanes and 2 comparators, the core of ulx3s_85f has 16 lanes"):
        check_bootable(spread, boards.get("ulx3s_85f"), where="a.bin")


def test_its_bytes(spread: bytes) -> None:
    for data in (b"", spread[:100], spread + b"\0\0", spread[:-20] + bytes([spread[-20] ^ 4]) + spread[-19:]):
        with pytest.raises(ImageError, match=r"^a\.bin: there is no memory image for 0x1000 of the flash in it: the "):
            check_bootable(data, small_board(1024), where="a.bin")
