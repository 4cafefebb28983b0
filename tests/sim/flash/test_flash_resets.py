"""Resets of the design, and of the whole FPGA, at any clock: the flash is found again, whatever it was doing."""

import random

import pytest

from sim.compiled.flash import CompiledChip
from sim.flash import Found, Pads, Power

from .flash_master import configure
from .flash_rig import OFFSET, PERIOD, ask, image, reset, rows, simulation, started, stop
from .test_flash_capture import CONTENT, MODES, attach, content_of, some_rows

START = 3_000  # clocks: the whole start sequence and 100 bytes of image
PADS = Pads(out=4_000, back=2_000)


def works(sim, seed):
    assert started(sim)
    assert image(sim, 8) == CONTENT[OFFSET : OFFSET + 8]
    stop(sim)
    wanted = some_rows(seed, count=3)
    assert rows(sim, wanted) == content_of(wanted)


def until(sim, clock, rng):
    """Something under way: the start sequence, the image, or rows; ``clock`` clocks from reset."""
    sim["o__ready"] = rng.randrange(2)
    sim.clock(min(clock, START))
    if clock > START:
        stop(sim)
        ask(sim, rng.randrange(0x5C0), rng.randrange(2, 6))
        sim.clock(clock - START)


def clocks(rng, sweep):
    return sorted(rng.sample(range(1, START + 200), sweep)) if sweep else range(1, START + 200)


SWEEPS = [60, pytest.param(None, marks=pytest.mark.slow)]


@pytest.mark.parametrize("nibbles", MODES)
@pytest.mark.parametrize("sweep", SWEEPS)
def test_warm_reset_at_any_clock(nibbles, sweep):
    """The chip goes on where it stood; the next start works, without a broken time."""
    rng, seen = random.Random(nibbles), set()
    for number, clock in enumerate(clocks(rng, sweep)):
        sim = simulation(nibbles)
        chip = attach(sim, nibbles, jedec=rng.choice([0xEF4018, 0xEF7018]), power=rng.choice(list(Power)), seed=number + 1)
        until(sim, clock, rng)
        seen.add((chip.asleep, chip.quad, chip.continuous))
        sim["row__valid"] = sim["o__ready"] = 0
        reset(sim, rng.choice([1, 1, 2, 5]))
        works(sim, number)
        assert not chip.violations, clock
        sim.close()
    assert {(False, True, True), (False, True, False), (True, False, False)} <= seen


@pytest.mark.parametrize("nibbles", MODES)
@pytest.mark.parametrize("sweep", SWEEPS)
def test_configuration_reset_at_any_clock(nibbles, sweep):
    """The FPGA lets go of the pins, reads its bitstream from the chip as it is, sends it to sleep, and starts the design anew."""
    rng, seen = random.Random(10 + nibbles), set()
    for number, clock in enumerate(clocks(rng, sweep)):
        sim = simulation(nibbles)
        found = Found(jedec=rng.choice([0xEF4018, 0xEF7018]), power=rng.choice(list(Power)), seed=number + 1)
        chip = CompiledChip(sim, CONTENT, found)
        attached = chip.attach(sim, period=PERIOD[nibbles], pads=PADS, prefix="pins__")
        until(sim, clock, rng)
        now = attached.detach()
        sim.close()
        seen.add(chip.continuous)
        chip.set(now, cs_n=1, clk=0, io=0, drive=0)
        read, now = configure(chip, now=now + 1_000_000, size=32)
        assert read == CONTENT[:32], clock
        assert chip.asleep
        sim = simulation(nibbles)
        chip.attach(sim, period=PERIOD[nibbles], pads=PADS, prefix="pins__")
        works(sim, number)
        sim.close()
    assert seen == {False, True}


def test_a_configuration_that_does_not_wake_the_chip_is_found():
    """The negative control: without its ABh the configuration reads nothing from a sleeping chip."""
    sim = simulation(1)
    chip = CompiledChip(sim, CONTENT, Found(power=Power.ASLEEP))
    chip.set(0, cs_n=1, clk=0, io=0, drive=0)
    assert configure(chip, now=100, size=8, wake=False)[0] != CONTENT[:8]
    assert configure(chip, now=chip.now + 100_000, size=8)[0] == CONTENT[:8]
    sim.close()
