# amaranth: UnusedElaboratable=no
"""How long silences and answers may be that a link is made for, its watchdog, and what comes in the last clock in which it may: a symbol
before the watchdog, the end of a frame behind the end of a run."""

import pytest

from firmware.isa import Command, Status, Width
from hdl.link.link import Link

from ..board_models import frame
from .link_bench import GAP_BITS, talk
from .link_bench import WATCHDOG_BITS as SHORT_BITS

WATCHDOG_BITS = 12


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ({"gap_bits": 5}, "gap_bits must be 6..24, not 5"),
        ({"gap_bits": 25}, "gap_bits must be 6..24, not 25"),
        ({"gap_bits": 20, "watchdog_bits": 19}, "watchdog_bits must be 20..32, not 19"),
        ({"watchdog_bits": 33}, "watchdog_bits must be 16..32, not 33"),
    ],
)
def test_limits_of_its_times(bits, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Link(width=Width(), **bits)


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


@pytest.mark.parametrize("command", [Command.STEP, Command.READ])
def test_watchdog(command):
    async def script(host, dut, ctx):
        payload = b"\3" if command == Command.STEP else b"\0\0\0\3"
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, command, payload))
        await host.quiet((1 << SHORT_BITS) - 40)
        assert await host.reply() == (1, Status.FAULT, b"")
        ctx.set(dut.core.hang, 0)
        assert await host.ask(1, command, payload) == (1, Status.FAULT, b"")
        assert (await host.ask(2, Command.STEP, b"\2")) == (2, Status.OK, b"\0\1")

    talk(script, watchdog_bits=SHORT_BITS)


def test_watchdog_counts_single_steps():
    """A run may take as long as it likes; only one step may not."""

    async def script(host, dut, ctx):
        ctx.set(dut.core.delay, 255)
        assert await host.ask(1, Command.STEP, [12]) == (1, Status.OK, bytes(range(12)))

    talk(script, watchdog_bits=SHORT_BITS)


@pytest.mark.parametrize("later", [0, 1])
def test_a_run_after_a_long_silence_has_its_whole_time(later):
    """Between requests the watchdog's count goes on, and goes round: here it says in every other tick that the time is over."""

    async def script(host, dut, ctx):
        await ctx.tick().repeat(330 + later << GAP_BITS - 4)
        assert await host.ask(1, Command.STEP, b"\1") == (1, Status.OK, b"\0")

    talk(script, watchdog_bits=SHORT_BITS)


def test_a_host_that_takes_nothing_for_two_watchdogs():
    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, Command.STEP, b"\1"))
        await host.send(frame(2, Command.HELLO))
        await ctx.tick().repeat((2 << 12) + 200)
        assert await host.reply() == (2, Status.BUSY, b"")
        assert await host.reply() == (1, Status.FAULT, b"")

    talk(script, watchdog_bits=12)
