# amaranth: UnusedElaboratable=no
"""The SDRAM controller at the pins of a chip that refuses what its data sheet forbids."""

import random

import pytest

from boards import sdram_clocks
from boards.sdram import EM638325_6, IS42S16160G_7, MT48LC16M16A2_7E
from firmware import isa
from hdl.sdram.controller import SdramController, burst_words
from sim.cycles.sdram import SdramControl
from sim.sdram import SdramPads

from .sdram_bench import CLOCK_HZ, PERIOD, Bench, quick

SHAPES = [(IS42S16160G_7, 8), (IS42S16160G_7, 16), (IS42S16160G_7, 32), (EM638325_6, 16), (EM638325_6, 32)]
SHAPE = pytest.mark.parametrize(("part", "lanes"), SHAPES, ids=lambda value: getattr(value, "name", value))


def model(bench):
    part, bits = bench.part, 8 * bench.width.lanes
    burst = burst_words(bench.width, part.bits)
    clocks = sdram_clocks([part], clock_hz=CLOCK_HZ, burst_words=burst)
    return SdramControl(clocks=clocks, beat_bursts=bits // part.bits // burst, page_beats=(part.bits << part.column_bits) // bits)


def page_beats(bench):
    return (bench.part.bits << bench.part.column_bits) // (8 * bench.width.lanes)


def random_rows(bench, rng, count, *, pages=2):
    """(bank, beat, more) of rows that lie as the compiler places them: at multiples of a power of two that they don't exceed."""
    rows = []
    for _ in range(count):
        beats = rng.choice([1, 1, 2, 3, 4, 8, 64, 128, 100])
        grain = 1 << (beats - 1).bit_length()
        room = pages * page_beats(bench) // grain
        rows.append((rng.randrange(4), grain * rng.randrange(max(1, room)), beats - 1))
    return [row for row in rows if row[1] + row[2] < pages * page_beats(bench)]


@SHAPE
def test_rows_are_what_the_chip_holds(part, lanes):
    bench, rng = Bench(part=part, lanes=lanes), random.Random(lanes)
    rows, content = random_rows(bench, rng, 60, pages=4), []

    async def go(ctx):
        assert await bench.start(ctx)
        content.extend(bench.fill(rng, 4))
        for number, row in enumerate(rows):
            if number % 9 == 0:
                await bench.rest(ctx, rng.randrange(40))
            await bench.ask(ctx, *row)
        await bench.rest(ctx, 4000)

    bench.run(go)
    want = b"".join(content[bank][lanes * beat : lanes * (beat + more + 1)] for bank, beat, more in rows)
    assert bench.seen.bytes(bench.far_bytes)[-len(want) :] == want
    assert len(bench.seen.taken) == len(rows)


@SHAPE
def test_it_takes_the_clocks_of_the_cycle_model(part, lanes):
    """Rows taken, and beats that end, to the clock: rows of all banks at random, steps that begin at any time, refreshes."""
    bench, rng = Bench(part=part, lanes=lanes), random.Random(3 * lanes)
    bench.fill(rng, 4)
    control, dut, differences, compared = model(bench), bench.dut, [], [0]
    rows = random_rows(bench, rng, 60, pages=4)

    async def go(ctx):
        assert await bench.start(ctx)
        offered = None
        quiet = 0
        begun = False
        for clock in range(25_000):
            begins = (clock == 30) or (begun and rng.random() < 0.002)
            begun |= begins
            if offered is None and rows and quiet == 0 and begun:
                offered = rows.pop()
                quiet = rng.choice([0, 0, 0, 0, 1, 5, 50])
            quiet = max(0, quiet - 1)
            ctx.set(dut.begin, int(begins))
            ctx.set(dut.row.valid, int(offered is not None))
            if offered is not None:
                for port, value in zip((dut.row.payload.bank, dut.row.payload.address, dut.row.payload.more), offered, strict=True):
                    ctx.set(port, value)
            taken = control.takes(asked=offered is not None)
            if begun:
                compared[0] += control.ending
                here = (taken, control.ending)
                there = (bool(ctx.get(dut.row.valid & dut.row.ready)), bool(ctx.get(dut.data.ending)))
                if here != there:
                    differences.append((clock, here, there))
            control.clock(taken=offered[2] + 1 if taken else 0, bank=offered[0] if taken else 0, begins=begins)
            if taken:
                offered = None
            await ctx.tick()

    bench.run(go)
    assert not rows
    assert differences[:3] == []
    assert compared[0] > 300


def test_banks_by_turns_leave_no_gap():
    """Rows of one beat, in as many clocks as their bytes take; of one bank they take the time of a bank."""
    bench, rng = Bench(), random.Random(1)
    bench.fill(rng, 1)
    last = {}

    async def go(ctx):
        assert await bench.start(ctx)
        for banks in (4, 1):
            first = len(bench.seen.words)
            for number in range(16):
                await bench.ask(ctx, number % banks, number, 0)
            await bench.rest(ctx, 300)
            clocks = [clock for clock, _ in bench.seen.words[first:]]
            last[banks] = clocks[-1] - clocks[0] + 1

    bench.run(go)
    assert last[4] == 16 * 4
    times = sdram_clocks([bench.part], clock_hz=CLOCK_HZ, burst_words=8)
    assert last[1] == 15 * (times.open + times.close) + 4


def test_the_clocks_of_the_page():
    """Of docs/reference/blocks/sdram.md: 16 lanes, 16 lines, 70 MHz, whichever of the parts there is."""
    bench, rng = Bench(), random.Random(6)
    bench.fill(rng, 1)

    async def go(ctx):
        assert await bench.start(ctx)
        for bank in (0, 2):
            await bench.ask(ctx, bank, 3, 0)
            await bench.rest(ctx)

    bench.run(go)
    first = [clock for clock, _ in bench.seen.words[-8::4]]
    assert [clock - taken for clock, taken in zip(first, bench.seen.taken, strict=True)] == [12, 12]
    times = sdram_clocks([IS42S16160G_7, MT48LC16M16A2_7E], clock_hz=CLOCK_HZ, burst_words=8)
    assert (times.open, times.close, times.refresh) == (2, 5, 5)


@SHAPE
def test_words_are_written_and_compared(part, lanes):
    bench, rng = Bench(part=part, lanes=lanes), random.Random(5)
    size, content = part.bits // 8, []

    async def go(ctx):
        assert await bench.start(ctx)
        content.extend(bench.fill(rng, 1))
        for _ in range(30):
            bank, word = rng.randrange(4), rng.randrange(len(content[0]) // size)
            data = rng.randbytes(size)
            halves = [int.from_bytes(data[at : at + 2], "little") for at in range(0, size, 2)]
            address = bank << 22 | word * size // 2
            for number, half in enumerate(halves):
                await bench.word(ctx, address + number, half)
            for number, half in enumerate(halves):
                assert not await bench.word(ctx, address + number, half, compare=True)
                assert await bench.word(ctx, address + number, half ^ 1 << rng.randrange(16), compare=True)
            own = bytearray(content[bank])
            own[word * size : (word + 1) * size] = data
            content[bank] = bytes(own)

    bench.run(go)
    assert [bench.chip.row(bank, 0) for bank in range(4)] == content


@pytest.mark.parametrize("quarters", range(1, 5))
def test_the_sampling_instant_follows_the_delays(quarters):
    """Delays of the lines a quarter of a clock apart are met by one capture after another."""
    bench = Bench(pads=SdramPads(out=PERIOD, out_clk=PERIOD, back=quarters * PERIOD // 4 - 1_000))
    found = []

    async def go(ctx):
        assert await bench.start(ctx)
        found.append(ctx.get(bench.dut.status.capture))

    bench.run(go)
    assert found == [quarters - 1]


@pytest.mark.parametrize("back", [0, 6 * PERIOD // 4])
def test_a_chip_that_is_read_at_no_instant_fails(back):
    """Delays below those that any pads have, and above those that are looked for."""
    bench = Bench(pads=SdramPads(out=PERIOD, out_clk=PERIOD, back=back))
    taken = []

    async def go(ctx):
        assert not await bench.start(ctx)
        ctx.set(bench.dut.row.valid, 1)
        await bench.rest(ctx)
        taken.append(ctx.get(bench.dut.row.ready))

    bench.run(go)
    assert taken == [0]


def test_rows_of_a_step_that_was_ended_are_forgotten():
    """Cleared at any clock of a few rows: nothing of them comes afterwards, and the next rows are right."""
    rng = random.Random(2)
    for wait in range(0, 40, 3):
        bench = Bench()
        content, counts = [], []

        async def go(ctx, bench=bench, wait=wait, content=content, counts=counts):
            assert await bench.start(ctx)
            content.extend(bench.fill(rng, 1))
            for number in range(4):
                await bench.ask(ctx, number, number, 3)
            await bench.rest(ctx, wait)
            ctx.set(bench.dut.clear, 1)
            await ctx.tick()
            ctx.set(bench.dut.clear, 0)
            counts.append(len(bench.seen.words))
            await bench.ask(ctx, 2, 9, 1)
            await bench.rest(ctx, 100)

        bench.run(go)
        assert bench.seen.bytes(4, counts[0]) == content[2][9 * 16 : 11 * 16]


def test_it_starts_and_takes_words_while_the_core_is_in_reset():
    """``clear`` stands for as long as no image is loaded."""
    bench, kept = Bench(), []

    async def go(ctx):
        ctx.set(bench.dut.clear, 1)
        assert await bench.start(ctx)
        await bench.word(ctx, 3 << 22 | 9, 0x1234)
        kept.append(await bench.word(ctx, 3 << 22 | 9, 0x1234, compare=True))
        kept.append(await bench.word(ctx, 3 << 22 | 9, 0x1235, compare=True))

    bench.run(go, limit=5_000)
    assert kept == [False, True]
    assert bench.chip.row(3, 0)[18:20] == b"\x34\x12"


def test_refreshes_come_often_enough_whatever_is_asked():
    """Rows without a pause for some intervals: the chip, which counts, is content; so it is while nothing is asked."""
    bench, rng = Bench(), random.Random(4)
    bench.fill(rng, 2)

    async def go(ctx):
        assert await bench.start(ctx)
        await bench.rest(ctx, 3000)
        for number in range(40):
            await bench.ask(ctx, number % 4, 0, 127)
        await bench.rest(ctx, 1000)

    bench.run(go)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": [IS42S16160G_7, EM638325_6]}, "parts must have the same sizes, not IS42S16160G-7, EM638325-6"),
        ({"parts": [MT48LC16M16A2_7E], "clock_hz": 72e6}, "clock_hz must be at most 71,428,571 with MT48LC16M16A2-7E"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        SdramController(**{"width": isa.Width(lanes=16, far_banks=4), "parts": [quick(IS42S16160G_7)], "clock_hz": 70e6, **options})
