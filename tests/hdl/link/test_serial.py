"""Numbers that enter, turn and count, a bit a clock."""

import pytest

from hdl.link.serial import SerialCounter

from ..board_models import seeded, simulate

WIDTH = 6


def counted(start, *, down=False, clear=False, counts=5):
    """``counts`` times: (value, carry) after a whole turn that counts one. With ``clear`` the count is taken back before it turns."""
    dut, seen = SerialCounter(width=WIDTH, down=down), []

    async def pulse(ctx, port, clocks=1):
        ctx.set(port, 1)
        await ctx.tick().repeat(clocks)
        ctx.set(port, 0)

    async def bench(ctx):
        for at in range(WIDTH):
            ctx.set(dut.bit, start >> at & 1)
            await pulse(ctx, dut.enter)
        assert ctx.get(dut.value) == start
        for _ in range(counts):
            await pulse(ctx, dut.add)
            if clear:
                await pulse(ctx, dut.clear)
            await pulse(ctx, dut.turn, WIDTH)
            seen.append((ctx.get(dut.value), ctx.get(dut.carry)))

    simulate(dut, bench)
    return seen


@pytest.mark.parametrize("start", [0, 61, *(seeded(1).randrange(1 << WIDTH) for _ in range(4))])
def test_counts_up_and_down(start):
    up, down = ([start + step * sign for step in range(1, 6)] for sign in (1, -1))
    assert counted(start) == [(value % 64, value == 64) for value in up]
    assert counted(start, down=True) == [(value % 64, value == -1) for value in down]


def test_clear_takes_the_count_back():
    assert counted(61, clear=True) == [(61, 0)] * 5


def test_what_goes_to_the_top():
    dut = SerialCounter(width=WIDTH)

    async def bench(ctx):
        for bit in (1, 0, 1, 1, 0, 1):
            ctx.set(dut.bit, bit)
            ctx.set(dut.enter, 1)
            assert ctx.get(dut.top) == bit
            await ctx.tick()
        ctx.set(dut.enter, 0)
        ctx.set(dut.turn, 1)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        for bit in (0, 1, 1, 0, 1):
            assert ctx.get(dut.top) == bit
            await ctx.tick()

    simulate(dut, bench)
