"""The IO registers and pads in front of an SDRAM: when each pin changes, and when DQ is sampled."""

import random
from itertools import pairwise

import pytest

from boards.sdram import EM638325_6, IS42S16160G_7
from sim.sdram import SdramCells, SdramChip, SdramPads

REST = {"command": 7, "bank": 0, "address": 0, "dq": 0, "drive": 0, "clk": 0}


class Recorder(SdramChip):
    """A chip that only writes down what happens at its pins; its lines count how often they are read."""

    def __init__(self, part):
        super().__init__(part)
        self.changes, self.readings = [], []

    def set(self, now, **pins):
        assert now >= self.now
        self.now = now
        self.changes.append((now, pins))

    def read(self, now):
        self.readings.append(now)
        return len(self.readings)


def wave(changes):
    """The pins from each time on at which one of them changes."""
    states = {-1: dict(REST)}
    for time, pins in sorted(changes, key=lambda change: change[0]):
        states[time] = list(states.values())[-1] | pins
    times = list(states)
    return [(now, states[now]) for last, now in pairwise(times) if states[now] != states[last]]


@pytest.mark.parametrize("seed", range(20))
def test_every_change_and_every_sample_has_its_time(seed):
    rng = random.Random(seed)
    period, part = 4 * rng.randrange(1_000, 10_000), rng.choice([IS42S16160G_7, EM638325_6])
    pads = SdramPads(out=rng.randrange(3 * period), out_clk=rng.randrange(3 * period), back=rng.randrange(3 * period))
    chip, start, lines, changes = Recorder(part), rng.randrange(10 * period), (1 << part.bits) - 1, []
    cells = SdramCells(chip, period=period, pads=pads, start=start)
    for edge in range(40):
        now = start + edge * period
        slots = [(rng.randrange(8), rng.randrange(4), rng.randrange(1 << 13)) for _ in range(2)]
        dq_o, dq_oe = rng.randrange(lines + 1), rng.randrange(2)
        command, bank, address = (one | two << bits for one, two, bits in zip(*slots, (3, 2, 13), strict=True))
        seen = cells.edge(command=command, bank=bank, address=address, dq_o=dq_o, dq_oe=dq_oe)
        assert [seen >> part.bits * number & lines for number in range(4)] == [4 * edge + number + 1 for number in range(4)]
        assert chip.readings[-4:] == [max(now + (number - 6) * period // 4 - pads.back, 0) for number in range(4)]
        for number, slot in enumerate(slots):
            at = now + number * period // 2
            pins = dict(zip(("command", "bank", "address"), slot, strict=True))
            changes.append((at + pads.out, pins | {"dq": dq_o, "drive": 0 if number or not dq_oe else lines}))
            changes += [(at + pads.out_clk, {"clk": 0}), (at + pads.out_clk + period // 4, {"clk": 1})]
    assert cells.flush() >= start + 40 * period
    assert wave(chip.changes) == wave(changes)


def test_what_must_be_whole():
    for period in (0, 2, 10_002):
        with pytest.raises(ValueError, match=f"period must be a multiple of 4 picoseconds, not {period}"):
            SdramCells(SdramChip(IS42S16160G_7), period=period)
    for name in ("out", "out_clk", "back"):
        with pytest.raises(ValueError, match=f"{name} must be 0 or more picoseconds, not -1"):
            SdramPads(**{name: -1})
