"""The compiled simulator's SDRAM and IO registers against the Python ones: random traffic, every level, draw, state and violation alike."""

import random
from dataclasses import replace
from functools import partial

import pytest

from boards.sdram import AS4C32M16SB_7, EM638325_6, IS42S16160G_7, MT48LC16M16A2_7E
from sim.compiled.sdram import CompiledSdram, CompiledSdramCells
from sim.sdram import Command, SdramCells, SdramChip, SdramPads

PARTS = (AS4C32M16SB_7, EM638325_6, IS42S16160G_7, MT48LC16M16A2_7E)
QUICK = {"t_start": 100_000, "t_ras_max": 3_000_000, "refreshes": 8, "t_ref": 8 * 400_000}
A10 = 1 << 10
LIMITS = "t_ck t_ch t_cl t_is t_ih t_rcd t_rp t_ras t_ras_max t_rc t_rfc t_rrd t_wr t_mrd t_start t_ref t_refi"
KINDS = {*LIMITS.split(), "start", "mode", "contention", *(command.title for command in list(Command)[:-1])}


class Traffic:
    """Commands that mostly have their place, and mostly come in time: (gap in ps, command, bank, address, whether data are driven)."""

    def __init__(self, rng, part):
        self.rng, self.part = rng, part
        self.open = [False] * 4
        self.queue = []

    def __iter__(self):
        return self

    def __next__(self):
        rng, part = self.rng, self.part
        if not self.queue:
            self.queue = list(self._some())
        command, bank, address, drive = self.queue.pop(0)
        gap = rng.choice([part.t_ck, 10_000, 10_000, rng.randrange(4_500, 20_000), rng.choice([20_000, 70_000, 70_000, 70_000, 500_000])])
        if rng.random() < 0.01:
            command, address = rng.randrange(8), rng.randrange(1 << part.row_bits)
        return gap, command, bank, address & (1 << part.row_bits) - 1, drive

    def starts(self):
        """The start, now and then in a wrong order."""
        steps = [(2, A10), (1, 0), (1, 0), (0, self._mode())]
        if self.rng.random() < 0.2:
            steps.insert(self.rng.randrange(4), (self.rng.randrange(8), 0))
        wait = self.rng.choice([2, 14])
        for command, address in steps:
            self.queue += [(7, 0, 0, False)] * wait + [(command, 0, address, False)]
        self.queue += [(7, 0, 0, False)] * 2

    def _mode(self):
        return self.rng.choice([0x30, 0x31, 0x32, 0x33, 0x232, 0x233, 0x233, 0x30, 0x20] + [0x37] * (self.rng.random() < 0.1))

    def _some(self):
        rng, bank = self.rng, self.rng.randrange(4)
        nops = [(7, 0, 0, False)] * rng.choice([0, 1, 1, 2, 3, 8])
        kind = rng.random()
        if kind < 0.12:
            self.open = [False] * 4
            yield from [(2, 0, A10, False), *nops, *[(1, 0, 0, False), *nops] * rng.randrange(3)]
            if rng.random() < 0.1:
                yield from [(0, 0, self._mode(), False), *nops]
        elif not self.open[bank]:
            self.open[bank] = True
            yield from [(3, bank, rng.randrange(4) << 7, False), *nops]
        elif kind < 0.3:
            self.open[bank] = False
            yield from [(2, bank, 0, False), *nops]
        elif kind < 0.33:
            yield from [(6, 0, 0, False), *nops]
        else:
            write, auto = rng.random() < 0.5, rng.random() < 0.2
            self.open[bank] &= not auto
            if write and rng.random() < 0.9:
                yield from [(7, 0, 0, False)] * 4
            yield (4 if write else 5, bank, rng.randrange(32) | A10 * auto, write)
            yield from [(7, 0, 0, write and rng.random() < 0.95)] * rng.randrange(9)
            yield from nops


def twins_of(rng, bench):
    part = replace(rng.choice(PARTS), **QUICK)
    seed = rng.randrange(1, 1 << 32)
    return part, SdramChip(part, seed=seed, strict=False), CompiledSdram(bench, part, seed=seed)


def states(chip):
    return chip.now, chip.started, [chip.row(bank, row << 7) for bank in range(4) for row in range(4)]


@pytest.mark.parametrize("sweep", [25, pytest.param(600, marks=pytest.mark.slow)])
def test_chips_are_alike(bench, sweep):
    rng, kinds, driven = random.Random(1), set(), 0
    for _ in range(sweep):
        part, chip, twin = twins_of(rng, bench)
        for one in (chip, twin):
            one.fill(b"abcdefgh", bank=1, row=1 << 7, column=20)
        traffic, lines, now = Traffic(rng, part), (1 << part.bits) - 1, 50_000
        traffic.starts()
        pins = {"clk": 0, "command": 7, "bank": 0, "address": 0, "dq": 0, "drive": 0}
        for _, (gap, command, bank, address, drive) in zip(range(600), traffic, strict=False):
            now += gap
            early = rng.choice([part.t_is] * 40 + [part.t_is - 1, 0])
            late = rng.choice([part.t_ih] * 40 + [part.t_ih - 1, 0])
            mask = rng.choice([lines, lines, lines, lines & 0xFF]) if drive else 0
            levels = {"command": command, "bank": bank, "address": address, "dq": rng.randrange(lines + 1), "drive": mask}
            moves = [(now - early, levels), (now, {"clk": 1}), (now + rng.choice([part.t_ch] * 30 + [2_000, 4_000]), {"clk": 0})]
            moves.append((now + late, {"command": 7, "bank": 0, "drive": 0}))
            for time, change in sorted(moves, key=lambda move: move[0]):
                for asked in sorted(rng.randrange(chip.now, max(time, chip.now + 1)) for _ in range(rng.randrange(2))):
                    levels = chip.out(asked)
                    assert levels == twin.out(asked)
                    driven += levels[1] != 0
                    assert chip.read(asked) == twin.read(asked)
                pins |= change
                for one in (chip, twin):
                    one.set(max(time, chip.now), **pins)
        assert states(chip) == states(twin)
        assert chip.violations[:256] == twin.violations
        kinds |= {violation.name for violation in twin.violations}
    assert kinds == KINDS
    assert driven > 100 * sweep


@pytest.mark.parametrize("sweep", [12, pytest.param(300, marks=pytest.mark.slow)])
def test_cells_are_alike(bench, sweep):
    rng, reads = random.Random(2), 0
    for _ in range(sweep):
        part, chip, twin = twins_of(rng, bench)
        period = rng.choice([12_500, 14_000, 16_000, 20_000]) // 4 * 4
        pads = SdramPads(out=rng.randrange(12_000), out_clk=rng.randrange(12_000), back=rng.randrange(9_000))
        start = rng.choice([0, 123_456])
        cells = SdramCells(chip, period=period, pads=pads, start=start)
        twins = CompiledSdramCells(twin, period=period, pads=pads, start=start)
        traffic, lines = Traffic(rng, part), (1 << part.bits) - 1
        traffic.starts()
        for _ in range(600):
            (_, *first, drive), (_, *second, _) = next(traffic), next(traffic)
            command, bank, address = (one | two << bits for one, two, bits in zip(first, second, (3, 2, 13), strict=True))
            levels = {"command": command, "bank": bank, "address": address, "dq_o": rng.randrange(lines + 1), "dq_oe": int(drive)}
            seen = cells.edge(**levels)
            assert seen == twins.edge(**levels)
            assert seen >> 4 * part.bits == 0
            reads += 5 in (first[0], second[0])
        assert cells.flush() == twins.flush()
        assert states(chip) == states(twin)
        assert chip.violations[:256] == twin.violations
    assert reads > 20 * sweep


def test_a_changed_bit_shows(bench):
    """The negative control: the comparison of the rows above finds one bit of a word."""
    chip, twin = (make(IS42S16160G_7, seed=3) for make in (SdramChip, partial(CompiledSdram, bench)))
    assert chip.row(2, 9) == twin.row(2, 9)
    twin.fill(bytes([chip.row(2, 9)[0] ^ 0x20, chip.row(2, 9)[1]]), bank=2, row=9)
    assert [at for at, (one, other) in enumerate(zip(chip.row(2, 9), twin.row(2, 9), strict=True)) if one != other] == [0]


def test_parameters_are_checked(bench):
    with pytest.raises(ValueError, match=r"seed must be 1\.\.4294967295, not 0"):
        CompiledSdram(bench, IS42S16160G_7, seed=0)
    twin = CompiledSdram(bench, IS42S16160G_7)
    with pytest.raises(ValueError, match=r"bank must be 0\.\.3, not 4"):
        twin.row(4, 0)
    with pytest.raises(ValueError, match="at most 4 bytes, not 6"):
        twin.fill(bytes(6), bank=0, row=0, column=510)
    with pytest.raises(ValueError, match="period must be a multiple of 4"):
        CompiledSdramCells(twin, period=10_001)
