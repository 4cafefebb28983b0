# amaranth: UnusedElaboratable=no
"""The boot reader on a flash chip that sleeps, wakes slowly, or is not there."""

from itertools import pairwise

import pytest

from hdl.flash import FlashReader
from sim.flash_model import FlashModel

from .board_models import get, seeded, simulate

OFFSET = 0x100000


class Listener:
    """A chip that answers nothing and writes down each transaction: its bytes, and the clocks of CS# high before it."""

    def __init__(self, level=1):
        self.level, self.log = level, []
        self._bits, self._last, self._high = "", (1, 0), 0

    def pins(self, cs_n, clk, copi, *, now=0):
        if self._last[0] and not cs_n:
            self._bits, self._rest = "", self._high
        if not cs_n and clk and not self._last[1]:
            self._bits += str(copi)
        if cs_n and not self._last[0]:
            self.log.append((self._rest, [int(self._bits[at : at + 8], 2) for at in range(0, len(self._bits), 8)]))
            self._high = 0
        self._high += cs_n
        self._last = (cs_n, clk)
        return self.level


def read(chip, count, *, pause_bits=4, stalls=lambda: 0, limit=4000, stop=True):
    """The first ``count`` bytes, or what came within the limit; and (active, failed) at the end."""
    dut, got, failed = FlashReader(offset=OFFSET, pause_bits=pause_bits), [], []

    async def take(ctx):
        for _ in range(count):
            byte = await get(ctx, dut.o, stall=stalls(), limit=limit)
            if byte is None:
                break
            got.append(byte)
        if stop:
            ctx.set(dut.stop, 1)
            await ctx.tick()
            ctx.set(dut.stop, 0)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.cs_n) == 1
        assert ctx.get(dut.clk) == 0
        got.append(ctx.get(dut.active))
        await ctx.tick().repeat(50)
        assert ctx.get(dut.cs_n) == 1

    async def pins(ctx):
        while True:
            ctx.set(dut.cipo, chip.pins(ctx.get(dut.cs_n), ctx.get(dut.clk), ctx.get(dut.copi), now=len(failed)))
            *_, fail = await ctx.tick().sample(dut.fail)
            failed.append(fail)

    simulate(dut, take, background=[pins])
    return bytes(got[:-1]), got[-1], sum(failed)


@pytest.mark.parametrize("seed", [None, 1])
def test_reads_what_lies_at_the_offset(seed):
    data = seeded(5).randbytes(60)
    rng = seeded(seed)
    stalls = (lambda: rng.choice((0, 0, 90))) if seed else (lambda: 0)
    assert read(FlashModel(data, offset=OFFSET, wake_time=15), 60, stalls=stalls) == (data, 0, 0)


def test_runs_on_past_the_content():
    assert read(FlashModel(b"ab", offset=OFFSET), 4)[0] == b"ab\xff\xff"


def test_a_chip_that_is_not_awake_in_time_does_not_answer():
    data = bytes(8)
    assert read(FlashModel(data, offset=OFFSET, wake_time=100), 8, stop=False) == (b"", 0, 1)
    assert read(FlashModel(data, offset=OFFSET, wake_time=100), 8, pause_bits=7) == (data, 0, 0)


@pytest.mark.parametrize("level", [0, 1])
def test_no_chip(level):
    chip = Listener(level)
    assert read(chip, 1, stop=False) == (b"", 0, 1)
    assert [sent for _, sent in chip.log] == [[0xFF], [0xAB], [0x9F, 0, 0, 0]]
    assert all(rest >= 16 for rest, _ in chip.log)


@pytest.mark.parametrize("jedec", [0x000001, 0x800000, 0xFFFFFE, 0x7FFFFF])
def test_one_different_bit_is_an_answer(jedec):
    assert read(FlashModel(b"x", offset=OFFSET, jedec=jedec), 1) == (b"x", 0, 0)


def test_what_is_sent():
    class Deaf(Listener):
        """Answers with the id of a chip, so that the reader goes on."""

        def pins(self, cs_n, clk, copi, *, now=0):
            super().pins(cs_n, clk, copi)
            return len(self._bits) & 1

    chip = Deaf()
    read(chip, 2)
    assert [sent for _, sent in chip.log[:3]] == [[0xFF], [0xAB], [0x9F, 0, 0, 0]]
    assert chip.log[3][1][:4] == [0x03, 0x10, 0x00, 0x00]


def test_a_byte_every_seventeen_clocks():
    dut = FlashReader(offset=OFFSET, pause_bits=2)
    chip = FlashModel(bytes(40), offset=OFFSET)
    at = []

    async def bench(ctx):
        ctx.set(dut.o.ready, 1)
        for clock in range(1200):
            ctx.set(dut.cipo, chip.pins(ctx.get(dut.cs_n), ctx.get(dut.clk), ctx.get(dut.copi)))
            *_, valid = await ctx.tick().sample(dut.o.valid)
            if valid:
                at.append(clock)

    simulate(dut, bench)
    assert len(at) > 20
    assert {after - before for before, after in pairwise(at)} == {17}


def test_stop_at_any_time():
    rng = seeded(11)
    for clock in [1, 2, *(rng.randrange(600) for _ in range(12))]:
        dut = FlashReader(offset=OFFSET, pause_bits=2)

        async def bench(ctx, dut=dut, clock=clock):
            ctx.set(dut.o.ready, 1)
            await ctx.tick().repeat(clock)
            ctx.set(dut.stop, 1)
            await ctx.tick()
            ctx.set(dut.stop, 0)
            await ctx.tick().repeat(2)
            for _ in range(100):
                assert (ctx.get(dut.cs_n), ctx.get(dut.clk), ctx.get(dut.active), ctx.get(dut.o.valid)) == (1, 0, 0, 0)
                await ctx.tick()

        simulate(dut, bench)


def test_not_enabled():
    dut, seen = FlashReader(offset=0, enabled=False), []

    async def bench(ctx):
        for _ in range(600):
            *_, cs_n, active = await ctx.tick().sample(dut.cs_n, dut.active)
            if not cs_n or active:
                seen.append((cs_n, active))

    simulate(dut, bench)
    assert seen == []


@pytest.mark.parametrize(
    ("kwargs", "message"), [({"offset": 1 << 24}, "offset must be"), ({"offset": 0, "pause_bits": 0}, "pause_bits must be")]
)
def test_parameters_are_checked(kwargs, message):
    with pytest.raises(ValueError, match=message):
        FlashReader(**kwargs)
