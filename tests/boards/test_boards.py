"""Board records: found by name, consistent with amaranth-boards and with the image format."""

import importlib
from dataclasses import replace

import pytest

import boards
from firmware import isa


def test_unknown_board_is_named() -> None:
    with pytest.raises(boards.UnknownBoardError, match=rf"^unknown board 'icestick': the boards are {', '.join(sorted(boards.BOARDS))}$"):
        boards.get("icestick")


@pytest.mark.parametrize("name", sorted(boards.BOARDS))
def test_platform_agrees(name: str) -> None:
    board = boards.get(name)
    module, _, cls = board.platform.partition(":")
    platform = getattr(importlib.import_module(module), cls)
    assert (platform.device, platform.package) == (board.device, board.package)
    name = board.wiring.clock.split(" ")[0] or platform.default_clk
    clock = next(r for r in platform.resources if r.name == name)
    assert clock.clock.frequency == board.clock_in_hz


@pytest.mark.parametrize("name", sorted(boards.BOARDS))
def test_sizes_are_possible(name: str) -> None:
    board = boards.get(name)
    assert 0 < board.image_offset < board.flash_size
    assert all(tier.size % board.lanes == 0 for tier in board.tiers)
    assert board.anchor_words <= 4096
    assert board.program_instructions <= 32
    if board.sdram is not None:
        assert board.tiers.index(board.sdram) == 1  # the tier field of an instruction
        assert board.sdram.size <= 1 << isa.SDRAM_ADDRESS_BITS
        assert {(part.bits // 4, min(part.size, board.sdram.size)) for part in board.sdram.sdram} == {
            (board.sdram.at_once, board.sdram.size)
        }
        assert all(part.t_ck <= 5e11 / board.clock_hz for part in board.sdram.sdram)
    if board.flash is not None:
        assert board.flash in (*board.tiers[1:], board.image_flash)
        assert board.flash.lines in (1, 2, 4)
        if board.flash.lines == 4:
            assert board.image_offset < board.flash.base
            assert board.flash.base % board.lanes == 0
        else:
            assert (board.flash.size, board.flash.modes) == (0, ())
        assert board.flash.base + board.flash.size <= board.flash_size
        assert {part.size for part in board.flash.parts} == {board.flash_size}


def test_bits_of_the_serial_line() -> None:
    board = boards.get("icebreaker")
    assert board.bit_clocks == 36
    assert {name: boards.get(name).bit_clocks for name in ("ulx3s_25f_sdram", "ulx3s_45f", "ulx3s_85f")} == {
        "ulx3s_25f_sdram": 23,
        "ulx3s_45f": 25,
        "ulx3s_85f": 27,
    }
    assert replace(board, uart_baud=9_000_000).bit_clocks == 4
    for baud in (10_000_000, 7_000_000, 40_000_000):
        told = f"uart_baud of the board icebreaker must divide its clock of 36 MHz into 4 or more clocks a bit, at most 2 % off, not {baud}"
        with pytest.raises(ValueError, match=f"^{told}$"):
            replace(board, uart_baud=baud)


def test_flash_modes() -> None:
    board = boards.get("icebreaker")
    assert board.flash is not None
    assert boards.flash_mode(board, "byte") == board
    nibble = boards.flash_mode(board, "nibble")
    assert nibble.flash is not None
    assert nibble.flash.beat_clocks(8) == 2 * board.flash.beat_clocks(8) == 16
    assert nibble.tiers[0] == board.tiers[0]
    assert boards.flash_mode(boards.get("ulx3s_85f"), "nibble") == boards.get("ulx3s_85f")
    with pytest.raises(ValueError, match=r"^the flash mode must be one of byte, nibble, not 'bit'$"):
        boards.flash_mode(board, "bit")


def test_a_flash_on_fewer_than_four_lines_holds_no_tables() -> None:
    board, serial = boards.get("icebreaker"), boards.get("colorlight_5a75b_v8")
    assert serial.flash is not None
    assert (serial.flash.lines, serial.far) == (1, None)
    for lines in (1, 2, 3):
        told = rf"^lines of the flash of icebreaker must be 4 for tables, not {lines}: as image_flash it holds an image$"
        with pytest.raises(ValueError, match=told):
            replace(board, tiers=(board.tiers[0], replace(board.tiers[1], lines=lines)))
    with pytest.raises(ValueError, match=r"^lines of the flash of colorlight_5a75b_v8 must be 1, 2 or 4, not 3$"):
        replace(serial, image_flash=replace(serial.flash, lines=3))
    assert boards.flash_mode(serial, None) == serial
    with pytest.raises(ValueError, match=r"^the flash mode must be left out for colorlight_5a75b_v8, whose flash holds no tables"):
        boards.flash_mode(serial, "nibble")


@pytest.mark.parametrize("cores", [0, 3, 8])
def test_a_number_of_cores_that_can_not_be(cores: int) -> None:
    with pytest.raises(ValueError, match=rf"^cores of ulx3s_85f_two must be one of 1, 2, 4, not {cores}$"):
        replace(boards.get("ulx3s_85f_two"), cores=cores)


def test_several_cores_share_no_tier() -> None:
    board = boards.get("ulx3s_85f")
    with pytest.raises(ValueError, match=r"^ulx3s_85f has 2 cores, so its tiers must be one, on chip: they can't share a flash$"):
        replace(board, cores=2)
