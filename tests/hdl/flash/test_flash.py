# amaranth: UnusedElaboratable=no
"""The flash controller at the pins of the chip model: start, calibration, image and rows, with SCK at the clock and at twice the clock."""

from itertools import pairwise

import pytest

from boards import W25Q64JV, W25Q256JV
from firmware import isa
from hdl.flash.controller import FlashController
from sim.flash import FlashChip, FlashTiming, Found, Pads, Power

from ..board_models import seeded
from .flash_bench import OFFSET, PERIOD, QUICK, Bench, Served, row_clocks

CONTENT = seeded(3).randbytes(1 << 15)
FIRST_BEAT = OFFSET // 8
BEATS = len(CONTENT) // 8

both = pytest.mark.parametrize("nibbles", [1, 2])


def random_rows(rng, count, *, most=12):
    rows = []
    for _ in range(count):
        beats = rng.randint(1, most)
        rows.append((FIRST_BEAT + rng.randrange(BEATS - beats), beats))
    return rows


# the start sequence


@both
@pytest.mark.parametrize("power", list(Power))
@pytest.mark.parametrize("jedec", [0xEF4018, 0xEF7018])
def test_what_is_sent(nibbles, power, jedec):
    bench = Bench(
        nibbles=nibbles,
        content=CONTENT,
        power=power,
        jedec=jedec,
        pads=Pads(out=2000, back=1000),
        timing=FlashTiming(),
        options={"pause_bits": 8},
    )

    async def go(ctx):
        assert (await bench.image(ctx, 3, limit=6000))[0] == CONTENT[:3]
        await bench.pulse(ctx, bench.dut.stop)
        assert await bench.settle(ctx) is not None
        served = await bench.rows(ctx, [(FIRST_BEAT + 0x123, 1)])
        assert bytes(served.data) == CONTENT[8 * 0x123 :][:8]

    bench.run(go)
    log = bench.decoder.log
    head, (*ids, first, row) = log[:5], log[5:]
    assert [each.bits(len(each.nibbles)) for each in head] == [b"\xff", b"\xff", b"\xab", b"\x50", b"\x31\x02"]
    assert len(ids) == 3  # settings 3 and 2 sample the nibble after the one that comes 9 ns after its edge
    for each in ids:
        assert each.bits(8) == b"\x94"
        assert each.quad(8, 4) == b"\0\0\0\xff"
        assert each.nibbles[16] == 0  # the first of four dummies is still driven
        assert each.floats(17)
        assert len(each.nibbles) == 8 + 8 + 4 + 16
        assert each.low == 16 + 8 + 4 + 16 + 1
    assert first.bits(8) == b"\xeb"
    assert first.quad(8, 4) == OFFSET.to_bytes(3, "big") + b"\xa0"
    assert first.floats(17)
    assert row.quad(0, 4) == (OFFSET + 8 * 0x123).to_bytes(3, "big") + b"\xa0"
    assert row.floats(9)
    assert len(row.nibbles) == 8 + 4 + 16
    assert row.low == 8 + 4 + 16 + 1
    assert all(each.high * PERIOD[nibbles] >= FlashTiming().res1 for each in log[:-1])
    assert all(each.low == 2 * len(each.nibbles) + 1 for each in head)


@both
def test_the_pause_must_last_until_the_chip_is_awake(nibbles):
    """3 us are 48 slots here: a pause of 32 is too short, one of 64 is not."""

    async def go(ctx):
        assert (await bench.settle(ctx, limit=2000) is None) == short

    for short in (True, False):
        timing = FlashTiming(res1=48 * PERIOD[nibbles], shsl2=PERIOD[nibbles])
        bench = Bench(nibbles=nibbles, timing=timing, strict=False, boot=False, options={"pause_bits": (6 if short else 7) - nibbles})
        bench.run(go)


# calibration


@both
@pytest.mark.parametrize("quarters", range(10))
def test_the_latest_setting_that_samples_the_nibble(nibbles, quarters):
    """The chip's data come ``quarters`` / 4 periods after the edge, and the sample is taken (setting + 1) / 2 periods after it."""
    pads, half = delays(nibbles, quarters=quarters), PERIOD[nibbles] // 2
    bench = Bench(nibbles=nibbles, content=CONTENT, pads=pads, boot=False)
    rows = random_rows(seeded(quarters), 6)
    come, go_ = pads.out + pads.back + QUICK.clqv, pads.out + pads.back + QUICK.clqx + 2 * half
    fits = [setting for setting in range(4) if come <= (setting + 1) * half < go_]
    expected = max(fits, default=None)

    async def go(ctx):
        settled = await bench.settle(ctx, limit=2000)
        assert (settled is not None) == (expected is not None)
        if settled is not None:
            assert ctx.get(bench.dut.status.capture) == expected
            (await bench.rows(ctx, rows)).check(nibbles=nibbles, rows=rows, content=CONTENT)

    bench.run(go)


def delays(nibbles, *, quarters):
    """Pads with which data are stable (tCLQV) a little before ``quarters`` / 4 periods."""
    rest = quarters * PERIOD[nibbles] // 4 - QUICK.clqv - 50
    return Pads(out=max(0, rest * 2 // 3), back=max(0, rest - rest * 2 // 3))


class OtherChip(FlashChip):
    """Answers 94h with other bytes."""

    def __init__(self, answer):
        super().__init__(found=Found(timing=QUICK))
        usual = self.protocol._byte
        self.protocol._byte = lambda number, now: answer[number % len(answer)] if self.protocol.command == 0x94 else usual(number, now)


@both
@pytest.mark.parametrize(
    "chip",
    [
        lambda: FlashChip(found=Found(absent=True, pulled=0)),
        lambda: FlashChip(found=Found(absent=True, pulled=15)),
        lambda: FlashChip(found=Found(stuck=0)),
        lambda: FlashChip(found=Found(stuck=1)),
        lambda: OtherChip(b"\xef\x16"),
        lambda: OtherChip(b"\xef\x1f"),
        lambda: OtherChip(b"\xee\x17"),
        lambda: OtherChip(b"\xc2\x17"),
        lambda: OtherChip(b"\x17\xef"),
        lambda: OtherChip(b"\xef\x17\xef\x17\xef\x17\xef\x15"),
        lambda: FlashChip(found=Found(power=Power.AWAKE, busy_until=1 << 60, timing=QUICK), strict=False),
    ],
)
def test_no_chip_or_another_one(nibbles, chip):
    bench = Bench(nibbles=nibbles, chip=chip())
    dut, fails = bench.dut, []

    async def go(ctx):
        ctx.set(dut.row.valid, 1)
        ctx.set(dut.o.ready, 1)
        for clock in range(2000):
            *_, failed, active, seen = await ctx.tick().sample(
                dut.fail, dut.status.active, dut.status.ready | dut.row.ready | dut.data.strobe | dut.o.valid
            )
            assert active == (not fails)
            assert not seen
            if failed:
                fails.append(clock)
        assert ctx.get(dut.pins.cs_n)

    bench.run(go)
    assert len(fails) == 1
    assert [each.nibbles[:8] for each in bench.decoder.log[5:]] == 4 * [[15, 14, 14, 15, 14, 15, 14, 14]]


@both
def test_the_right_answer_is_taken(nibbles):
    """The negative control of the test above."""
    bench = Bench(nibbles=nibbles, chip=OtherChip(b"\xef\x17"), boot=False)

    async def go(ctx):
        assert await bench.settle(ctx, limit=2000) is not None

    bench.run(go)


@both
@pytest.mark.parametrize(("part", "size"), [(W25Q64JV, 0x17), (W25Q256JV, 0x19)])
@pytest.mark.parametrize(("ordering", "own"), [(0xEF40, True), (0xEF70, True), (0xEF70, False)])
def test_a_chip_of_another_size_where_the_board_has_one(nibbles, part, size, ordering, own):
    """In both ordering options; the W25Q128JV is then another one."""
    bench = Bench(nibbles=nibbles, boot=False, jedec=ordering << 8 | (size if own else 0x18), options={"parts": (part,)})

    async def go(ctx):
        assert (await bench.settle(ctx, limit=2000) is not None) == own
        assert bench.chip.quad

    bench.run(go)


@both
def test_without_an_image_wanted_a_failure_is_only_told_by_ready(nibbles):
    bench = Bench(nibbles=nibbles, chip=FlashChip(found=Found(absent=True)), boot=False)

    async def go(ctx):
        assert await bench.settle(ctx, limit=2000) is None
        assert not ctx.get(bench.dut.status.active)

    async def watch(ctx):
        async for *_, failed in ctx.tick().sample(bench.dut.fail):
            assert not failed

    bench.run(go, background=[watch])


# rows


@both
@pytest.mark.parametrize(("capture", "lanes"), [(0, 8), (1, 8), (2, 8), (3, 8), (0, 16), (3, 32)])
def test_rows_back_to_back(nibbles, capture, lanes):
    """A step a byte and 7 more, the address of the next row before the last bytes of this one are here; whatever the setting."""
    rows = [(OFFSET // lanes + 5 * k, beats) for k, beats in enumerate([1, 1, 2, 3, 8, 9, 1, 16, 2, 1024 // lanes, 1])]
    bench = Bench(nibbles=nibbles, lanes=lanes, content=CONTENT, pads=delays(nibbles, quarters=2 * capture + 2), boot=False)

    async def go(ctx):
        assert await bench.settle(ctx) is not None
        assert ctx.get(bench.dut.status.capture) == min(capture + 1, 3)
        served = await bench.rows(ctx, rows)
        served.check(nibbles=nibbles, rows=rows, content=CONTENT, lanes=lanes)
        taken = [after - before for before, after in pairwise(served.taken)]
        assert taken == [row_clocks(nibbles, beats, lanes) for _, beats in rows[:-1]]

    bench.run(go)
    for (address, beats), each in zip(rows, bench.decoder.log[-len(rows) :], strict=True):
        assert each.quad(0, 4) == (lanes * address).to_bytes(3, "big") + b"\xa0"
        assert each.low == 12 + 2 * lanes * beats + 1
    assert [each.high for each in bench.decoder.log[-len(rows) + 1 :]] == [1] * (len(rows) - 1)


@both
@pytest.mark.parametrize("seed", range(2))
def test_rows_with_rests(nibbles, seed):
    rng = seeded(seed)
    rows = random_rows(rng, 20, most=4)
    bench = Bench(nibbles=nibbles, content=CONTENT, boot=False)

    async def go(ctx):
        assert await bench.settle(ctx) is not None
        served = await bench.rows(ctx, rows, gaps=lambda: rng.choice([0, 1, 2, 3, 7, 30, 100]))
        served.check(nibbles=nibbles, rows=rows, content=CONTENT)

    bench.run(go)


@both
def test_a_flipped_bit_is_seen(nibbles):
    """The negative control of Served.check, for each of its comparisons."""
    rows = random_rows(seeded(1), 3, most=3)
    bench = Bench(nibbles=nibbles, content=CONTENT, boot=False)

    async def go(ctx):
        assert await bench.settle(ctx) is not None
        good = await bench.rows(ctx, rows)
        good.check(nibbles=nibbles, rows=rows, content=CONTENT)
        for name in ("taken", "data", "strobes", "endings"):
            wrong = Served(**{**vars(good), name: [getattr(good, name)[0] ^ 1, *getattr(good, name)[1:]]})
            with pytest.raises(AssertionError):
                wrong.check(nibbles=nibbles, rows=rows, content=CONTENT)

    bench.run(go)


@both
def test_any_address(nibbles):
    """Beats from both ends of the chip, one bit of the address after the other."""
    places = [0, (1 << 21) - 1, *(1 << bit for bit in range(21))]
    chip = FlashChip(found=Found(timing=QUICK))
    chip.protocol.content = bytearray(1 << 24)
    for number, place in enumerate(places):
        chip.protocol.content[8 * place : 8 * place + 8] = bytes(range(number, number + 8))
    bench = Bench(nibbles=nibbles, chip=chip, boot=False)

    async def go(ctx):
        assert await bench.settle(ctx) is not None
        served = await bench.rows(ctx, [(place, 1) for place in places])
        assert bytes(served.data) == b"".join(bytes(range(number, number + 8)) for number in range(len(places)))

    bench.run(go)


# the image


@both
def test_a_loader_that_takes_a_byte_every_fifteen_clocks_is_never_kept_waiting(nibbles):
    bench = Bench(nibbles=nibbles, content=CONTENT, pads=delays(nibbles, quarters=7))

    async def go(ctx):
        got, at = await bench.image(ctx, 100, stall=14)
        assert got == CONTENT[:100]
        assert {after - before for before, after in pairwise(at)} == {15}

    bench.run(go)


@both
@pytest.mark.parametrize("capture", range(4))
def test_the_image_at_any_pace(nibbles, capture):
    bench = Bench(nibbles=nibbles, content=CONTENT, pads=delays(nibbles, quarters=2 * capture + 2))
    rng = seeded(capture)

    async def go(ctx):
        at = 0
        for _ in range(12):
            count = rng.randint(1, 8)
            assert (await bench.image(ctx, count, stall=rng.choice([0, 0, 1, 5, 40])))[0] == CONTENT[at : at + count]
            at += count
            await ctx.tick().repeat(rng.choice([1, 2, 3, 50]))

    bench.run(go)


@both
def test_past_the_content_and_round_the_chip(nibbles):
    bench = Bench(nibbles=nibbles, content=b"ab")

    async def go(ctx):
        assert (await bench.image(ctx, 4))[0] == b"ab\xff\xff"

    bench.run(go)


# interruptions


def silence(bench):
    """A testbench: after a clock with ``stop`` no byte of the image leaves, and none is wanted."""

    async def watch(ctx):
        stopped = False
        async for *_, stop, valid, active in ctx.tick().sample(bench.dut.stop, bench.dut.o.valid, bench.dut.status.active):
            assert not (stopped and (valid or active))
            stopped |= bool(stop)

    return watch


@both
@pytest.mark.parametrize("seed", range(12))
def test_stop_at_any_time(nibbles, seed):
    rng = seeded(seed)
    clock, rows = rng.randrange(600 // nibbles), random_rows(rng, 4)
    bench = Bench(nibbles=nibbles, content=CONTENT, pads=delays(nibbles, quarters=rng.randrange(8)))
    dut = bench.dut

    async def go(ctx):
        ctx.set(dut.o.ready, rng.randint(0, 1))
        await ctx.tick().repeat(clock)
        await bench.pulse(ctx, dut.stop)
        assert await bench.settle(ctx) is not None
        (await bench.rows(ctx, rows)).check(nibbles=nibbles, rows=rows, content=CONTENT)

    bench.run(go, background=[silence(bench)])


@both
@pytest.mark.parametrize("seed", range(8))
def test_start_at_any_time(nibbles, seed):
    """A row under way ends, one that waits waits until the image is over."""
    rng = seeded(100 + seed)
    rows = random_rows(rng, 6)
    bench = Bench(nibbles=nibbles, content=CONTENT, pads=delays(nibbles, quarters=rng.randrange(8)))
    dut = bench.dut

    async def serve(ctx):
        served = await bench.rows(ctx, rows, gaps=lambda: rng.choice([0, 0, 20]), limit=6000)
        assert bytes(served.data) == b"".join(CONTENT[8 * address - OFFSET :][: 8 * beats] for address, beats in rows)
        assert served.endings == [clock - 1 for clock in served.strobes[7::8]]

    async def interrupt(ctx):
        for _ in range(2):
            await ctx.tick().repeat(rng.randrange(1200 // nibbles))
            ctx.set(dut.stop, 1)  # a loader that is done says so until it is started
            await bench.pulse(ctx, dut.start)
            ctx.set(dut.stop, 0)
            assert ctx.get(dut.status.active)
            count = rng.randint(1, 40)
            assert (await bench.image(ctx, count))[0] == CONTENT[:count]
            await bench.pulse(ctx, dut.stop)

    bench.run(serve, interrupt)


@both
@pytest.mark.parametrize("seed", range(12))
def test_reset_at_any_time(nibbles, seed):
    """The chip may be left in any state; a transaction cut short breaks some of its times."""
    rng = seeded(200 + seed)
    rows = random_rows(rng, 6)
    bench = Bench(nibbles=nibbles, content=CONTENT, strict=False, pads=delays(nibbles, quarters=rng.randrange(8)))
    bench.decoder.strict = False
    dut = bench.dut

    async def go(ctx):
        for _ in range(3):
            ctx.set(dut.o.ready, 1)
            ctx.set(dut.stop, int(rng.random() < 0.5))
            ctx.set(dut.row.valid, 1)
            ctx.set(dut.row.payload, {"address": FIRST_BEAT, "more": 3})
            await ctx.tick().repeat(rng.randrange(1000 // nibbles))
            await bench.pulse(ctx, bench.reset)
            ctx.set(dut.stop, 0)
            ctx.set(dut.row.valid, 0)
        await ctx.tick().repeat(3)
        bench.chip.violations.clear()
        bench.decoder.strict = True
        assert (await bench.image(ctx, 5))[0] == CONTENT[:5]
        await bench.pulse(ctx, dut.stop)
        assert await bench.settle(ctx) is not None
        (await bench.rows(ctx, rows)).check(nibbles=nibbles, rows=rows, content=CONTENT)
        assert bench.chip.violations == []

    bench.run(go)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"offset": 1 << 24}, "offset must be"),
        ({"nibbles": 4}, "nibbles must be 1 or 2, not 4"),
        ({"pause_bits": 2}, r"pause_bits must be 3\.\.10 with 2 nibbles a clock, not 2"),
        ({"pause_bits": 3, "nibbles": 1}, r"pause_bits must be 4\.\.11 with 1"),
        ({"pause_bits": 11}, "pause_bits must be"),
    ],
)
def test_parameters_are_checked(kwargs, message):
    with pytest.raises(ValueError, match=message):
        FlashController(**{"width": isa.Width(), "offset": 0, "nibbles": 2, **kwargs})
