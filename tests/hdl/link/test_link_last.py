"""What comes in the last clock in which it may: a symbol before the watchdog, the end of a frame behind the end of a run."""

import pytest

from firmware.isa import Command, Status

from ..board_models import frame
from .link_bench import talk

WATCHDOG_BITS = 12


def hung(*, released):
    """Two steps of a core that hangs for so many clocks: the reply, and the clock in which the core is reset, from the request on."""
    replies, resets = [], []

    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, Command.STEP, b"\2"))
        for clock in range(2 << WATCHDOG_BITS):
            ctx.set(dut.core.hang, int(clock < released))
            if ctx.get(dut.link.core_reset):
                resets.append(clock)
                break
            if ctx.get(dut.o.valid):
                break
            await ctx.tick()
        replies.append(await host.reply())

    talk(script, watchdog_bits=WATCHDOG_BITS)
    return replies[0], resets


def test_a_symbol_in_the_last_clock_counts_and_the_run_goes_on():
    reply, (reset,) = hung(released=2 << WATCHDOG_BITS)
    assert reply == (1, Status.FAULT, b"")
    found = [hung(released=reset - early) for early in range(4, 0, -1)]
    counted = [one for one in found if one == ((1, Status.OK, b"\0\1"), [])]
    late = [one for one in found if one == ((1, Status.FAULT, b""), [reset])]
    assert counted
    assert late
    assert found == counted + late


@pytest.mark.parametrize("at", [4, 5])
def test_a_frame_without_payload_that_outlasts_the_run_is_executed(at):
    """There is nothing in it that the run's payload could be in the way of."""

    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, Command.FEED, b"ab"))
        late = frame(2, Command.HELLO)
        await host.send(late[:at])
        ctx.set(dut.core.hang, 0)
        assert await host.reply(limit=200) == (1, Status.OK, b"\x34\x37")
        await host.send(late[at:])
        seq, status, _ = await host.reply()
        assert (seq, status) == (2, Status.OK)

    talk(script)
