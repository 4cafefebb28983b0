"""The whole board side at its pins: boot from a sleeping flash, then the UART; with a scripted core."""

import pytest

import boards
from firmware.isa import Command, LoadError, Status
from hdl.system import System, core_params
from sim.flash_model import FlashModel

from .board_models import ScriptedCore, crc16, frame, image, section, seeded, simulate, words

BOARD = boards.get("icebreaker")
BIT = 4
WAKE = 15

SECTIONS = [(2, 0, seeded(1).randbytes(24)), (0, 77, seeded(2).randbytes(16)), (5, 1, b"\x34\x12")]
IMAGE = image(*(section(*part) for part in SECTIONS))
WRITES = [write for part in SECTIONS for write in words(*part)]


class Pins:
    """A host at the UART's pins, in a testbench: bytes in and out, whole frames checked."""

    def __init__(self, ctx, dut):
        self.ctx, self.dut = ctx, dut

    async def send(self, data):
        for byte in data:
            for bit in [0, *(byte >> at & 1 for at in range(8)), 1]:
                self.ctx.set(self.dut.uart_rx, bit)
                await self.ctx.tick().repeat(BIT)

    async def byte(self, limit):
        for _ in range(limit):
            *_, level = await self.ctx.tick().sample(self.dut.uart_tx)
            if not level:
                break
        else:
            return None
        await self.ctx.tick().repeat(BIT // 2)
        bits = []
        for _ in range(9):
            await self.ctx.tick().repeat(BIT - 1)
            *_, level = await self.ctx.tick().sample(self.dut.uart_tx)
            bits.append(level)
        assert bits[8] == 1
        return sum(bit << at for at, bit in enumerate(bits[:8]))

    async def ask(self, seq, command, payload=b"", *, limit=4000):
        await self.send(frame(seq, command, payload))
        return await self.reply(limit=limit)

    async def reply(self, *, limit=4000):
        data = bytearray()
        while len(data) < 4 or len(data) < 6 + data[3]:
            byte = await self.byte(limit)
            if byte is None:
                return bytes(data)
            data.append(byte)
        assert data[0] == 0x5A
        assert crc16(data[1:-2]) == int.from_bytes(data[-2:], "little")
        return data[1], data[2], bytes(data[4:-2])


def on_board(script, *, content=IMAGE, wake_time=WAKE, loaded=False, chip=None):
    """Runs ``script(pins, dut, ctx)`` beside the flash; returns what was written on the load bus."""
    core = ScriptedCore()
    dut = System(BOARD, core=core, loaded=loaded, bit_clocks=BIT, pause_bits=4, gap_bits=8, watchdog_bits=12)
    chip = chip or FlashModel(content, offset=BOARD.image_offset, wake_time=wake_time)
    writes = []

    async def bench(ctx):
        await ctx.tick()
        await script(Pins(ctx, dut), dut, ctx)

    async def flash(ctx):
        bus, now = core.load, 0
        while True:
            ctx.set(dut.flash_cipo, chip.pins(ctx.get(dut.flash_cs_n), ctx.get(dut.flash_clk), ctx.get(dut.flash_copi), now=now))
            _, _, strobe, *write = await ctx.tick().sample(bus.strobe, bus.space, bus.address, bus.data)
            now += 1
            if strobe:
                writes.append(tuple(write))

    simulate(dut, bench, background=[flash])
    return writes


async def lit(ctx, dut, *, limit=6000):
    """Waits for an LED; returns (green, red)."""
    for _ in range(limit):
        if ctx.get(dut.led_g) or ctx.get(dut.led_r):
            break
        await ctx.tick()
    return ctx.get(dut.led_g), ctx.get(dut.led_r)


def test_boots_and_runs():
    async def script(pins, dut, ctx):
        assert await lit(ctx, dut) == (1, 0)
        assert await pins.ask(1, Command.HELLO) == (1, Status.OK, bytes([1, 2, 8, 1, 0, 0, 0]))
        assert ctx.get(dut.flash_cs_n) == 1
        assert await pins.ask(1, Command.STEP, b"\3") == (1, Status.OK, b"\0\1\2")
        assert await pins.ask(2, Command.FEED, b"hi") == (2, Status.OK, bytes(byte ^ 0x55 for byte in b"hi"))
        assert await pins.ask(3, Command.READ, b"\1\2\3\1") == (3, Status.OK, b"\x02\x13")

    assert on_board(script) == WRITES


def test_a_blank_flash_lights_the_red_led_and_load_clears_it():
    async def script(pins, dut, ctx):
        assert await lit(ctx, dut) == (0, 1)
        assert await pins.ask(0, Command.HELLO) == (0, Status.OK, bytes([1, 2, 8, 2, LoadError.HEADER, 0, 0]))
        assert await pins.ask(1, Command.STEP, b"\1") == (1, Status.NOT_LOADED, b"")
        assert await pins.ask(2, Command.LOAD_BEGIN, IMAGE[:40]) == (2, Status.OK, b"\0\0")
        assert (ctx.get(dut.led_g), ctx.get(dut.led_r)) == (0, 0)
        assert await pins.ask(3, Command.LOAD, IMAGE[40:]) == (3, Status.OK, b"\1\0")
        assert (ctx.get(dut.led_g), ctx.get(dut.led_r)) == (1, 0)
        assert await pins.ask(4, Command.STEP, b"\1") == (4, Status.OK, b"\0")

    assert on_board(script, content=b"") == WRITES


def test_no_flash():
    class Nothing:
        def pins(self, cs_n, clk, copi, *, now):
            return 1

    async def script(pins, dut, ctx):
        assert await lit(ctx, dut) == (0, 1)
        assert await pins.ask(0, Command.HELLO) == (0, Status.OK, bytes([1, 2, 8, 2, LoadError.FLASH, 0, 0]))

    assert on_board(script, chip=Nothing()) == []


def test_a_wrong_bit_in_flash_is_an_error():
    wrong = bytearray(IMAGE)
    wrong[30] ^= 0x10

    async def script(pins, dut, ctx):
        assert await lit(ctx, dut) == (0, 1)
        assert (await pins.ask(0, Command.HELLO))[2][4] == LoadError.SECTION_CRC
        assert await pins.ask(1, Command.FEED, b"a") == (1, Status.NOT_LOADED, b"")

    assert on_board(script, content=bytes(wrong)) != WRITES


def test_load_begin_ends_the_boot():
    """A long image is on its way out of the flash; the host's own takes over."""
    slow = image(section(0, 0, bytes(4000)))

    async def script(pins, dut, ctx):
        assert (await pins.ask(0, Command.HELLO))[2][3] == 4
        assert await pins.ask(1, Command.LOAD, b"x") == (1, Status.BAD_COMMAND, b"")
        assert await pins.ask(2, Command.LOAD_BEGIN, IMAGE) == (2, Status.OK, b"\1\0")
        assert ctx.get(dut.flash_cs_n) == 1
        assert (await pins.ask(0, Command.HELLO))[2][3] == 1

    assert on_board(script, content=slow)[-len(WRITES) :] == WRITES


def test_a_bad_frame_at_the_pins():
    async def script(pins, dut, ctx):
        await pins.send(frame(1, Command.STEP, b"\1")[:-1] + b"?")
        assert await pins.reply() == (0, Status.BAD_FRAME, b"")
        ctx.set(dut.uart_rx, 0)  # a break
        await ctx.tick().repeat(15 * BIT)
        ctx.set(dut.uart_rx, 1)
        assert await pins.reply() == (0, Status.BAD_FRAME, b"")
        assert await pins.ask(1, Command.STEP, b"\2") == (1, Status.OK, b"\0\1")
        assert (await pins.ask(1, Command.HELLO))[2][5] == 2

    assert on_board(script, loaded=True) == []


def test_loaded_needs_no_flash():
    async def script(pins, dut, ctx):
        assert await lit(ctx, dut, limit=1) == (1, 0)
        assert await pins.ask(1, Command.STEP, b"\1") == (1, Status.OK, b"\0")
        assert ctx.get(dut.flash_cs_n) == 1

    assert on_board(script, loaded=True, content=b"") == []


def test_the_core_is_in_reset_while_nothing_is_loaded():
    seen = []

    async def script(pins, dut, ctx):
        await lit(ctx, dut)
        seen.append(await pins.ask(1, Command.STEP, b"\2"))
        seen.append(await pins.ask(2, Command.LOAD_BEGIN, image()))
        seen.append(await pins.ask(3, Command.STEP, b"\1"))

    on_board(script)
    assert seen == [(1, Status.OK, b"\0\1"), (2, Status.OK, b"\1\0"), (3, Status.OK, b"\0")]


@pytest.mark.parametrize("name", sorted(boards.BOARDS))
def test_core_params(name):
    board = boards.get(name)
    params = core_params(board)
    assert params.table_beats * 8 == board.tiers[0].size
    assert (params.comparators, params.anchor_words) == (board.comparators, board.anchor_words)
