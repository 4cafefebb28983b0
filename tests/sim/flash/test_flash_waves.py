"""The flash model against the datasheet's waveforms, as literal pin tables: what the figures of section 8.2 show, clock by clock.

A column is one clock; CS# falls before the first and rises after the last. "in" rows are the FPGA's levels ("z": not driven), "out"
rows what the chip must show at the clock's rising edge ("z": not driven by it). Lines without a row are driven high, but for IO1.
"""

import pytest

from sim.flash import FlashChip, FlashTiming, Found, Power
from sim.violations import ChipError

from .flash_master import configure

HALF = 7_000  # ps: 71 MHz
CONTENT = bytes([0xC5, 0x3A, 0x96, 0x0F])  # from 123456h on

# 8.2.11, figure "Fast Read Quad I/O Instruction (Initial instruction or previous M5-4 = 10)": EBh, 123456h, M7-0 = A0h, 4 dummies, C5h 3Ah
FIRST_ACCESS = """
in0   1 1 1 0 1 0 1 1   1 0 1 0 1 0   0 0   z z z z   z z z z
in1   1 1 1 1 1 1 1 1   0 1 1 0 0 1   1 0   z z z z   z z z z
in2   1 1 1 1 1 1 1 1   0 0 0 1 1 1   0 0   z z z z   z z z z
in3   1 1 1 1 1 1 1 1   0 0 0 0 0 0   1 0   z z z z   z z z z
out0  z z z z z z z z   z z z z z z   z z   z z z z   0 1 1 0
out1  z z z z z z z z   z z z z z z   z z   z z z z   0 0 1 1
out2  z z z z z z z z   z z z z z z   z z   z z z z   1 1 0 0
out3  z z z z z z z z   z z z z z z   z z   z z z z   1 0 0 1
"""
# figure "Fast Read Quad I/O Instruction (Previous instruction set M5-4 = 10)": address 123458h at once, M7-0 = A0h
CONTINUED = """
in0   1 0 1 0 1 0   0 0   z z z z   z z z z
in1   0 1 1 0 0 0   1 0   z z z z   z z z z
in2   0 0 0 1 1 0   0 0   z z z z   z z z z
in3   0 0 0 0 0 1   1 0   z z z z   z z z z
out0  z z z z z z   z z   z z z z   1 0 0 1
out1  z z z z z z   z z   z z z z   0 1 0 1
out2  z z z z z z   z z   z z z z   0 1 0 1
out3  z z z z z z   z z   z z z z   1 0 0 1
"""
# table 8.1.3, figure "Read Manufacturer / Device ID Quad I/O": 94h, 000000h, M7-0 = FFh, 4 dummies, EFh 17h, EFh again
QUAD_ID = """
in0   1 0 0 1 0 1 0 0   0 0 0 0 0 0   1 1   z z z z   z z z z z z
in1   1 1 1 1 1 1 1 1   0 0 0 0 0 0   1 1   z z z z   z z z z z z
in2   1 1 1 1 1 1 1 1   0 0 0 0 0 0   1 1   z z z z   z z z z z z
in3   1 1 1 1 1 1 1 1   0 0 0 0 0 0   1 1   z z z z   z z z z z z
out0  z z z z z z z z   z z z z z z   z z   z z z z   0 1 1 1 0 1
out1  z z z z z z z z   z z z z z z   z z   z z z z   1 1 0 1 1 1
out2  z z z z z z z z   z z z z z z   z z   z z z z   1 1 0 1 1 1
out3  z z z z z z z z   z z z z z z   z z   z z z z   1 1 0 0 1 1
"""
# figure "Release Power-down / Device ID": ABh, 3 dummy bytes, 17h, 17h
WAKE_ID = """
in0   1 0 1 0 1 0 1 1   0 0 0 0 0 0 0 0   0 0 0 0 0 0 0 0   0 0 0 0 0 0 0 0   z z z z z z z z   z z z z
out1  z z z z z z z z   z z z z z z z z   z z z z z z z z   z z z z z z z z   0 0 0 1 0 1 1 1   0 0 0 1
out0  z z z z z z z z   z z z z z z z z   z z z z z z z z   z z z z z z z z   z z z z z z z z   z z z z
"""
# figure "Read JEDEC ID": 9Fh, EFh 70h 18h
JEDEC_ID = """
in0   1 0 0 1 1 1 1 1   z z z z z z z z   z z z z z z z z   z z z z z z z z
out1  z z z z z z z z   1 1 1 0 1 1 1 1   0 1 1 1 0 0 0 0   0 0 0 1 1 0 0 0
out2  z z z z z z z z   z z z z z z z z   z z z z z z z z   z z z z z z z z
"""
# figures "Write Enable for Volatile Status Register" and "Write Status Register-2": 50h; 31h 02h; and 35h reads it: 02h
VOLATILE_ENABLE = """
in0   0 1 0 1 0 0 0 0
out1  z z z z z z z z
"""
WRITE_STATUS_2 = """
in0   0 0 1 1 0 0 0 1   0 0 0 0 0 0 1 0
out1  z z z z z z z z   z z z z z z z z
"""
READ_STATUS_2 = """
in0   0 0 1 1 0 1 0 1   z z z z z z z z   z z z z z z z z
out1  z z z z z z z z   0 0 0 0 0 0 1 0   0 0 0 0 0 0 1 0
"""


class Wave:
    """Plays tables one after another on a chip."""

    def __init__(self, *, strict=True, **found):
        self.chip = FlashChip(CONTENT, Found(**found), offset=0x123456, strict=strict)
        self.now = 0

    def play(self, table, *, deselect=60_000):
        """Returns the places (row, clock) where the chip differs from the table."""
        rows = {row.split()[0]: row.split()[1:] for row in table.strip().splitlines()}
        differ = []
        for clock in range(len(rows["in0"])):
            levels = [rows[f"in{line}"][clock] if f"in{line}" in rows else "1z"[line == 1] for line in range(4)]
            io = sum((level == "1") << line for line, level in enumerate(levels))
            pins = {"cs_n": 0, "io": io, "drive": sum((level != "z") << line for line, level in enumerate(levels))}
            self.chip.set(self.now, clk=0, **pins)
            self.now += HALF
            out, mask = self.chip.out(self.now)
            for line in range(4):
                shown = "z" if not mask >> line & 1 else str(out >> line & 1)
                if f"out{line}" in rows and shown != rows[f"out{line}"][clock]:
                    differ.append((f"out{line}", clock))
            self.chip.set(self.now, clk=1, **pins)
            self.now += HALF
        self.chip.set(self.now, cs_n=0, clk=0, io=0, drive=0)
        self.now += HALF
        self.chip.set(self.now, cs_n=1, clk=0, io=0, drive=0)
        self.now += deselect
        return differ


def awake(**chip):
    return Wave(power=Power.AWAKE, quad=True, **chip)


def test_first_access_and_continued_access():
    wave = awake()
    assert wave.play(FIRST_ACCESS, deselect=10_000) == []
    assert wave.chip.continuous
    assert wave.play(CONTINUED, deselect=10_000) == []
    assert wave.play(CONTINUED) == []
    assert not wave.chip.violations
    command = Wave(power=Power.CONTINUOUS, strict=False)
    assert command.play(JEDEC_ID) != []  # is taken for an address


def test_mode_bits_other_than_10_end_it():
    """M5-4 = 10 goes on (Axh, 2xh, Exh), anything else ends (8.2.11)."""
    for mode in range(16):
        bits = [mode >> line & 1 for line in range(4)]
        table = FIRST_ACCESS
        rows = table.strip().splitlines()
        for line in range(4):
            cells = rows[line].split()
            cells[1 + 14] = str(bits[line])
            rows[line] = " ".join(cells)
        wave = awake()
        assert wave.play("\n".join(rows)) == []
        assert wave.chip.continuous == (mode & 3 == 2)
        assert wave.play(CONTINUED if mode & 3 == 2 else FIRST_ACCESS) == []


def test_eight_clocks_of_ones_leave_continuous_reading():
    """FFh on all four lines: address FFFFFFh, mode FFh (8.2.11)."""
    wave = Wave(power=Power.CONTINUOUS)
    assert wave.play("\n".join(f"in{line}" + " 1" * 8 for line in range(4))) == []
    assert not wave.chip.continuous
    assert wave.play(JEDEC_ID) == []
    short = Wave(power=Power.CONTINUOUS)
    short.play("\n".join(f"in{line}" + " 1" * 6 for line in range(4)))
    assert short.chip.continuous


def test_quad_id_needs_the_quad_bit():
    assert awake().play(QUAD_ID) == []
    assert {row for row, _ in Wave(power=Power.AWAKE, quad=False, strict=False).play(QUAD_ID)} == {"out0", "out1", "out2", "out3"}


def test_wake_with_id_and_the_id():
    wave = Wave()
    assert wave.play(JEDEC_ID) != []
    assert wave.chip.asleep
    assert wave.play(WAKE_ID, deselect=1_800_000) == []  # tRES2
    assert wave.play(JEDEC_ID) == []
    assert not wave.chip.asleep


@pytest.mark.parametrize(("wait", "answers"), [(2_999_000, False), (3_000_000, True)])
def test_waking_takes_its_time(wait, answers):
    wave = Wave(strict=False)
    wave.play("in0 1 0 1 0 1 0 1 1", deselect=wait)
    assert (wave.play(JEDEC_ID) == []) == answers
    assert [violation.name for violation in wave.chip.violations] == ([] if answers else ["tRES1"])


def test_volatile_quad_enable():
    wave = Wave(power=Power.AWAKE)
    assert not wave.chip.quad
    assert [wave.play(table) for table in (VOLATILE_ENABLE, WRITE_STATUS_2, READ_STATUS_2, QUAD_ID)] == [[]] * 4
    reset = [f"in0 {' '.join(f'{command:08b}')}" for command in (0x66, 0x99)]
    wave.play(reset[0])
    wave.play(reset[1], deselect=30_000_000)
    assert not wave.chip.quad  # the register it came from is unchanged (8.2.43)
    assert wave.play(READ_STATUS_2) == [("out1", 14), ("out1", 22)]


def test_a_write_without_its_enable_does_nothing():
    wave = Wave(power=Power.AWAKE)
    wave.play(WRITE_STATUS_2)
    assert not wave.chip.quad
    wave.play(VOLATILE_ENABLE)
    wave.play(WRITE_STATUS_2)
    wave.play(WRITE_STATUS_2.replace("0 1 0\n", "0 0 0\n"))  # 50h enables once
    assert wave.chip.quad


def test_stored_quad_enable_keeps_it_busy():
    wave = Wave(power=Power.AWAKE, timing=FlashTiming(w=10_000_000))
    status = "in0 0 0 0 0 0 1 0 1 z z z z z z z z\nout1 z z z z z z z z 0 0 0 0 0 0 {} {}"
    wave.play("in0 0 0 0 0 0 1 1 0")
    assert wave.play(status.format(1, 0)) == []
    wave.play(WRITE_STATUS_2)
    assert wave.play(status.format(0, 1)) == []
    assert wave.play(JEDEC_ID) != []
    wave.now += 10_000_000
    assert wave.play(status.format(0, 0)) == []
    assert wave.play(JEDEC_ID) == []
    wave.play("in0 0 1 1 0 0 1 1 0")
    wave.play("in0 1 0 0 1 1 0 0 1", deselect=30_000_000)
    assert wave.chip.quad


def test_a_busy_chip_tells_its_status_only():
    wave = awake(busy_until=3_000_000)
    assert wave.play(FIRST_ACCESS) != []
    assert not wave.chip.continuous
    wave.now = 3_000_000
    assert wave.play(FIRST_ACCESS) == []


def test_sleep():
    wave = awake()
    wave.play("in0 1 0 1 1 1 0 0 1", deselect=3_000_000)
    assert wave.chip.asleep
    assert wave.play(FIRST_ACCESS) != []
    wave.play("in0 1 0 1 0 1 0 1 1", deselect=3_000_000)
    assert wave.play(FIRST_ACCESS) == []


@pytest.mark.parametrize("table", [FIRST_ACCESS, CONTINUED, QUAD_ID, WAKE_ID, JEDEC_ID, READ_STATUS_2])
def test_the_comparison_finds_a_changed_level(table):
    """The negative control: every level of every out row, changed, is found."""
    rows = table.strip().splitlines()
    for number, row in enumerate(rows):
        if not row.startswith("out"):
            continue
        cells = row.split()
        for at in range(1, len(cells)):
            other = [*cells[:at], {"0": "1", "1": "0", "z": "0"}[cells[at]], *cells[at + 1 :]]
            wave = Wave(power=Power.CONTINUOUS) if table is CONTINUED else awake()
            assert wave.play("\n".join([*rows[:number], " ".join(other), *rows[number + 1 :]])) == [(cells[0], at - 1)]


def test_outputs_are_unstable_between_hold_and_valid():
    """tCLQX = 1.5 ns, tCLQV = 6 ns after the falling edge: the old level before, the new one after, anything between; tSHQZ at the end."""
    wave = awake()
    chip, pins = wave.chip, {"cs_n": 0, "io": 0, "drive": 0}
    rows = [row.split()[1:] for row in FIRST_ACCESS.strip().splitlines()[:4]]
    for clock in range(20):
        levels = [row[clock] for row in rows]
        given = pins | {
            "io": sum((x == "1") << i for i, x in enumerate(levels)),
            "drive": sum((x != "z") << i for i, x in enumerate(levels)),
        }
        chip.set(wave.now, clk=0, **given)
        chip.set(wave.now + HALF, clk=1, **given)
        wave.now += 2 * HALF
    seen = {}
    for nibble, before in ((0xC, None), (0x5, 0xC), (0x3, 0x5)):
        chip.set(wave.now, clk=0, **pins)
        for after in (0, 1_499, 1_500, 5_999, 6_000, 9_000):
            values = {chip.out(wave.now + after)[0] for _ in range(200)}
            stable = {nibble} if after >= 6_000 else {before} if after < 1_500 and before is not None else set(range(16))
            assert values == stable, (nibble, after)
        seen[nibble] = values
        chip.set(wave.now + 10_000, clk=1, **pins)
        wave.now += 20_000
    chip.set(wave.now, cs_n=1, clk=1, io=0, drive=0)
    assert {chip.out(wave.now + 6_999)[0] for _ in range(200)} == set(range(16))
    assert chip.out(wave.now + 7_000) == (0, 0)


LIMITS = {
    "tSLCH": 5_000,
    "tCHSH": 3_000,
    "tDVCH": 2_000,
    "tCHDX": 3_000,
    "tCLL": 3_383,
    "tCLH": 3_383,
    "FR": 7_519,
    "tSHSL1": 10_000,
    "tSHSL2": 50_000,
    "tCHSL": 5_000,
    "tSHCH": 3_000,
}


def broken(*, reading=False, strict=False, **times):
    """The violations in: a command (or a read) in which data changes, a clock with CS# high, and the beginning of another command; every
    time is 60 ns but those given."""
    at = dict.fromkeys([*LIMITS], 60_000) | times
    low, high = at["tCLL"], at["tCLH"]
    if "FR" in times:
        low, high = 4_000, times["FR"] - 4_000
    chip = FlashChip(found=Found(power=Power.CONTINUOUS if reading else Power.AWAKE), strict=strict)
    now, io = 1_000_000, 0xA if reading else 0xD

    def pins(time, cs_n, clk):
        chip.set(time, cs_n=cs_n, clk=clk, io=io, drive=15)

    pins(now, 1, 0)
    pins(now := now + 60_000, 0, 0)
    for clock in range(8):
        last = now  # the falling edge
        now += low if clock else at["tSLCH"]
        if clock == 5 and "tDVCH" in times:
            io ^= 1
            pins(now - at["tDVCH"], 0, 0)
        assert now > last
        pins(now, 0, 1)
        if clock == 3 and "tCHDX" in times:
            io ^= 1
            pins(now + at["tCHDX"], 0, 1)
        if clock < 7:
            pins(now := now + high, 0, 0)
    pins(now := now + at["tCHSH"], 1, 1)
    pins(now + 1, 1, 0)
    if "tSHSL1" in times or "tSHSL2" in times:
        now += at["tSHSL1" if reading else "tSHSL2"]
    else:
        pins(now := now + at["tSHCH"], 1, 1)
        pins(now + 1, 1, 0)
        now += max(at["tCHSL"], 60_000 - at["tSHCH"] if "tCHSL" not in times else 0)
    pins(now, 0, 0)
    pins(now + 60_000, 0, 1)
    return [violation.name for violation in chip.violations]


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit(name):
    """At the limit nothing is said; one picosecond below it, the limit is named and nothing else."""
    limit, reading = LIMITS[name], name == "tSHSL1"
    assert broken(reading=reading, **{name: limit}) == []
    assert set(broken(reading=reading, **{name: limit - 1})) == {name}
    with pytest.raises(ChipError, match=f"{name} is broken at .* ns"):
        broken(reading=reading, strict=True, **{name: limit - 1})


def test_read_data_is_slower():
    """03h: 50 MHz (fR)."""
    wave = awake(strict=False)
    wave.play("in0 0 0 0 0 0 0 1 1" + " 0" * 24 + " z" * 8)
    assert {violation.name for violation in wave.chip.violations} == {"fR", "tCLL", "tCLH"}


def test_contention_and_hold():
    wave = awake(strict=False)
    rows = [row.split() for row in FIRST_ACCESS.strip().splitlines()[:4]]
    rows[2][-1] = "1"  # IO2 is driven while the chip answers
    wave.play("\n".join(" ".join(row) for row in rows))
    assert [violation.name for violation in wave.chip.violations] == ["contention"]
    held = Wave(power=Power.AWAKE, quad=False, strict=False)
    held.play("in0 1 0 0 1 1 1 1 1\nin3 1 1 1 1 1 1 1 0")  # the last clock does not count (4.4)
    assert [violation.name for violation in held.chip.violations] == ["HOLD#"]
    awake().play("in0 1 0 0 1 1 1 1 1\nin3 1 1 1 1 1 1 1 0")


def test_time_does_not_go_back():
    chip = FlashChip()
    chip.set(5, cs_n=1, clk=0, io=0, drive=0)
    with pytest.raises(ValueError, match="now must be 5 ps or later, not 4"):
        chip.set(4, cs_n=1, clk=0, io=0, drive=0)


@pytest.mark.parametrize("chip", [{"stuck": 0}, {"stuck": 1}, {"absent": True, "pulled": 0}])
def test_no_answer(chip):
    wave = Wave(power=Power.AWAKE, quad=True, **chip)
    reads = set()
    for _ in range(20):
        wave.play(QUAD_ID)
        reads.add(wave.chip.read(wave.now))
    assert reads == {0} if chip.get("stuck") == 0 else reads == {15} if "stuck" in chip else len(reads) > 5


def test_configuration_in_continuous_reading():
    """What an iCE40 sends ends a continuous read whatever the lines it leaves alone are: ABh is taken for address and mode."""
    for pulled in range(16):
        chip = FlashChip(CONTENT, Found(power=Power.CONTINUOUS, pulled=pulled, seed=pulled + 1))
        assert configure(chip, now=0, size=4)[0] == CONTENT
        assert (chip.continuous, chip.asleep) == (False, True)
        assert not chip.violations
