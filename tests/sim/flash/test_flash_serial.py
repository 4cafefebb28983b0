# amaranth: UnusedElaboratable=no
"""The controller of a flash on one line or two, compiled, with the chip at its pins: every delay, every state of the chip, any clock."""

import random
from functools import cache
from itertools import pairwise

import pytest

from boards import W25Q32JV, W25Q128JV
from hdl.flash.serial import SerialFlash
from sim.compiled.build import build
from sim.compiled.flash import CompiledChip
from sim.compiled.simulation import Simulation
from sim.flash import Found, Pads, Power

from .flash_rig import image, reset, started

OFFSET = 0x100000
PERIOD = 14_286  # ps: 70 MHz
CHIP = 0xEF7016  # a W25Q32JV
CONTENT = random.Random(1).randbytes(64)
LINES = pytest.mark.parametrize("lines", [1, 2])
LONGEST = 6_000  # clocks: of the bytes that are taken


@cache
def library(lines):
    return build(SerialFlash(offset=OFFSET, lines=lines, parts=(W25Q128JV, W25Q32JV)))


def rig(lines, *, pads=None, content=CONTENT, **found):
    sim = Simulation(library(lines))
    sim.resets = ["rst"]
    chip = CompiledChip(sim, content, Found(**{"jedec": CHIP, **found}), offset=OFFSET)
    chip.attach(sim, period=PERIOD, pads=pads, prefix="pins__")
    return sim, chip


@LINES
@pytest.mark.parametrize("out", range(11))
def test_every_delay_of_the_pads(lines, out):
    for back in range(11):
        sim, chip = rig(lines, pads=Pads(out=1_000 * out, back=1_000 * back))
        assert started(sim)
        assert image(sim, 12) == CONTENT[:12]
        assert chip.violations == []
        sim.close()


@LINES
def test_a_delay_that_is_too_long_shows(lines):
    """The negative control: beyond three clocks, less what the chip takes, nothing right is read."""
    longest = 3 * PERIOD - 6_000
    for pads, fits in ((Pads(out=longest - 100), True), (Pads(out=longest + 200), False)):
        sim, _ = rig(lines, pads=pads)
        assert (started(sim) and image(sim, 12) == CONTENT[:12]) == fits
        sim.close()


@LINES
@pytest.mark.parametrize("power", list(Power))
def test_a_chip_in_any_state(lines, power):
    sim, chip = rig(lines, power=power)
    assert started(sim)
    assert image(sim, len(CONTENT) + 1) == CONTENT + b"\xff"
    assert not chip.asleep
    assert not chip.continuous
    assert chip.violations == []
    sim.close()


@LINES
def test_start_and_reset_in_any_clock(lines):
    """In the middle of a command, a byte or a pause, from where the chip stands then; bytes of an old image never leave."""
    rng = random.Random(lines)
    sim, chip = rig(lines, pads=Pads(out=4_000, back=2_000))
    for how in ["rst", "start"] * 40:
        sim["o__ready"] = rng.randrange(2)
        sim.clock(rng.randrange(3_000))
        sim["o__ready"] = 0
        if how == "rst":
            reset(sim)
        else:
            sim["start"] = 1
            sim.clock()
            sim["start"] = 0
            assert not sim["o__valid"]
        if rng.random() < 0.5:
            assert started(sim)
            assert image(sim, 5) == CONTENT[:5]
    assert chip.violations == []
    sim.close()


@LINES
def test_bytes_wait_until_they_are_taken(lines):
    rng, (sim, chip) = random.Random(2), rig(lines)
    assert started(sim)
    for byte in CONTENT:
        sim.run_until("o__valid", limit=LONGEST)
        sim.clock(rng.choice([0, 1, 15, 200]))
        assert (sim["o__valid"], sim["o__payload"]) == (1, byte)
        sim["o__ready"] = 1
        sim.clock()
        sim["o__ready"] = 0
    assert chip.violations == []
    sim.close()


@LINES
def test_a_byte_takes_ten_slots_or_six(lines):
    sim, _ = rig(lines)
    assert started(sim)
    sim["o__ready"] = 1
    at = [sim.clocks for _ in range(20) if sim.run_until("o__valid", limit=100) is not None]
    assert {later - earlier for earlier, later in pairwise(at)} == {4 * (8 // lines + 2)}
    sim.close()


@LINES
def test_after_stop_no_byte_leaves_until_start(lines):
    rng, (sim, chip) = random.Random(3), rig(lines)
    for _ in range(20):
        assert started(sim)
        image(sim, 3)
        sim.clock(rng.randrange(100))
        sim["stop"] = 1
        sim.clock()
        sim["stop"] = 0
        sim["o__ready"] = 1
        for _ in range(300):
            assert not sim["o__valid"]
            sim.clock()
        assert (sim["active"], sim["ready"], sim["pins__cs_n"]) == (0, 1, 1)
        sim["start"] = 1
        sim.clock()
        sim["start"], sim["o__ready"] = 0, 0
    assert started(sim)
    assert image(sim, 5) == CONTENT[:5]
    assert chip.violations == []
    sim.close()


@LINES
@pytest.mark.parametrize("fault", [{"absent": True}, {"stuck": 0}, {"stuck": 1}, {"busy_until": 1 << 50}, {"jedec": 0xC22016}])
def test_a_chip_that_does_not_answer(lines, fault):
    sim, _ = rig(lines, **fault)
    assert not started(sim)
    assert (sim["ready"], sim["o__valid"]) == (0, 0)
    sim.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lines": 4}, "^lines must be 1 or 2, not 4$"),
        ({"offset": 1 << 24}, "^offset must be 0..16777215, not 16777216$"),
        ({"pause_bits": 2}, "^pause_bits must be 3..12, not 2$"),
        ({"parts": ()}, "^there must be parts, each with an id of 2 bytes, not "),
    ],
)
def test_parameters_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        SerialFlash(**{"offset": OFFSET, "lines": 1, **options})
