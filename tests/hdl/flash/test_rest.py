"""The rest after a reset of the core: which boards need it, and that no step passes meanwhile."""

from dataclasses import replace

import pytest

import boards
from firmware.isa import Width
from hdl.board.times import needs_rest
from hdl.core.layouts import row_stream
from hdl.flash.rest import Rest, rest_clocks
from sim.cycles.timing import FLASH

from ..board_models import simulate


def longest_row(board):
    """Clocks of the longest row in the board's flash, one that the controller has just seen."""
    flash = board.flash
    beats = 1 << row_stream(Width.of(board)).create().payload.more.shape().width
    return beats * board.lanes * flash.byte_clocks + flash.row_clocks + FLASH[flash.byte_clocks].seen_to_taken


STREAMED = [board for board in boards.BOARDS.values() if board.far and board.far.kind == "qspi"]


@pytest.mark.parametrize("board", STREAMED, ids=lambda board: board.name)
def test_a_row_is_over_before_the_next_step(board):
    """By the rest, or by the 13 bytes on the line between them, 10 bits each."""
    assert longest_row(board) < (rest_clocks(Width.of(board)) if needs_rest(board) else 130 * board.bit_clocks)


def test_who_needs_it():
    fast = boards.get("ulx3s_85f")
    assert needs_rest(fast)
    assert not needs_rest(replace(fast, uart_baud=1_000_000))
    assert not needs_rest(replace(fast, tiers=fast.tiers[:1]))
    assert needs_rest(boards.flash_mode(replace(boards.get("icebreaker"), uart_baud=4_000_000), "nibble"))
    assert not needs_rest(boards.flash_mode(boards.get("icebreaker"), "nibble"))


@pytest.mark.parametrize("clocks", [0, 1, 8])
def test_no_step_passes_meanwhile(clocks):
    dut, passed = Rest(clocks=clocks), []
    held = [1, 1, 0] + [0] * 10 + [1] + [0] * 12

    async def drive(ctx):
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.i.payload, {"forced": 1, "symbol": 77})
        for level in held:
            ctx.set(dut.held, level)
            assert ctx.get(dut.o.valid) == ctx.get(dut.i.ready)
            assert ctx.get(dut.o.payload.symbol) == 77
            passed.append(ctx.get(dut.o.valid))
            await ctx.tick()

    simulate(dut, drive)
    since = 0  # clocks since it was held
    for level, got in zip(held, passed, strict=True):
        assert got == (not level and since >= clocks)
        since = 0 if level else since + 1
