"""Every command of the link, and what a host must be able to rely on when things go wrong in between."""

from itertools import pairwise

import pytest

from firmware.isa import Command, LoadError, Status

from ..board_models import frame, get, header, image, section, seeded, simulate, words
from .link_bench import BYTE_CLOCKS, GAP_BITS, Host, LinkBench, talk

HELLO, LOAD_BEGIN, LOAD, FEED, STEP, READ, ABORT, SCRUB = (int(command) for command in Command)
OK, BAD_FRAME, BAD_COMMAND, NOT_LOADED, BUSY, ABORTED, FAULT = (int(status) for status in Status)


GREETING = bytes([3, 2, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0])  # version, P, lanes, loaded, code, section, capture, dropped, signature


@pytest.mark.parametrize("seed", [None, 1])
def test_commands(seed):
    """One of each, in a plain session and in one full of stalls."""
    rng = seeded(seed) if seed else None

    async def script(host, dut, ctx):
        assert await host.ask(9, HELLO) == (9, OK, GREETING)
        assert await host.ask(1, FEED, b"abc") == (1, OK, bytes(byte ^ 0x55 for byte in b"abc"))
        assert await host.ask(2, STEP, [4]) == (2, OK, bytes(range(4)))
        assert await host.ask(3, STEP, [1]) == (3, OK, b"\4")
        assert await host.ask(4, READ, [2, 0xFE, 0x03, 3]) == (4, OK, bytes.fromhex("fe23 ff23 0024"))
        assert await host.ask(5, READ, [0, 0xFF, 0x00, 2]) == (5, OK, bytes.fromhex("ff00 0001"))
        assert await host.ask(6, ABORT) == (6, OK, b"")
        assert await host.ask(7, STEP, [1]) == (7, OK, b"\5")  # an idle ABORT resets nothing
        await host.quiet()

    talk(script, rng=rng)


def test_longest_payloads():
    async def script(host, dut, ctx):
        symbols = seeded(2).randbytes(255)
        assert await host.ask(1, FEED, symbols) == (1, OK, bytes(byte ^ 0x55 for byte in symbols))
        _, status, payload = await host.ask(2, READ, [1, 0xC0, 0x03, 127])
        assert (status, len(payload)) == (OK, 254)
        assert [payload[at] | payload[at + 1] << 8 for at in range(0, 254, 2)] == [0x03C0 + at ^ 0x1000 for at in range(127)]
        assert await host.ask(3, STEP, [255]) == (3, OK, bytes(range(255)))

    talk(script)


def test_each_bit_of_a_length_counts():
    async def script(host, dut, ctx):
        for bit in range(8):
            symbols = seeded(bit).randbytes(1 << bit)
            assert await host.ask(bit, FEED, symbols) == (bit, OK, bytes(byte ^ 0x55 for byte in symbols))
        for bit in range(7):
            _, status, payload = await host.ask(8 + bit, READ, [1, 0, 0, 1 << bit])
            assert (status, len(payload)) == (OK, 2 << bit)

    talk(script)


def test_steps_run_back_to_back():
    dut, begins = LinkBench(), []

    async def script(ctx):
        ctx.set(dut.core.delay, 20)
        host = Host(ctx, dut)
        await host.ask(1, FEED, bytes(5))

    async def watch(ctx):
        step, clock = dut.core.step, 0
        async for _, _, valid, ready in ctx.tick().sample(step.valid, step.ready):
            clock += 1
            if valid and ready:
                begins.append(clock)

    simulate(dut, script, background=[watch])
    gaps = [after - before for before, after in pairwise(begins)]
    assert gaps == [24] * 4  # the delay, and 4 clocks from a step to the next


@pytest.mark.parametrize("seed", range(2))
def test_load(seed):
    rng = seeded(seed)
    parts = [(2, 3, rng.randbytes(200)), (3, 8, rng.randbytes(120)), (0x10, 0, b"{}  "), (5, 0, rng.randbytes(8))]
    data = image(*(section(*part) for part in parts))

    async def script(host, dut, ctx):
        assert await host.ask(1, STEP, [1]) == (1, NOT_LOADED, b"")
        assert await host.ask(2, FEED, b"x") == (2, NOT_LOADED, b"")
        assert await host.ask(200, READ, [0, 0, 0, 1]) == (200, NOT_LOADED, b"")
        sent, seq, command = 0, 3, LOAD_BEGIN
        while sent < len(data):
            piece = data[sent : sent + rng.randint(0, 255)]
            sent += len(piece)
            assert await host.ask(seq, command, piece) == (seq, OK, bytes([int(sent == len(data)), 0]))
            assert await host.ask(seq + 1, STEP, [1]) == (seq + 1, OK if sent == len(data) else NOT_LOADED, b"\0" * (sent == len(data)))
            seq, command = seq + 2, LOAD
        assert (await host.ask(0, HELLO))[2][3:5] == bytes([1, 0])
        assert await host.ask(seq, LOAD, b"more than the image") == (seq, OK, bytes([1, 0]))

    writes = talk(script, loaded=False)
    assert writes == [write for part in parts if part[0] != 0x10 for write in words(*part)]


def test_load_errors_are_told():
    async def script(host, dut, ctx):
        assert await host.ask(1, LOAD_BEGIN, header(version=9)) == (1, OK, bytes([2, LoadError.HEADER]))
        assert (await host.ask(0, HELLO))[2][3:5] == bytes([2, LoadError.HEADER])
        assert await host.ask(2, LOAD, section(0xFF)) == (2, OK, bytes([2, LoadError.HEADER]))
        assert await host.ask(3, STEP, [1]) == (3, NOT_LOADED, b"")
        assert await host.ask(7, LOAD_BEGIN, header() + b"\x07") == (7, OK, bytes([2, LoadError.SECTION]))  # judged in its last byte
        wrong = bytearray(image(section(2, 0, b"abcd")))
        wrong[26] ^= 4
        assert await host.ask(4, LOAD_BEGIN, wrong) == (4, OK, bytes([2, LoadError.SECTION_CRC]))
        assert await host.ask(5, LOAD_BEGIN, image(section(2, 0, b"abcd"))) == (5, OK, bytes([1, 0]))
        assert await host.ask(6, STEP, [1]) == (6, OK, b"\0")

    talk(script)


@pytest.mark.parametrize(("command", "payload", "clocks"), [(HELLO, b"", 36), (ABORT, b"", 24), (SCRUB, b"", 24), (STEP, b"\0", 26)])
def test_a_reply_begins_in_time(command, payload, clocks):
    """From the clock of the request's last byte on; docs/reference/blocks/link.md promises 40."""
    taken = [1] * BYTE_CLOCKS

    async def script(host, dut, ctx):
        await host.send(frame(1, command, payload))
        while not ctx.get(dut.o.valid):
            await ctx.tick()
            taken.append(1)

    talk(script)
    assert len(taken) == clocks


def test_a_frame_that_waits_at_the_watchdog_is_answered():
    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        for seq, command, payload in ((1, STEP, b"\3"), (2, STEP, b"\3"), (3, HELLO, b"")):
            await host.send(frame(seq, command, payload))
        await ctx.tick().repeat(1100)
        assert await host.reply() == (2, BUSY, b"")
        assert await host.reply() == (1, FAULT, b"")
        assert await host.reply(limit=600) == (3, OK, GREETING)

    talk(script, watchdog_bits=10)


def test_load_begin_resets_the_core():
    async def script(host, dut, ctx):
        assert await host.ask(1, STEP, [3]) == (1, OK, b"\0\1\2")
        assert await host.ask(2, LOAD_BEGIN, image()) == (2, OK, bytes([1, 0]))
        assert await host.ask(3, STEP, [1]) == (3, OK, b"\0")

    talk(script)


def test_load_is_refused_while_booting():
    async def script(host, dut, ctx):
        ctx.set(dut.flash.active, 1)
        assert await host.ask(1, LOAD, b"abc") == (1, BAD_COMMAND, b"")
        assert (await host.ask(0, HELLO))[2][3] == 4
        assert await host.ask(2, LOAD_BEGIN, image()) == (2, OK, bytes([1, 0]))

    talk(script, loaded=False)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (HELLO, b"x"),
        (FEED, b""),
        (STEP, b""),
        (STEP, b"\0"),
        (STEP, b"\1\1"),
        (READ, b"\0\0\0"),
        (READ, b"\0\0\0\1\0"),
        (READ, b"\0\0\0\0"),
        (READ, b"\0\0\0\x80"),
        (READ, b"\3\0\0\1"),
        (READ, b"\0\0\x08\1"),
        (READ, b"\0\0\x80\1"),
        (READ, b"\4\0\0\1"),
        (READ, b"\x80\0\0\1"),
        (ABORT, b"x"),
        (SCRUB, b"x"),
        (8, b""),
        (0x80, b""),
        (0xFC, b"\1"),
    ],
)
def test_bad_commands(command, payload):
    async def script(host, dut, ctx):
        assert await host.ask(1, command, payload) == (1, BAD_COMMAND, b"")
        assert await host.ask(2, STEP, b"\2") == (2, OK, b"\0\1")
        assert await host.dropped() == 0

    talk(script)


@pytest.mark.parametrize("seed", [None, 5])
def test_a_repeated_request_is_answered_but_not_executed(seed):
    async def script(host, dut, ctx):
        for seq, payload in ((1, b"\3"), (0, b"\2")):
            first = await host.ask(seq, STEP, payload)
            begun = ctx.get(dut.core.begun)
            for _ in range(3):
                assert await host.ask(seq, STEP, payload) == first
            assert await host.ask(seq, READ, b"\0\0\0\1") == first  # whatever it is: the seq alone counts
            assert ctx.get(dut.core.begun) == begun
        assert await host.ask(0, HELLO) == (0, OK, GREETING)
        assert await host.ask(0, STEP, b"\1") == (0, OK, b"\5")  # after HELLO no seq is known

    talk(script, rng=seeded(seed) if seed else None)


def test_the_first_seq_is_not_taken_for_a_repeat():
    async def script(host, dut, ctx):
        assert await host.ask(0, STEP, b"\1") == (0, OK, b"\0")

    talk(script)


def test_an_error_and_a_replay_keep_the_reply():
    """BAD_FRAME in between does not cost the kept reply."""

    async def script(host, dut, ctx):
        first = await host.ask(7, FEED, b"hello")
        wrong = bytearray(frame(7, FEED, b"hello"))
        wrong[6] ^= 1
        await host.send(wrong)
        assert await host.reply() == (0, BAD_FRAME, b"")
        assert await host.ask(7, FEED, b"hello") == first
        assert ctx.get(dut.core.begun) == 5

    talk(script)


def garbled(rng):
    """A wrong frame: (name, bytes, index of a byte with a framing error or None)."""
    good = frame(rng.randrange(256), rng.choice((STEP, FEED, LOAD)), rng.randbytes(rng.randint(1, 20)))
    flipped = bytearray(good)
    at = rng.randrange(len(good))
    flipped[at] ^= 1 << rng.randrange(8)
    yield f"bit of byte {at}", bytes(flipped), None
    yield "cut", good[: rng.randint(1, len(good) - 1)], None
    yield "framing", good, rng.randrange(len(good))
    dropped = bytearray(good)
    del dropped[rng.randrange(len(good))]
    yield "lost byte", bytes(dropped), None
    yield "crc swapped", good[:-2] + bytes([good[-1], good[-2] ^ 1]), None
    yield "noise", bytes([rng.choice((0, 1, 0x5A, 0xFF))]) + rng.randbytes(rng.randint(0, 30)), None


@pytest.mark.parametrize("seed", range(3))
def test_garbled_frames_are_dropped_counted_and_answered(seed):
    rng = seeded(seed)

    async def script(host, dut, ctx):
        for count, (name, data, error_at) in enumerate(garbled(rng), start=1):
            await host.send(data, error_at=error_at)
            assert await host.reply() == (0, BAD_FRAME, b""), name
            await host.quiet(3 << GAP_BITS)
            assert await host.dropped() == count, name
        assert ctx.get(dut.core.begun) == 0
        assert await host.ask(1, STEP, b"\2") == (1, OK, b"\0\1")

    assert talk(script) == []


@pytest.mark.parametrize("wrong", range(7))
def test_a_frame_is_dropped_wherever_it_ends_or_is_broken(wrong):
    """Cut off behind each of its bytes, and with a framing error in each."""
    data = frame(1, STEP, b"\1")

    async def script(host, dut, ctx):
        for count, part in enumerate(dict.fromkeys((data, data[: wrong + 1])), start=1):
            await host.send(part, error_at=wrong if part == data else None)
            assert await host.reply() == (0, BAD_FRAME, b"")
            await host.quiet(3 << GAP_BITS)
            assert await host.dropped() == count
        assert await host.ask(1, STEP, b"\1") == (1, OK, b"\0")

    talk(script)


def test_many_bad_frames_are_counted():
    async def script(host, dut, ctx):
        for _ in range(18):
            await host.send(b"\0")
            assert await host.reply() == (0, BAD_FRAME, b"")
        assert await host.dropped() == 18

    talk(script)


@pytest.mark.parametrize(("rest", "answer"), [(-24, (1, OK, b"\0")), (8, (0, BAD_FRAME, b""))])
def test_silence_inside_a_frame(rest, answer):
    """Up to 2^gap_bits - 1 clocks are patience, more is the end of the frame."""

    async def script(host, dut, ctx):
        data = frame(1, STEP, b"\1")
        await host.send(data[:3])
        await ctx.tick().repeat((1 << GAP_BITS) + rest)
        await host.send(data[3:])
        assert await host.reply() == answer

    talk(script)


def test_busy():
    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, FEED, b"abc"))
        assert await host.ask(2, STEP, b"\1") == (2, BUSY, b"")
        assert await host.ask(1, FEED, b"abc") == (1, BUSY, b"")
        assert await host.ask(3, LOAD_BEGIN, bytes(200)) == (3, BUSY, b"")
        await host.send(b"\xa5what")
        assert await host.reply() == (0, BAD_FRAME, b"")
        ctx.set(dut.core.hang, 0)
        assert await host.reply() == (1, OK, bytes(byte ^ 0x55 for byte in b"abc"))
        assert await host.ask(1, FEED, b"abc") == (1, OK, bytes(byte ^ 0x55 for byte in b"abc"))
        assert ctx.get(dut.core.begun) == 3

    assert talk(script, rng=seeded(4)) == []


@pytest.mark.parametrize("delay", [0, 1, 2, 3, 6])
def test_busy_costs_no_step(delay):
    """Whatever the clock in which BUSY is begun, the steps go on one by one."""

    async def script(host, dut, ctx):
        ctx.set(dut.core.delay, delay)
        symbols = seeded(delay).randbytes(255)
        await host.send(frame(1, FEED, symbols))
        replies = []
        while not replies or replies[-1][1] == BUSY:
            await host.send(frame(2, HELLO, bytes(len(replies) % 3)))
            replies.append(await host.reply())
        assert len(replies) > 3
        assert replies[-1] == (1, OK, bytes(byte ^ 0x55 for byte in symbols))
        assert ctx.get(dut.core.begun) == 255

    talk(script)


def test_a_frame_that_outlasts_the_run_is_busy():
    """Its payload can't be stored while the run reads its own: it is refused, and not executed."""

    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, FEED, b"ab"))
        late = frame(2, FEED, b"cdefgh")
        await host.send(late[:6])
        ctx.set(dut.core.hang, 0)
        assert await host.reply(limit=200) == (1, OK, b"\x34\x37")
        await host.send(late[6:])
        assert await host.reply() == (2, BUSY, b"")
        assert await host.ask(2, FEED, b"cdefgh") == (2, OK, bytes(byte ^ 0x55 for byte in b"cdefgh"))

    talk(script)


@pytest.mark.parametrize("finished", [0, 2])
def test_abort(finished):
    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, int(finished == 0))
        ctx.set(dut.core.delay, 200)
        await host.send(frame(1, STEP, b"\x09"))
        while ctx.get(dut.core.begun) < finished + 1:
            await ctx.tick()
        ctx.set(dut.core.hang, 1)
        await host.send(frame(2, ABORT))
        done = bytes(range(finished))
        assert await host.reply() == (1, ABORTED, done)
        await host.quiet()
        ctx.set(dut.core.hang, 0)
        assert await host.ask(1, STEP, b"\x09") == (1, ABORTED, done)  # the reply that is kept
        ctx.set(dut.core.delay, 5)
        assert await host.ask(3, STEP, b"\2") == (3, OK, b"\0\1")  # the core was reset

    talk(script)


def test_abort_while_busy_is_being_said():
    async def script(host, dut, ctx):
        ctx.set(dut.core.hang, 1)
        await host.send(frame(1, STEP, b"\x09"))
        await host.send(frame(2, STEP, b"\x09"))
        await host.send(frame(3, ABORT))  # BUSY is still waiting for the host to take it
        assert await host.reply() == (2, BUSY, b"")
        assert await host.reply() == (1, ABORTED, b"")

    talk(script)


@pytest.mark.parametrize("wrong", [(1, OK, b"\1"), (2, OK, b"\0"), (1, BUSY, b"\0"), None])
def test_a_wrong_reply_would_be_seen(wrong):
    async def script(host, dut, ctx):
        assert await host.ask(1, STEP, b"\1") != wrong

    talk(script)


def test_a_wrong_crc_would_be_seen():
    dut = LinkBench()

    async def script(ctx):
        host = Host(ctx, dut)
        await host.send(frame(1, STEP, b"\1"))
        await get(ctx, dut.o)  # one byte is lost
        with pytest.raises(AssertionError):
            await host.reply()

    simulate(dut, script)
