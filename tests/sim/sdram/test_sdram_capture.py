"""The SDRAM controller between pads and chips of every delay: right data or a reported failure, never wrong data."""

import random
from dataclasses import replace
from functools import cache

import pytest

from boards.sdram import IS42S16160G_7
from firmware import isa
from hdl.sdram.controller import SdramController
from sim.compiled.build import build
from sim.compiled.sdram import CompiledSdram
from sim.compiled.simulation import Simulation
from sim.sdram import SdramPads

CLOCK_HZ, PERIOD = 70e6, 14_288
WIDTH = isa.Width(lanes=16, far_banks=4)
PART = replace(IS42S16160G_7, t_start=280_000)
ADDRESS, MORE = WIDTH.far_address_bits, 7
WORKS = range(1_200, 15_900)  # ps to the chip and back, docs/reference/blocks/sdram.md


@cache
def library():
    return build(SdramController(width=WIDTH, parts=[PART], clock_hz=CLOCK_HZ))


def outcome(pads, part=PART, *, seed=1):
    """None where the start failed, else the capture setting; asserts that all rows are right."""
    sim, rng = Simulation(library()), random.Random(seed)
    chip = CompiledSdram(sim, part, seed=seed)
    chip.attach(sim, period=PERIOD, pads=pads, prefix="pins__")
    try:
        for _ in range(200):
            sim.clock(10)
            if sim["status__ready"] or sim["status__failed"]:
                break
        if sim["status__failed"]:
            return None
        assert sim["status__ready"]
        content = [rng.randbytes(1024) for _ in range(4)]
        for bank, data in enumerate(content):
            chip.fill(data, bank=bank, row=0)
        wanted = [(rng.randrange(4), rng.randrange(60), rng.randrange(4)) for _ in range(8)]
        assert rows(sim, wanted) == b"".join(content[bank][16 * beat : 16 * (beat + more + 1)] for bank, beat, more in wanted)
        return sim["status__capture"]
    finally:
        assert not chip.violations
        sim.close()


def rows(sim, wanted):
    """The bytes of rows (bank, beat, beats after it), asked for one after another."""
    left, got, size = list(wanted), b"", 16 * sum(more + 1 for _, _, more in wanted)
    for _ in range(1_000):
        if left:
            bank, beat, more = left[0]
            sim["row__payload"] = bank << ADDRESS + MORE | more << ADDRESS | beat
        sim["row__valid"] = bool(left)
        taken = bool(left) and sim["row__ready"]
        sim.clock()
        if taken:
            left.pop(0)
        if sim["data__strobe"]:
            got += sim["data__data"].to_bytes(4, "little")
        if len(got) == size:
            break
    return got


def delays(step):
    """To the chip's clock, and back, as far as the controller looks for them and beyond."""
    return [(there, back) for there in range(0, 12_001, step) for back in range(0, 8_001, step)]


def pads_of(there, back, skew=0):
    """``there`` and ``skew``: the clock's delay behind the cells, and what it is more than the other pins'."""
    return SdramPads(out=PERIOD + there - skew, out_clk=PERIOD + there, back=back)


SWEEPS = [500, pytest.param(200, marks=pytest.mark.slow)]


@pytest.mark.parametrize("step", SWEEPS)
def test_delays_of_the_pads(step):
    found = {(there, back): outcome(pads_of(there, back)) for there, back in delays(step)}
    assert all(capture is not None for (there, back), capture in found.items() if there + back in WORKS)
    assert {capture for capture in found.values()} >= {0, 1, 2, 3, None}


@pytest.mark.parametrize("step", SWEEPS)
def test_chips_that_are_quicker_than_they_must_be(step):
    """Words that change at one time after the clock, anywhere from t_oh to t_ac: there is more than one instant for them."""
    for time in range(PART.t_oh, PART.t_ac + 1, step):
        part = replace(PART, t_ac=time, t_oh=time, t_hz=max(time, PART.t_hz))
        for there, back in delays(2 * step):
            capture = outcome(pads_of(there, back), part, seed=time)
            assert capture is not None or there + back not in WORKS


@pytest.mark.parametrize("skew", [-2_000, -1_000, 1_000, 2_700])
def test_a_clock_earlier_or_later_than_the_other_pins(skew):
    """As far as set-up and hold allow in a slot."""
    for there, back in delays(700):
        if there >= 2_700:
            assert outcome(pads_of(there, back, skew)) is not None or there + back not in WORKS
