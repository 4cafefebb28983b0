"""The link with several scripted cores: whose step, whose symbol, whose word, and what is refused."""

import pytest

from firmware.isa import Command, LoadError, Status

from ..board_models import frame, image, section, seeded, simulate, words
from .link_bench import BYTE_CLOCKS, WATCHDOG_BITS, Host, LinkBench

HELLO, LOAD_BEGIN, LOAD, FEED, STEP, READ, ABORT, SCRUB = (int(command) for command in Command)
OK, BAD_FRAME, BAD_COMMAND, NOT_LOADED, BUSY, ABORTED, FAULT = (int(status) for status in Status)
ALL = 0xF0


def talk(script, *, cores, rng=None, delays=None, **options):
    """Runs ``script(host, dut, ctx)``; the cores' words are marked with 0x100 times their number, their steps take ``delays``."""
    dut = LinkBench(cores=cores, **options)

    async def bench(ctx):
        for number, core in enumerate(dut.cores):
            ctx.set(core.mark, number << 8)
            ctx.set(core.delay, delays[number] if delays else 5)
        await script(Host(ctx, dut, rng=rng), dut, ctx)

    simulate(dut, bench)


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("cores", [2, 4])
def test_each_core_and_all(cores, seed):
    rng = seeded(seed) if seed else None
    last = cores - 1

    async def script(host, dut, ctx):
        version, comparators, lanes, *_ = (await host.ask(9, HELLO))[2]
        assert (version, comparators, lanes) == (3, 2, 8 | (cores.bit_length() - 1) << 6)
        assert await host.ask(1, STEP | last << 4, [3]) == (1, OK, b"\0\1\2")
        assert await host.ask(2, STEP, [2]) == (2, OK, b"\0\1")
        free = [2, *[0] * (cores - 2), 3]
        assert await host.ask(3, STEP | ALL, [2 * cores]) == (3, OK, bytes(free + [count + 1 for count in free]))
        assert await host.ask(4, STEP | ALL, [cores + 1]) == (4, OK, bytes([*(count + 2 for count in free), free[0] + 3]))
        assert await host.ask(5, FEED | ALL, b"abcde") == (5, OK, bytes(byte ^ 0x55 for byte in b"abcde"))
        assert await host.ask(6, FEED | 1 << 4, b"xyz") == (6, OK, bytes(byte ^ 0x55 for byte in b"xyz"))
        for core in range(cores):
            begun = 3 * (core == last) + 2 * (core == 0) + 2 + 1 + (core == 0) + len(range(core, 5, cores)) + 3 * (core == 1)
            assert ctx.get(dut.cores[core].begun) == begun
            assert await host.ask(10 + core, READ | core << 4, [0, 5, 0, 2]) == (10 + core, OK, bytes([5, core, 6, core]))
        await host.quiet()

    talk(script, cores=cores, rng=rng)


def test_cores_run_at_the_same_time():
    """255 symbols of cores of unlike speed, in order; the time is that of the slowest."""
    symbols, clocks = seeded(3).randbytes(255), {}

    async def script(host, dut, ctx):
        for seq, (name, command) in enumerate((("all", FEED | ALL), ("one", FEED))):
            await host.send(frame(seq, command, symbols))
            clocks[name] = 0
            while not ctx.get(dut.o.valid):
                await ctx.tick()
                clocks[name] += 1
            assert await host.reply() == (seq, OK, bytes(byte ^ 0x55 for byte in symbols))

    talk(script, cores=4, delays=[30, 10, 25, 3])
    assert clocks["all"] < 1.15 * clocks["one"] / 4 + 30


@pytest.mark.parametrize("command", [FEED, STEP, READ])
def test_a_core_that_there_is_not(command):
    async def script(host, dut, ctx):
        payload = [0, 0, 0, 1] if command == READ else [1]
        for core in range(16):
            good = core < 2 or (core == 15 and command != READ)
            _, status, _ = await host.ask(core + 1, command | core << 4, payload)
            assert status == (OK if good else BAD_COMMAND)

    talk(script, cores=2)


@pytest.mark.parametrize("command", [HELLO, LOAD_BEGIN, LOAD, ABORT, SCRUB])
def test_commands_for_no_core(command):
    async def script(host, dut, ctx):
        for core in (1, 2, 8, 15):
            assert await host.ask(core, command | core << 4) == (core, BAD_COMMAND, b"")
        for unknown in range(8, 16):
            assert await host.ask(100 + unknown, unknown) == (100 + unknown, BAD_COMMAND, b"")
        assert await host.ask(30, STEP, [1]) == (30, OK, b"\0")

    talk(script, cores=2)


def test_one_core_knows_no_others():
    async def script(host, dut, ctx):
        for command in (STEP | 1 << 4, STEP | ALL):
            assert await host.ask(command, command, [1]) == (command, BAD_COMMAND, b"")

    talk(script, cores=1)


@pytest.mark.parametrize("after", [0, 7, 40, 90, 133])
def test_abort_resets_all(after):
    """Whatever is under way, the reply has a beginning of the symbols, and what follows is as from reset."""

    async def script(host, dut, ctx):
        assert await host.ask(1, STEP | ALL, [4]) == (1, OK, b"\0\0\1\1")
        await host.send(frame(2, STEP | ALL, [255]))
        await ctx.tick().repeat(2 + after)
        await host.send(frame(3, ABORT))
        seq, status, finished = await host.reply()
        assert (seq, status) == (2, ABORTED)
        assert finished == bytes(2 + at // 2 for at in range(len(finished)))
        assert await host.ask(4, STEP | 1 << 4, [2]) == (4, OK, b"\0\1")
        assert await host.ask(5, FEED | ALL, b"ab") == (5, OK, bytes(byte ^ 0x55 for byte in b"ab"))
        assert await host.ask(6, STEP | ALL, [4]) == (6, OK, b"\0\2\1\3")

    talk(script, cores=2, delays=[9, 14])


@pytest.mark.parametrize("stuck", [0, 1])
def test_a_core_that_hangs_ends_all(stuck):
    async def script(host, dut, ctx):
        assert await host.ask(1, STEP | ALL, [2]) == (1, OK, b"\0\0")
        ctx.set(dut.cores[stuck].hang, 1)
        assert await host.ask(2, STEP | ALL, [6]) == (2, FAULT, b"\1" * stuck)
        ctx.set(dut.cores[stuck].hang, 0)
        assert await host.ask(3, STEP | ALL, [4]) == (3, OK, b"\0\0\1\1")

    talk(script, cores=2, watchdog_bits=WATCHDOG_BITS)


def test_busy_while_all_run():
    async def script(host, dut, ctx):
        await host.send(frame(1, STEP | ALL, [40]))
        await ctx.tick().repeat(BYTE_CLOCKS)
        assert await host.ask(2, HELLO) == (2, BUSY, b"")
        assert await host.reply() == (1, OK, bytes(at // 2 for at in range(40)))

    talk(script, cores=2, delays=[60, 60])


def test_a_load_reaches_all_or_one():
    parts = [(0, 7, b"abcd"), (3, 16, b"efgh"), (3, 1 << 13 | 8, b"ijkl"), (3, 2 << 13 | 8, b"mnop"), (5, 2 << 13 | 3, b"qr")]
    dut, writes = LinkBench(cores=2, loaded=False), [[], []]

    async def script(ctx):
        host = Host(ctx, dut)
        assert await host.ask(1, LOAD_BEGIN, image(*(section(*part) for part in parts))) == (1, OK, bytes([1, 0]))
        for seq, wrong in ((2, section(3, 3 << 13, b"ab")), (3, section(3, 1 << 16, b"ab")), (4, section(3, 1 << 13 | 0x7F8, b"ab"))):
            assert await host.ask(seq, LOAD_BEGIN, image(wrong)) == (seq, OK, bytes([2, LoadError.SECTION]))

    def watch(number):
        async def watching(ctx):
            bus = dut.cores[number].load
            async for _, _, strobe, space, address, value in ctx.tick().sample(bus.strobe, bus.space, bus.address, bus.data):
                if strobe:
                    writes[number].append((space, address & (0xFFFFFF if space == 0 else 0x1FFF), value))

        return watching

    simulate(dut, script, background=[watch(0), watch(1)])
    for number in range(2):
        mine = [(kind, address & 0x1FFF, data) for kind, address, data in parts if address >> 13 in (0, number + 1)]
        assert writes[number] == [word for part in mine for word in words(*part)]
