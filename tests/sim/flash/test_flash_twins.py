"""The compiled simulator's chip and IO cells against the Python ones: random traffic, every level, draw, state and violation alike."""

import random
from functools import partial

import pytest

from sim.compiled.build import SimulationError, build
from sim.compiled.flash import CompiledCells, CompiledChip
from sim.compiled.simulation import Simulation
from sim.flash import FlashChip, FlashTiming, Found, IoCells, Pads, Power

from ..conftest import FlashBench

COMMANDS = (0xEB, 0xEB, 0x94, 0x03, 0x0B, 0x3B, 0x9F, 0xAB, 0x90, 0x05, 0x35, 0x50, 0x06, 0x04, 0x31, 0x66, 0x99, 0xB9, 0xFF)
QUICK = FlashTiming(res1=700_000, res2=400_000, dp=300_000, rst=2_000_000, w=3_000_000)


def twins_of(rng, bench):
    """A chip of random content, somewhere, found anyhow, in Python and in C++."""
    content, offset = rng.randbytes(64), rng.choice([0, 0x100000, (1 << 24) - 64])
    found = Found(
        jedec=rng.choice([0xEF7018, 0xEF4018, 0xC22018]),
        quad=rng.choice([None, True, False]),
        power=rng.choice(list(Power)),
        busy_until=rng.choice([0, 5_000_000]),
        timing=QUICK,
        pulled=rng.choice([0b1100, 0, 15]),
        stuck=rng.choice([None] * 8 + [0, 1]),
        absent=rng.random() < 0.1,
        seed=rng.randrange(1, 1 << 32),
    )
    return FlashChip(content, found, offset=offset, strict=False), CompiledChip(bench, content, found, offset=offset)


def clocks_of(rng):
    """One transaction as (io, drive) of each clock: a command with address and data, or noise."""
    command = rng.choice(COMMANDS) if rng.random() < 0.9 else rng.randrange(256)
    rest = rng.choice([0, 0, 8, 24, 40, 70])
    clocks = [(command >> bit & 1 | 0xC, rng.choice([15, 15, 15, 13, 1])) for bit in range(7, -1, -1)]
    if command in (0xEB, 0x94) and rng.random() < 0.9:
        if rng.random() < 0.5:
            clocks = []  # as in continuous read mode
        address = rng.choice([0, 0x100000, 0xFFFFF0]) + rng.randrange(64)
        clocks += [(address >> 4 * nibble & 15, 15) for nibble in range(5, -1, -1)]
        clocks += [(rng.choice([0xA, 0xF, 2]), 15), (rng.randrange(16), 15)] + [(0, 0)] * (4 + rest)
    elif command == 0x31:
        clocks += [(bit | 0xC, 13) for bit in (0, 0, 0, 0, 0, 0, rng.randrange(2), 0)]
    else:
        clocks += [(rng.randrange(2) | 0xC, rng.choice([13, 13, 15, 0])) for _ in range(rest)]
    if rng.random() < 0.1:
        clocks = clocks[: rng.randrange(len(clocks) + 1)]
    return clocks


def states(chip):
    return chip.now, chip.asleep, chip.quad, chip.continuous


@pytest.mark.parametrize("sweep", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_chips_are_alike(bench, sweep):
    rng, kinds, driven = random.Random(1), set(), 0
    for _ in range(sweep):
        chip, twin = twins_of(rng, bench)
        now = 0

        def both(now, *, chip=chip, twin=twin, **pins):
            for one in (chip, twin):
                one.set(now, **pins)

        for _ in range(30):
            half = rng.choice([3_500, 4_000, 7_000, 10_000, 12_500])
            both(now, cs_n=0, clk=0, io=15, drive=0)
            now += rng.choice([0, 4_000, 6_000])
            for io, drive in clocks_of(rng):
                late = rng.choice([0] * 20 + [half - 1_000])
                now += late
                both(now, cs_n=0, clk=0, io=io, drive=drive)
                now -= late
                for clk in (1, 0):
                    now += half
                    asked = max(now - rng.choice([0, 2_000, 6_500]), chip.now)
                    assert chip.read(asked) == twin.read(asked)
                    both(now, cs_n=0, clk=clk, io=io, drive=drive)
                levels = chip.out(now + 1_000)
                assert levels == twin.out(now + 1_000)
                driven += levels[1] != 0
            if rng.random() < 0.2:
                now += half
                both(now, cs_n=0, clk=1, io=0, drive=0)
                now += rng.choice([1_000, 3_000])
            both(now, cs_n=1, clk=0, io=0, drive=0)
            assert chip.out(now + 3_000) == twin.out(now + 3_000)
            now += rng.choice([9_000, 20_000, 60_000, 1_000_000])
            assert states(chip) == states(twin)
        assert chip.violations[:256] == twin.violations
        kinds |= {violation.name for violation in chip.violations}
    assert driven > 100 * sweep
    assert kinds >= {"tSHSL1", "tSHSL2", "tSLCH", "tCLL", "tCLH", "FR", "fR", "tDVCH", "contention", "HOLD#", "tRES1", "tCHSH"}


@pytest.mark.parametrize("sweep", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_cells_are_alike(bench, sweep):
    rng, values = random.Random(2), set()
    for _ in range(sweep):
        chip, twin = twins_of(rng, bench)
        pads = Pads(out=rng.randrange(0, 12_000), back=rng.randrange(0, 9_000))
        period = rng.choice([13_888, 27_778])
        cells, twins = IoCells(chip, period=period, pads=pads), CompiledCells(twin, period=period, pads=pads)
        for _ in range(25):
            clocks = [(0, rng.choice([2, 2, 2, 1]), io, drive == 15) for io, drive in clocks_of(rng)]
            for cs_n, sck, io_o, io_oe in [*clocks, *[(1, 0, 15, rng.randrange(2))] * rng.choice([1, 3, 4, 5, 60])]:
                levels = {"cs_n": cs_n, "sck": sck, "io_o": io_o, "io_oe": io_oe}
                seen = cells.edge(**levels)
                assert seen == twins.edge(**levels)
                values.add(seen)
        assert cells.flush() == twins.flush()
        assert states(cells.chip) == states(twins.chip)
        assert cells.chip.violations[:256] == twins.chip.violations
    assert len(values) == 256


def test_a_changed_byte_shows(bench):
    """The negative control: the comparison of the reads above finds one bit of the content."""
    content, awake = bytes(64), Found(power=Power.AWAKE)
    pins = {"cs_n": 0, "clk": 0, "io": 12, "drive": 13}
    reads = []
    for chip in (FlashChip(content, awake), CompiledChip(bench, content[:9] + b"\x20" + content[10:], awake)):
        now, got = 0, []
        for bit in f"{0x03000000:032b}" + "0" * 128:
            chip.set(now, **pins | {"io": 12 | int(bit)})
            chip.set(now + 20_000, **pins | {"io": 12 | int(bit), "clk": 1})
            chip.set(now + 40_000, **pins | {"io": 12 | int(bit)})
            now += 60_000
            got.append(chip.read(now) >> 1 & 1)
        reads.append(got[31:])
    differ = [at for at, (one, other) in enumerate(zip(*reads, strict=True)) if one != other]
    assert differ == [9 * 8 + 2]


def test_parameters_are_checked(bench):
    for make in (FlashChip, partial(CompiledChip, bench)):
        with pytest.raises(ValueError, match="must lie within 16777216 bytes"):
            make(b"ab", offset=0xFFFFFF)
    for name, wrong in (("jedec", 1 << 24), ("pulled", 16), ("stuck", 2), ("stuck", -1), ("seed", 0), ("seed", 1 << 32)):
        with pytest.raises(ValueError, match=f"{name} must be .*, not {wrong}"):
            Found(**{name: wrong})
    for cells, chip in ((IoCells, FlashChip()), (CompiledCells, CompiledChip(bench))):
        with pytest.raises(ValueError, match="period must be an even number"):
            cells(chip, period=3)
        with pytest.raises(ValueError, match="pads must have delays"):
            cells(chip, period=4, pads=Pads(out=-1))
    with pytest.raises(ValueError, match="clqx must be at most clqv"):
        FlashTiming(clqx=7000)
    with pytest.raises(ValueError, match="dvch must be 0 or more"):
        FlashTiming(dvch=-1)


@pytest.mark.parametrize("domain", ["sync", "flash"])
@pytest.mark.parametrize("logic", [False, True])
def test_cells_at_the_pins_of_a_design(domain, logic):
    """A design that drives the pins from registers, or by logic from registers, in one clock domain or in one twice as fast: it sees what
    the Python cells say for the levels it presents before each edge."""
    sim = Simulation(build(FlashBench(domain=domain, logic=logic)))
    rng = random.Random(3)
    content, pads, edges = rng.randbytes(64), Pads(out=3_000, back=2_000), 2 if domain == "flash" else 1
    found = Found(power=Power.CONTINUOUS)
    cells = IoCells(FlashChip(content, found, strict=False), period=13_888, pads=pads)
    attached = CompiledChip(sim, content, found).attach(sim, period=13_888, pads=pads)
    register, seen, back, driven = 1, 0, 0xFF, set()
    for _ in range(400):
        for io, drive in [*clocks_of(rng), *[(15, -1)] * 5]:
            sim["drive"] = int(drive < 0) | 2 << 1 | io << 3 | (drive == 15) << 7
            for _ in range(edges):
                seen = back
                levels = {"cs_n": register & 1, "sck": register >> 1 & 3, "io_o": register >> 3 & 15, "io_oe": register >> 7}
                back, register = cells.edge(**levels), sim["drive"]
            sim.clock()
            assert sim["seen"] == seen
            driven.add(seen)
    assert len(driven) > 100
    assert attached.detach() == cells.flush()
    assert sim["fast"] == edges * sim["slow"] & 0xFFFF
    sim.close()


def test_the_clock_of_the_flash_is_twice_as_fast():
    sim = Simulation(build(FlashBench()))
    sim.clock(5)
    assert (sim["slow"], sim["fast"], sim["copied"]) == (5, 10, 9)
    assert sim.run_until("slow", value=20, limit=50) == 16
    assert (sim["slow"], sim["fast"]) == (21, 42)
    sim["rst"] = 1
    sim.clock()
    sim["rst"] = 0
    assert (sim["slow"], sim["fast"]) == (0, 44)
    sim.close()


def test_pins_must_be_pins(bench):
    with pytest.raises(SimulationError, match="no signal or memory 'flash__cs_n'"):
        CompiledChip(bench).attach(bench, period=10)
    with pytest.raises(SimulationError, match=r"'inner\.pair\.high' must be a port or a register"):
        bench.output("inner.pair.high")
    with pytest.raises(SimulationError, match=r"'inner\.value' must be one signal of at most 32 bits"):
        bench.output("inner.value")
    with pytest.raises(SimulationError, match="'odd' must be an input of the design"):
        bench.input("odd")
