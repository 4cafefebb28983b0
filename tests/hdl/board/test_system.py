"""The whole board side at its pins: boot from a sleeping flash, then the UART; with a scripted core."""

import pytest

import boards
from firmware import isa
from firmware.isa import Command, Kind, LoadError, Status
from hdl.board.parts import core_params
from sim.flash import Power

from ..board_models import frame, image, section, seeded, words
from .system_bench import MODES, PLAIN, lit, on_board

SECTIONS = [(2, 0, seeded(1).randbytes(24)), (0, 77, seeded(2).randbytes(16)), (5, 1, b"\x34\x12")]
IMAGE = image(*(section(*part) for part in SECTIONS))
WRITES = [write for part in SECTIONS for write in words(*part)]
FLASHED = image(*(section(*part) for part in SECTIONS), section(Kind.REST), section(Kind.FLASH, 0x80000, bytes(64)))
LOADED, ERROR, BOOTING, READY = 1, 2, 4, 8  # bits of the state in a greeting


async def greeting(pins):
    """(state, code, section, capture) of a HELLO."""
    _, status, payload = await pins.ask(0, Command.HELLO)
    assert (status, payload[:3], payload[7]) == (Status.OK, bytes([3, 2, 8]), 0)
    return tuple(payload[3:7])


@pytest.mark.parametrize(("mode", "content"), [("byte", FLASHED), ("nibble", IMAGE)])
def test_boots_and_runs(mode, content):
    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut) == (1, 0)
        state, code, number, capture = await greeting(pins)
        assert (state, code, number) == (LOADED | READY, LoadError.NONE, 3)
        assert capture == ctx.get(dut._flash.status.capture)
        assert await pins.ask(1, Command.STEP, b"\3") == (1, Status.OK, b"\0\1\2")
        assert await pins.ask(2, Command.FEED, b"hi") == (2, Status.OK, bytes(byte ^ 0x55 for byte in b"hi"))
        assert await pins.ask(3, Command.READ, b"\1\2\3\1") == (3, Status.OK, b"\x02\x13")

    assert on_board(script, content=content, mode=mode) == WRITES


@pytest.mark.parametrize(("mode", "loaded"), [("byte", False), ("nibble", True)])
def test_rows_reach_the_core(mode, loaded):
    """After the boot, or without any, rows of tables come out of the flash."""
    content = IMAGE + seeded(9).randbytes(-len(IMAGE) % 8 + 64)
    first = (0x100000 + len(content) - 64) // 8

    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut) == (1, 0)
        await ctx.tick().until(dut._flash.status.ready)
        core, got = dut._cores["core"], bytearray()
        ctx.set(core.rows.payload, {"address": first + 1, "more": 2})
        ctx.set(core.rows.valid, 1)
        await ctx.tick().until(core.rows.ready)
        ctx.set(core.rows.valid, 0)
        while len(got) < 24:
            _, _, strobe, data = await ctx.tick().sample(core.flash.strobe, core.flash.data)
            got += bytes([data] * strobe)
        assert got == content[8 * first + 8 - 0x100000 :][:24]

    on_board(script, content=content, mode=mode, loaded=loaded)


@pytest.mark.parametrize("power", Power)
def test_boots_from_any_state_of_the_chip(power):
    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut) == (1, 0)

    assert on_board(script, content=IMAGE, power=power) == WRITES


def test_a_blank_flash_lights_the_red_led_and_load_clears_it():
    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut) == (0, 1)
        assert (await greeting(pins))[:3] == (ERROR | READY, LoadError.HEADER, 0)
        assert await pins.ask(1, Command.STEP, b"\1") == (1, Status.NOT_LOADED, b"")
        assert await pins.ask(2, Command.LOAD_BEGIN, IMAGE[:40]) == (2, Status.OK, b"\0\0")
        assert (ctx.get(dut.led_g), ctx.get(dut.led_r)) == (0, 0)
        assert await pins.ask(3, Command.LOAD, IMAGE[40:]) == (3, Status.OK, b"\1\0")
        assert (ctx.get(dut.led_g), ctx.get(dut.led_r)) == (1, 0)
        assert await pins.ask(4, Command.STEP, b"\1") == (4, Status.OK, b"\0")

    assert on_board(script) == WRITES


@pytest.mark.parametrize(
    ("mode", "chip"),
    [("byte", {"absent": True}), ("nibble", {"stuck": 0}), ("byte", {"stuck": 1}), ("nibble", {"busy_until": 1 << 60, "strict": False})],
)
def test_a_flash_that_does_not_answer(mode, chip):
    """Error 5; the UART loads what needs no flash."""

    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut) == (0, 1)
        assert (await greeting(pins))[:3] == (ERROR, LoadError.FLASH, 0)
        assert await pins.ask(1, Command.LOAD_BEGIN, IMAGE) == (1, Status.OK, b"\1\0")
        assert await pins.ask(2, Command.STEP, b"\1") == (2, Status.OK, b"\0")
        assert (await greeting(pins))[0] == LOADED

    assert on_board(script, content=IMAGE, mode=mode, **chip) == WRITES


def test_a_wrong_bit_in_flash_is_an_error():
    wrong = bytearray(IMAGE)
    wrong[-18] ^= 0x10  # of CONFIG

    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut) == (0, 1)
        assert (await greeting(pins))[:3] == (ERROR | READY, LoadError.SECTION_CRC, 2)
        assert await pins.ask(1, Command.FEED, b"a") == (1, Status.NOT_LOADED, b"")

    assert on_board(script, content=bytes(wrong)) != WRITES


@pytest.mark.parametrize(("mode", "clocks"), [("byte", 0), ("nibble", 100), ("nibble", 1200)])
def test_load_begin_ends_the_boot(mode, clocks):
    """A long image is on its way out of the flash, or will be; the host's own takes over, and the flash becomes ready for rows."""
    slow = image(section(0, 0, bytes(4000)))

    async def script(pins, dut, ctx, chip):
        await ctx.tick().repeat(clocks + 1)
        assert (await greeting(pins))[0] & ~READY == BOOTING
        assert await pins.ask(1, Command.LOAD, b"x") == (1, Status.BAD_COMMAND, b"")
        assert await pins.ask(2, Command.LOAD_BEGIN, IMAGE) == (2, Status.OK, b"\1\0")
        assert (await greeting(pins))[0] & ~READY == LOADED
        await ctx.tick().until(dut._flash.status.ready)
        assert (await greeting(pins))[0] == LOADED | READY

    assert on_board(script, content=slow, mode=mode)[-len(WRITES) :] == WRITES


def test_no_error_of_the_flash_after_load_begin():
    """The host has asked for another source: that the flash fails meanwhile is not its image's fault."""

    async def script(pins, dut, ctx, chip):
        assert await pins.ask(1, Command.LOAD_BEGIN, IMAGE[:40]) == (1, Status.OK, b"\0\0")
        await ctx.tick().repeat(2000)
        assert (await greeting(pins))[0] == 0
        assert await pins.ask(2, Command.LOAD, IMAGE[40:]) == (2, Status.OK, b"\1\0")

    assert on_board(script, absent=True) == WRITES


def test_a_bad_frame_at_the_pins():
    async def script(pins, dut, ctx, chip):
        await pins.send(frame(1, Command.STEP, b"\1")[:-1] + b"?")
        assert await pins.reply() == (0, Status.BAD_FRAME, b"")
        ctx.set(dut.uart_rx, 0)  # a break
        await ctx.tick().repeat(60)
        ctx.set(dut.uart_rx, 1)
        assert await pins.reply() == (0, Status.BAD_FRAME, b"")
        assert await pins.ask(1, Command.STEP, b"\2") == (1, Status.OK, b"\0\1")
        assert (await pins.ask(1, Command.HELLO))[2][7] == 2

    assert on_board(script, loaded=True, mode=None) == []


def test_loaded_wants_no_image():
    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut, limit=1) == (1, 0)
        assert await pins.ask(1, Command.STEP, b"\1") == (1, Status.OK, b"\0")
        assert (await greeting(pins))[0] & ~READY == LOADED

    assert on_board(script, loaded=True, content=IMAGE) == []


def test_a_board_without_a_flash_tier_waits_for_the_host():
    async def script(pins, dut, ctx, chip):
        assert await lit(ctx, dut, limit=500) == (0, 0)
        assert await greeting(pins) == (0, LoadError.NONE, 0, 0)
        assert await pins.ask(1, Command.SCRUB) == (1, Status.BAD_COMMAND, b"")
        assert await pins.ask(2, Command.LOAD_BEGIN, IMAGE) == (2, Status.OK, b"\1\0")
        assert await pins.ask(3, Command.STEP, b"\1") == (3, Status.OK, b"\0")

    assert on_board(script, mode=None) == WRITES


def test_the_core_is_in_reset_while_nothing_is_loaded():
    seen = []

    async def script(pins, dut, ctx, chip):
        await lit(ctx, dut)
        seen.append(await pins.ask(1, Command.STEP, b"\2"))
        seen.append(await pins.ask(2, Command.LOAD_BEGIN, image()))
        seen.append(await pins.ask(3, Command.STEP, b"\1"))

    on_board(script, content=IMAGE)
    assert seen == [(1, Status.OK, b"\0\1"), (2, Status.OK, b"\1\0"), (3, Status.OK, b"\0")]


@pytest.mark.parametrize("board", [*MODES.values(), PLAIN, *boards.BOARDS.values()], ids=lambda board: board.name)
def test_core_params(board):
    params = core_params(board)
    assert params.table_beats * board.lanes == board.tiers[0].size
    assert (params.width, params.anchor_words) == (isa.Width.of(board), board.anchor_words)
    assert params.far_bytes == (board.tiers[1].at_once if len(board.tiers) > 1 else 0)
