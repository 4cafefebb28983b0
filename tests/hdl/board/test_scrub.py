"""Scrubbing at the pins: the flash is read through by its CRCs while the core rests, and a damaged section is named."""

import pytest

from firmware.isa import Command, Kind, LoadError, Status

from ..board_models import image, section, seeded, words
from .system_bench import lit, on_board

LOADED, ERROR, BOOTING, READY = 1, 2, 4, 8
PARTS = [
    (Kind.PROGRAM, 0, seeded(1).randbytes(16)),
    (Kind.REST, 0, b""),
    (Kind.PAD, 0, b"\xff" * 6),
    (Kind.FLASH, 0x80040, seeded(2).randbytes(32)),
    (Kind.FLASH, 0x80060, seeded(3).randbytes(16)),
]
IMAGE = image(*(section(*part) for part in PARTS))
LOADABLE = IMAGE[: 16 + 28 + 12]  # up to REST
WRITES = words(*PARTS[0])
ENDS = [16]
for part in [*PARTS, (0xFF, 0, b"")]:
    ENDS.append(ENDS[-1] + 12 + len(part[2]))


async def state(pins):
    """(state, code, section) of a HELLO; of the state its four lowest bits."""
    _, status, payload = await pins.ask(0, Command.HELLO)
    assert status == Status.OK
    return payload[3] & 15, *payload[4:6]


async def scrub(pins):
    """Scrubs and waits for the end; the last state and the sections named on the way."""
    assert await pins.ask(1, Command.SCRUB) == (1, Status.OK, b"")
    sections = []
    for _ in range(30):
        now = await state(pins)
        sections.append(now[2])
        if not now[0] & BOOTING:
            return now, sections
        assert now == (BOOTING | now[0] & READY, LoadError.NONE, now[2])
    raise AssertionError("the scrub does not end")


@pytest.mark.parametrize("mode", ["byte", "nibble", 1, 2])
def test_scrub_goes_through_all_sections(mode):
    async def script(pins, dut, ctx, chip):
        await lit(ctx, dut)
        assert (await state(pins)) == (LOADED | READY, LoadError.NONE, 1)
        assert await pins.ask(2, Command.STEP, b"\2") == (2, Status.OK, b"\0\1")
        end, sections = await scrub(pins)
        assert end == (LOADED | READY, LoadError.NONE, 5)
        assert sections == sorted(sections)
        assert len(set(sections)) > 2
        assert await pins.ask(3, Command.STEP, b"\2") == (3, Status.OK, b"\0\1")  # the core was in reset

    assert on_board(script, content=IMAGE, mode=mode) == WRITES  # loaded once, scrubbed without a write


@pytest.mark.parametrize(("number", "mode"), [(0, "nibble"), (3, "nibble"), (5, "nibble"), (3, 1), (3, 2)])
def test_a_flipped_bit_is_named_by_its_section(number, mode):
    rng = seeded(number)

    async def script(pins, dut, ctx, chip):
        await lit(ctx, dut)
        byte, bit = rng.randrange(ENDS[number] + 8, ENDS[number + 1]), 1 << rng.randrange(8)
        chip.protocol.content[byte] ^= bit
        end, _ = await scrub(pins)
        assert end == (ERROR | READY, LoadError.SECTION_CRC, number)
        assert (ctx.get(dut.led_g), ctx.get(dut.led_r)) == (0, 1)
        assert await pins.ask(2, Command.STEP, b"\1") == (2, Status.NOT_LOADED, b"")
        chip.protocol.content[byte] ^= bit
        assert (await scrub(pins))[0] == (LOADED | READY, LoadError.NONE, 5)
        assert await pins.ask(3, Command.STEP, b"\1") == (3, Status.OK, b"\0")

    assert on_board(script, content=IMAGE, mode=mode) == WRITES


def test_a_blank_flash():
    async def script(pins, dut, ctx, chip):
        assert (await scrub(pins))[0] == (ERROR | READY, LoadError.HEADER, 0)

    assert on_board(script, loaded=True, mode="nibble") == []


@pytest.mark.parametrize("mode", ["nibble", 1, 2])
def test_a_flash_that_is_gone_at_the_scrub(mode):
    async def script(pins, dut, ctx, chip):
        await lit(ctx, dut)
        chip._absent = True
        assert (await scrub(pins))[0] == (ERROR, LoadError.FLASH, 0)
        chip._absent = False
        assert (await scrub(pins))[0] == (LOADED | READY, LoadError.NONE, 5)

    assert on_board(script, content=IMAGE, mode=mode) == WRITES


def test_a_scrub_loads_nothing():
    """What the UART has not loaded whole is not there, however sound the flash."""

    async def script(pins, dut, ctx, chip):
        assert await pins.ask(2, Command.LOAD_BEGIN, LOADABLE[:40]) == (2, Status.OK, b"\0\0")
        assert (await scrub(pins))[0] == (ERROR | READY, LoadError.NONE, 5)
        assert await pins.ask(2, Command.STEP, b"\1") == (2, Status.NOT_LOADED, b"")
        assert await pins.ask(3, Command.LOAD_BEGIN, LOADABLE) == (3, Status.OK, b"\1\0")
        assert (await scrub(pins))[0] == (LOADED | READY, LoadError.NONE, 5)

    on_board(script, content=IMAGE, mode="nibble")


def test_scrub_while_booting_and_load_while_scrubbing():
    async def script(pins, dut, ctx, chip):
        assert await pins.ask(1, Command.SCRUB) == (1, Status.BAD_COMMAND, b"")
        await lit(ctx, dut)
        assert await pins.ask(2, Command.SCRUB) == (2, Status.OK, b"")
        assert await pins.ask(3, Command.SCRUB) == (3, Status.BAD_COMMAND, b"")
        assert await pins.ask(4, Command.LOAD, b"x") == (4, Status.BAD_COMMAND, b"")
        assert await pins.ask(5, Command.STEP, b"\1") == (5, Status.NOT_LOADED, b"")
        assert await pins.ask(6, Command.LOAD_BEGIN, LOADABLE) == (6, Status.OK, b"\1\0")
        await ctx.tick().until(dut._flash.status.ready)
        assert await state(pins) == (LOADED | READY, LoadError.NONE, 1)

    slow = image(section(*PARTS[0]), section(Kind.REST), section(Kind.FLASH, 0, bytes(2000)))
    on_board(script, content=slow, mode="nibble")


NAME = b"\x0d\xf0\xad\xde"
NAMED = image(section(*PARTS[0]), section(Kind.SIGNATURE, 0, NAME), *(section(*part) for part in PARTS[1:]))
NAMED_LOADABLE = NAMED[: 16 + 28 + 16 + 12]


async def signature(pins):
    """The signature of what is loaded, and whether the flash is known to hold the same."""
    _, status, payload = await pins.ask(0, Command.HELLO)
    assert (status, payload[3] & (LOADED | ERROR | BOOTING)) == (Status.OK, LOADED)
    return payload[8:], payload[3] >> 4


def test_the_signature_of_what_is_loaded_is_told():
    """From the flash, by the line with and without one, and after scrubs of a flash that holds the same and another."""

    async def script(pins, dut, ctx, chip):
        await lit(ctx, dut)
        assert await signature(pins) == (NAME, 1)
        assert await pins.ask(2, Command.LOAD_BEGIN, image(section(Kind.STORE, 0, b"ab"))) == (2, Status.OK, b"\1\0")
        assert await signature(pins) == (NAME, 1)
        assert await pins.ask(3, Command.LOAD_BEGIN, LOADABLE) == (3, Status.OK, b"\1\0")
        assert await signature(pins) == (bytes(4), 0)
        await scrub(pins)
        assert await signature(pins) == (bytes(4), 0)
        assert await pins.ask(4, Command.LOAD_BEGIN, NAMED_LOADABLE) == (4, Status.OK, b"\1\0")
        assert await signature(pins) == (NAME, 0)
        await scrub(pins)
        assert await signature(pins) == (NAME, 1)

    on_board(script, content=NAMED, mode="byte")
