"""Times in clocks: long enough on every board, and those of 36 MHz as they are documented."""

import pytest

import boards
from hdl.board import times


@pytest.mark.parametrize("board", boards.BOARDS.values(), ids=list(boards.BOARDS))
def test_long_enough_on_every_board(board: boards.Board) -> None:
    assert 2 ** times.gap_bits(board.clock_hz) >= 1.8e-3 * board.clock_hz
    assert 2 ** times.pause_bits(board.clock_hz) - 16 >= 3e-6 * board.clock_hz


@pytest.mark.parametrize(("mhz", "gap", "pause"), [(12, 16, 8), (36, 16, 8), (50, 17, 8), (80, 18, 8), (81, 18, 9), (160, 19, 9)])
def test_bits(mhz: int, gap: int, pause: int) -> None:
    assert (times.gap_bits(mhz * 1e6), times.pause_bits(mhz * 1e6)) == (gap, pause)
