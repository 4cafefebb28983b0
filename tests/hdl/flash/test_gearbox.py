# amaranth: UnusedElaboratable=no
"""The gearbox slot by slot: what leaves when, what is captured when, in both modes."""

import pytest
from amaranth.sim import Simulator

from hdl.flash.gearbox import Gearbox

from ..board_models import seeded

STEPS = 60
both = pytest.mark.parametrize("nibbles", [1, 2])


def simulate(dut, nibbles, *testbenches):
    sim = Simulator(dut)
    if nibbles == 2:
        sim.add_clock(1e-6, phase=1e-6, domain="flash")
    sim.add_clock(nibbles * 1e-6, phase=1e-6)
    for testbench in testbenches:
        sim.add_testbench(testbench)
    sim.run()


async def aligned(ctx, dut, nibbles):
    """Until a step begins."""
    await (ctx.tick().until(dut.step) if nibbles == 1 else ctx.tick())


async def steps(ctx, dut, nibbles, count):
    """Yields the number of each step at its first moment."""
    await aligned(ctx, dut, nibbles)
    for number in range(count):
        yield number
        await ctx.tick().repeat(3 - nibbles)


def run(nibbles, *, drive, capture=0, pins=None):
    """``drive(step)``: the inputs of a step. Returns, by slots since step 0, the pins' levels, and, by steps, ``data``."""
    dut, levels, data = Gearbox(nibbles=nibbles), [], []

    async def inside(ctx):
        ctx.set(dut.setting, capture)
        async for number in steps(ctx, dut, nibbles, STEPS):
            data.append(ctx.get(dut.data))
            for name, value in drive(number).items():
                ctx.set(dut.ask if name == "ask" else getattr(dut.wave, name), value)

    async def outside(ctx):
        domain = "sync" if nibbles == 1 else "flash"
        await aligned(ctx, dut, nibbles)
        for slot in range(2 * STEPS):
            if pins:
                ctx.set(dut.pins.io_i, pins(slot))
            *_, cs_n, sck, oe, o = await ctx.tick(domain).sample(dut.pins.cs_n, dut.pins.sck, dut.pins.io_oe, dut.pins.io_o)
            levels.append((cs_n, sck, oe, o))

    simulate(dut, nibbles, inside, outside)
    return levels, data


@both
def test_nibbles_and_clocks_leave_in_order(nibbles):
    rng = seeded(1)
    sent = [(rng.randrange(256), rng.randrange(4)) for _ in range(STEPS)]
    levels, _ = run(nibbles, drive=lambda step: {"o": sent[step][0], "sck": sent[step][1], "oe": 1, "cs_n": 0})
    slots = [nibble for byte, _ in sent for nibble in (byte >> 4, byte & 15)]
    clocks = [sck >> half & 1 for _, sck in sent for half in (0, 1)]
    assert [o for *_, o in levels[1:]] == slots[:-1]
    assert [sck for _, sck, _, _ in levels[1:]] == [2 * clock for clock in clocks[:-1]]


@both
def test_chip_select_rises_and_the_lines_are_let_go_a_slot_late(nibbles):
    rng = seeded(2)
    high, driven = ([rng.randint(0, 1) for _ in range(STEPS)] for _ in range(2))
    levels, _ = run(nibbles, drive=lambda step: {"cs_n": high[step], "oe": driven[step]})
    for slot in range(3, 2 * STEPS):
        step, second = divmod(slot - 1, 2)
        late = step if second else step - 1
        assert levels[slot][0] == (high[step] and high[late])
        assert levels[slot][2] == (driven[step] or driven[late])


@both
@pytest.mark.parametrize("capture", range(4))
def test_what_is_captured(nibbles, capture):
    """Samples of a step's two slots: (capture + 1) / 2 slots after its beginning at the pins, which is two after the step's."""
    rng = seeded(capture)
    seen = [rng.randrange(256) for _ in range(2 * STEPS)]  # falling edge above rising, of the slot before
    asks = [rng.random() < 0.7 for _ in range(STEPS)]
    _, data = run(nibbles, drive=lambda step: {"ask": asks[step]}, capture=capture, pins=lambda slot: seen[slot])

    def sample(slot):
        at = 2 * (slot + 2) + capture + 1  # in half slots
        return seen[at // 2 + 1] >> 4 if at & 1 else seen[at // 2 + 1] & 15

    expected = data[4]
    for step in range(STEPS - 4):
        if step and asks[step - 1]:
            expected = sample(2 * step) << 4 | sample(2 * step + 1)
        assert data[step + 4] == expected


def test_parameters_are_checked():
    with pytest.raises(ValueError, match="nibbles must be 1 or 2, not 3"):
        Gearbox(nibbles=3)
