"""An SDRAM at the pins of a compiled design: what the design sees, clock by clock, and a design that starts, writes and reads."""

import random
from dataclasses import replace

import pytest

from boards.sdram import IS42S16160G_7
from sim.compiled.build import SimulationError, build
from sim.compiled.sdram import CompiledSdram
from sim.compiled.simulation import Simulation
from sim.sdram import Command, SdramCells, SdramChip, SdramPads

from ..conftest import SdramBench
from .test_sdram_twins import QUICK, Traffic

PERIOD = 20_000
PADS = SdramPads(out=3_000, out_clk=3_000, back=2_000)
WORDS = [0x1234, 0xFEDC, 0x0F0F, 0xA55A]


@pytest.mark.parametrize("logic", [False, True])
def test_a_design_sees_what_the_python_cells_say(logic):
    """Driven from registers, or by logic from them."""
    sim, rng = Simulation(build(SdramBench(logic=logic))), random.Random(3)
    part = replace(IS42S16160G_7, **QUICK)
    cells = SdramCells(SdramChip(part, seed=7, strict=False), period=PERIOD, pads=PADS)
    attached = CompiledSdram(sim, part, seed=7).attach(sim, period=PERIOD, pads=PADS)
    traffic, register, back = Traffic(rng, part), 63, 0
    traffic.starts()
    for _ in range(2_000):
        (_, *first, drive), (_, *second, _) = next(traffic), next(traffic)
        command, bank, address = (one | two << bits for one, two, bits in zip(first, second, (3, 2, 13), strict=True))
        sim["drive"] = command | bank << 6 | address << 10 | rng.randrange(1 << 16) << 36 | drive << 52
        fields = [register >> at & (1 << bits) - 1 for at, bits in ((0, 6), (6, 4), (10, 26), (36, 16), (52, 1))]
        seen, back = back, cells.edge(**dict(zip(("command", "bank", "address", "dq_o", "dq_oe"), fields, strict=True)))
        register = sim["drive"]
        sim.clock()
        assert sim["seen"] == seen
    assert attached.detach() == cells.flush()
    assert attached.chip.violations == cells.chip.violations[:256]
    assert len(cells.chip.violations) > 100
    sim.close()


def script(part):
    """A start as soon as the part allows at PERIOD, then WORDS into row 5 of bank 1, single writes, and one burst that reads them."""

    def clocks(time):
        return -(-time // PERIOD) + 1

    now, steps = clocks(part.t_start) + 2, {}
    commands = [
        (Command.PRECHARGE, 0, 1 << 10, part.t_rp),
        (Command.AUTO_REFRESH, 0, 0, part.t_rfc),
        (Command.AUTO_REFRESH, 0, 0, part.t_rfc),
        (Command.LOAD_MODE_REGISTER, 0, 0x232, 2 * PERIOD),
        (Command.ACTIVATE, 1, 5, part.t_rcd),
        *((Command.WRITE, 1, 8 + column, 0) for column in range(4)),
        (Command.READ, 1, 8, 10 * PERIOD),
        (Command.PRECHARGE, 1, 0, 0),
    ]
    for number, (command, bank, address, wait) in enumerate(commands):
        steps[now] = command, bank, address, WORDS[number - 5] if command is Command.WRITE else None
        now += clocks(wait) if wait else 1
    return steps


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_design_that_starts_writes_and_reads(spoilt):
    """``spoilt``: data come back half a clock of the chip later than the design takes them."""
    part = IS42S16160G_7
    steps = script(part)
    read = next(now for now, step in steps.items() if step[0] is Command.READ)
    design = SdramBench(script=steps, takes=range(read + 5, read + 7))
    sim = Simulation(build(design))
    chip = CompiledSdram(sim, part)
    attached = chip.attach(sim, period=PERIOD, pads=replace(PADS, back=7_000 if spoilt else 2_000))
    sim.clock(max(steps) + 10)
    assert (chip.started, chip.violations) == (True, [])
    assert chip.row(1, 5)[16:24] == b"".join(word.to_bytes(2, "little") for word in WORDS)
    got = [sim["got"] >> 16 * number & 0xFFFF for number in range(4)]
    assert (got[2:] == [WORDS[0], WORDS[2]]) == (not spoilt)
    attached.detach()
    sim.close()


def test_what_is_filled_is_read(bench):
    sim = Simulation(build(SdramBench(script=script(IS42S16160G_7))))
    chip = CompiledSdram(sim, IS42S16160G_7)
    chip.fill(bytes(range(256)) * 4, bank=1, row=5)
    chip.attach(sim, period=PERIOD, pads=PADS)
    sim.clock(20)
    assert chip.row(1, 5) == bytes(range(256)) * 4
    assert not chip.started
    sim.close()
    assert chip.row(1, 5) == bytes(range(256)) * 4


def test_pins_must_be_pins(bench):
    with pytest.raises(SimulationError, match="no signal or memory 'sdram__command'"):
        CompiledSdram(bench, IS42S16160G_7).attach(bench, period=PERIOD)
    with pytest.raises(SimulationError, match="'value' must be an input of the design, of at most 64 bits"):
        bench.input("value", bits=64)
