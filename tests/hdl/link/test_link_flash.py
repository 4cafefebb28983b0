"""What the link says of the flash, and the scrub command."""

import pytest

from firmware.isa import Command, LoadError, Status

from ..board_models import frame, image, section, simulate
from .link_bench import Host, LinkBench, talk

HELLO, _, LOAD, FEED, STEP, _, _, SCRUB = (int(command) for command in Command)
OK, _, BAD_COMMAND, NOT_LOADED, BUSY, _, _ = (int(status) for status in Status)


def test_the_flash_is_told_of():
    async def script(host, dut, ctx):
        for ready, capture, number, loading in ((1, 2, 7, 0), (0, 3, 0xA5, 1), (1, 1, 0xFF, 1)):
            for port, value in ((dut.flash.ready, ready), (dut.flash.capture, capture), (dut.section, number), (dut.flash.active, loading)):
                ctx.set(port, value)
            assert await host.ask(0, HELLO) == (0, OK, bytes([3, 2, 8, 1 | loading << 2 | ready << 3, 0, number, capture, 0, *bytes(4)]))

    talk(script)


@pytest.mark.parametrize("same", [0, 1])
def test_the_signature_is_told(same):
    async def script(host, dut, ctx):
        ctx.set(dut.image_signature, 0x12345678)
        ctx.set(dut.same, same)
        assert await host.ask(0, HELLO) == (0, OK, bytes([3, 2, 8, 1 | same << 4, 0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12]))
        assert await host.ask(4, LOAD, b"x") == (4, OK, b"\1\0")  # LOAD's reply has nothing of it

    talk(script)


def test_scrub():
    """Answered at once; then nothing is loaded until the image has passed."""

    async def script(host, dut, ctx):
        assert await host.ask(1, STEP, [2]) == (1, OK, b"\0\1")
        assert await host.ask(2, SCRUB) == (2, OK, b"")
        assert (await host.ask(0, HELLO))[2][3:5] == bytes([0, 0])
        assert await host.ask(3, STEP, [1]) == (3, NOT_LOADED, b"")
        image_of_flash = image(section(0, 0, b"ab"), section(0x11), section(0x13, 0xA0000, b"abcd"))
        assert await host.ask(4, LOAD, image_of_flash) == (4, OK, b"\1\0")  # here the host stands in for the flash
        assert await host.ask(5, STEP, [1]) == (5, OK, b"\2")
        assert await host.ask(6, SCRUB) == (6, OK, b"")
        assert await host.ask(6, SCRUB) == (6, OK, b"")  # not executed again
        assert await host.ask(7, LOAD, image_of_flash[:-1] + b"?") == (7, OK, bytes([2, LoadError.SECTION_CRC]))
        assert await host.ask(8, STEP, [1]) == (8, NOT_LOADED, b"")

    assert talk(script) == []


def test_scrub_is_not_executed_again():
    dut, scrubs = LinkBench(), []

    async def script(ctx):
        host = Host(ctx, dut)
        for _ in range(3):
            assert await host.ask(1, SCRUB) == (1, OK, b"")

    async def watch(ctx):
        async for _, _, scrub in ctx.tick().sample(dut.link.scrub):
            scrubs.append(scrub)

    simulate(dut, script, background=[watch])
    assert sum(scrubs) == 1


@pytest.mark.parametrize(("booting", "flash"), [(1, True), (0, False)])
def test_scrub_is_refused(booting, flash):
    async def script(host, dut, ctx):
        ctx.set(dut.flash.active, booting)
        assert await host.ask(1, SCRUB) == (1, BAD_COMMAND, b"")
        assert await host.ask(2, STEP, [1]) == (2, OK, b"\0")

    talk(script, flash=flash)


def test_scrub_is_busy_while_steps_run():
    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, FEED, b"abc"))
        assert await host.ask(2, SCRUB) == (2, BUSY, b"")
        ctx.set(dut.core.hang, 0)
        assert await host.reply() == (1, OK, bytes(byte ^ 0x55 for byte in b"abc"))
        assert await host.ask(3, STEP, [1]) == (3, OK, b"\0")

    talk(script)
