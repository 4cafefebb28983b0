"""Every limit of an SDRAM, met exactly, and missed by a picosecond and named."""

from dataclasses import replace

import pytest

from boards.sdram import AS4C32M16SB_7, EM638325_6, IS42S16160G_7, MT48LC16M16A2_7E
from sim.sdram import Command, SdramChip
from sim.violations import ChipError

from .sdram_master import A10, PART, PINS, Master

ACT, READ, WRITE = Command.ACTIVATE, Command.READ, Command.WRITE
PRE, REF, MODE, STOP = Command.PRECHARGE, Command.AUTO_REFRESH, Command.LOAD_MODE_REGISTER, Command.BURST_TERMINATE
LONG = 200_000
SELDOM = replace(PART, refreshes=16, t_ref=16 * 10_000_000)  # an interval of 10 us
UNIT = SELDOM.t_ref // SELDOM.refreshes
PATIENT = replace(PART, t_ref=10**13)


def started(part=PART, **options):
    return Master(part, **options)


def opened(part=PART, **options):
    master = Master(part, **options)
    master.rise(LONG, ACT)
    return master


def t_ck(short):
    master = started()
    master.rise(PART.t_ck)
    master.rise(PART.t_ck - short)
    return master


def t_ch(short):
    master = started()
    master.rise(10_000, high=PART.t_ch - short)
    return master


def t_cl(short):
    master = started()
    master.rise(10_000, high=10_000 - PART.t_cl + short)
    master.rise(10_000)
    return master


def t_is(short, pins):
    master = opened()
    master.rise(50_000, WRITE, address=5, dq=1, early={pins: PART.t_is - short})
    return master


def t_ih(short, pins):
    master = opened()
    master.rise(50_000, WRITE, address=5, dq=1, late={pins: PART.t_ih - short})
    return master


def t_rcd(short, command):
    master = opened()
    master.rise(PART.t_rcd - short, command, dq=1 if command is WRITE else None)
    return master


def t_rp(short, command):
    master = opened()
    master.rise(50_000, PRE)
    master.rise(PART.t_rp - short, command, address=0x30 if command is MODE else 0)
    return master


def t_rp_after_a_read(short):
    """Auto precharge begins a burst's length after READ."""
    master = opened(length=2)
    master.rise(50_000, READ, address=A10)
    master.rise(10_000)
    master.rise(10_000)
    master.rise(PART.t_rp - short, ACT)
    return master


def t_rp_after_a_write(short):
    """Auto precharge begins at the first clock t_wr after the last word: here the second of two that are t_wr apart from it."""
    master = opened()
    master.rise(50_000, WRITE, address=A10, dq=1)
    master.rise(PART.t_wr - short)
    master.rise(PART.t_rp, ACT)
    return master


def t_ras(short):
    master = opened()
    master.rise(PART.t_ras - short, PRE)
    return master


def t_ras_of_an_auto_precharge(short):
    master = opened(length=4)
    master.rise(PART.t_ras - 22_000, READ, address=A10)
    for gap in (5_000, 5_000, 5_000, 7_000 - short):
        master.rise(gap)
    return master


def t_ras_max(short):
    master = opened(PATIENT)
    master.rise(PART.t_ras_max + short, PRE)
    return master


def t_rc(short):
    master = opened()
    master.rise(PART.t_ras, PRE)
    master.rise(PART.t_rc - PART.t_ras - short, ACT)
    return master


def t_rfc(short, command):
    master = started()
    master.rise(LONG, REF)
    master.rise(PART.t_rfc - short, command, address=0x30 if command is MODE else 0)
    return master


def t_rrd(short):
    master = opened()
    master.rise(PART.t_rrd - short, ACT, bank=1)
    return master


def t_wr(short):
    master = opened(length=2)
    master.rise(50_000, WRITE, dq=1)
    master.rise(10_000, dq=2)
    master.rise(PART.t_wr - short, PRE)
    return master


def t_wr_of_an_auto_precharge(short):
    """A write, and a read of the same bank that precharges by itself."""
    master = opened()
    master.rise(50_000, WRITE, dq=1)
    master.rise(PART.t_wr - 5_000 - short, READ, address=A10)
    master.rise(5_000)
    return master


def t_start(short):
    master = started(started=False)
    master.rise(10_000)
    master.rise(PART.t_start - short, PRE, address=A10)
    return master


def t_ref(short):
    """14 refreshes at once, one after 9 intervals, and the last after the 16 of the window."""
    master = started(SELDOM)
    begun = master.now - PART.t_ck
    for _ in range(14):
        master.rise(PART.t_rfc, REF)
    master.rise(begun + 9 * UNIT - master.now, REF)
    master.rise(begun + 16 * UNIT - master.now + short, REF)
    return master


def t_refi(short):
    master = started(SELDOM)
    master.rise(LONG, REF)
    master.rise(9 * UNIT + short, REF)
    return master


def contention_before(short):
    """The FPGA lets go no earlier than the chip begins to drive, t_lz after the second clock from READ on."""
    master = opened(MT48LC16M16A2_7E)
    master.rise(50_000, READ)
    master.rise(10_000)
    master.rise(10_000, dq=1, early={"data": 5_000}, late={"data": MT48LC16M16A2_7E.t_lz + short})
    return master


def contention_after(short):
    """The FPGA begins to drive no later than the chip lets go, t_hz after the third clock from READ on."""
    master = opened()
    master.rise(50_000, READ)
    for _ in range(3):
        master.rise(10_000)
    master.rise(10_000, dq=1, early={"data": 10_000 - PART.t_hz + short})
    return master


CASES = [
    (t_ck, "t_ck", {}),
    (t_ch, "t_ch", {}),
    (t_cl, "t_cl", {}),
    *((t_is, "t_is", {"pins": pins}) for pins in PINS),
    *((t_ih, "t_ih", {"pins": pins}) for pins in PINS),
    *((t_rcd, "t_rcd", {"command": command}) for command in (READ, WRITE)),
    *((t_rp, "t_rp", {"command": command}) for command in (ACT, REF, MODE)),
    (t_rp_after_a_read, "t_rp", {}),
    (t_rp_after_a_write, "t_rp", {}),
    (t_ras, "t_ras", {}),
    (t_ras_of_an_auto_precharge, "t_ras", {}),
    (t_ras_max, "t_ras_max", {}),
    (t_rc, "t_rc", {}),
    *((t_rfc, "t_rfc", {"command": command}) for command in (ACT, REF, MODE, PRE)),
    (t_rrd, "t_rrd", {}),
    (t_wr, "t_wr", {}),
    (t_wr_of_an_auto_precharge, "t_wr", {}),
    (t_start, "t_start", {}),
    (t_ref, "t_ref", {}),
    (t_refi, "t_refi", {}),
    (contention_before, "contention", {}),
    (contention_after, "contention", {}),
]


@pytest.mark.parametrize(("scene", "name", "options"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_a_limit(scene, name, options):
    assert scene(0, **options).broken == []
    assert scene(1, **options).broken == [name]


@pytest.mark.parametrize("part", [IS42S16160G_7, MT48LC16M16A2_7E, AS4C32M16SB_7, EM638325_6], ids=lambda part: part.name)
def test_a_part_works_at_its_limits(part):
    """Start, write, read, precharge and refresh as fast as the part allows."""
    master = Master(part, length=2)
    clocks = [part.t_ck * count for count in range(1, 20)]
    gap = dict(zip(("t_rcd", "t_rp"), (next(c for c in clocks if c >= least) for least in (part.t_rcd, part.t_rp)), strict=True))
    row = (1 << part.row_bits) - 1
    master.rise(LONG, ACT, bank=3, address=row)
    master.rise(gap["t_rcd"], WRITE, bank=3, address=6, dq=0x1234)
    master.rise(part.t_ck, dq=0xABCD)
    master.rise(part.t_ck, READ, bank=3, address=7)
    assert master.words(5, part.t_ck)[2:4] == [0xABCD, 0x1234]
    master.rise(part.t_ras, PRE, address=A10)
    master.rise(gap["t_rp"], REF)
    assert master.chip.row(3, row)[6 * part.bits // 8 :][:2] == b"\x34\x12"
    assert master.broken == []


def test_t_mrd():
    for clocks, broken in ((2, []), (1, ["t_mrd"])):
        master = started()
        master.rise(LONG, MODE, address=0x30)
        for _ in range(clocks - 1):
            master.rise(LONG)
        master.rise(LONG, REF)
        assert master.broken == broken


START = [(PRE, A10), (REF, 0), (REF, 0), (MODE, 0x30)]


@pytest.mark.parametrize("broken", range(7))
def test_the_start_has_an_order(broken):
    """One step left out, PRECHARGE of one bank only, and a command too early."""
    steps = list(START)
    if broken < 4:
        del steps[broken]
    elif broken == 4:
        steps[0] = (PRE, 0)
    else:
        steps.insert(broken - 4, (STOP if broken == 5 else ACT, 0))
    master = Master(PATIENT, started=False)
    for command, address in [*steps, (ACT, 0)]:
        master.rise(10_000)
        master.rise(PART.t_start, command, address=address)
    assert set(master.broken) == {"start"}
    assert master.chip.started == (broken > 4)


def test_more_refreshes_and_another_mode_are_no_harm():
    master = Master(PATIENT, started=False)
    for command, address in [START[0], (REF, 0), START[0], *START[1:2] * 8, START[3], START[3], *START]:
        master.rise(10_000)
        master.rise(PART.t_start, command, address=address)
    assert master.broken == []


@pytest.mark.parametrize("mode", [0x20, 0x34, 0x37, 0x38, 0xB0, 0x130, 0x430, 0x1030, 0x230 | 1 << 11])
def test_a_mode_that_is_not_modelled(mode):
    master = started()
    master.rise(LONG, MODE, address=mode)
    assert master.broken == ["mode"]


def do(*steps):
    """The chip after commands (command, bank, address), far apart: each bank is idle before."""
    master = started(PATIENT, length=4)
    for command, bank, address in steps:
        master.rise(LONG, command, bank=bank, address=address)
    return master


OPEN = (ACT, 1, 3)


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        ([OPEN, OPEN], "ACTIVATE"),
        ([(READ, 1, 0)], "READ"),
        ([OPEN, (READ, 2, 0)], "READ"),
        ([(WRITE, 1, 0)], "WRITE"),
        ([OPEN, (PRE, 1, 0), (WRITE, 1, 0)], "WRITE"),
        ([OPEN, (REF, 0, 0)], "AUTO REFRESH"),
        ([OPEN, (MODE, 0, 0x30)], "LOAD MODE REGISTER"),
        ([OPEN, (READ, 1, A10), (READ, 1, 0)], "READ"),
        ([OPEN, (READ, 1, A10), (STOP, 0, 0)], "BURST TERMINATE"),
        ([OPEN, (READ, 1, A10), (PRE, 1, 0)], "PRECHARGE"),
        ([OPEN, (READ, 1, A10), (PRE, 0, A10)], "PRECHARGE"),
        ([OPEN, (ACT, 2, 3), (READ, 1, A10), (READ, 2, 0)], "READ"),
        ([OPEN, (ACT, 2, 3), (READ, 1, A10), (WRITE, 2, 0)], "WRITE"),
    ],
)
def test_a_command_without_a_place(steps, name):
    assert do(*steps[:-1]).broken == []
    assert do(*steps).broken == [name]


def test_commands_that_have_one():
    """PRECHARGE of an idle bank, of another while one precharges by itself; READ and WRITE that end a burst; BURST TERMINATE at rest."""
    master = do(OPEN, (PRE, 2, 0), (STOP, 0, 0), (ACT, 2, 3), (READ, 1, 0), (READ, 2, 0), (READ, 1, A10), (PRE, 2, 0), (PRE, 3, 0))
    assert master.broken == []


def test_strict_raises():
    master = opened(strict=True)
    with pytest.raises(ChipError, match=r"t_rcd is broken at \d+\.\d{3} ns"):
        master.rise(PART.t_rcd - 1, READ)


def test_the_time_of_a_violation():
    master = opened()
    master.rise(PART.t_rcd - 1, READ)
    assert [violation.time for violation in master.chip.violations] == [master.now]


def test_time_goes_on():
    master = started()
    with pytest.raises(ValueError, match=r"now must be \d+ ps or later, not 5"):
        master.chip.set(5, clk=0, command=7, bank=0, address=0, dq=0, drive=0)
    with pytest.raises(ValueError, match=r"seed must be 1\.\.4294967295, not 0"):
        SdramChip(PART, seed=0)


def test_a_refresh_is_missed_once_a_time():
    """What is broken is told once, until the next AUTO REFRESH."""
    master = started(SELDOM)
    for _ in range(40):
        master.rise(UNIT)
    assert master.broken == ["t_refi", "t_ref"]
    master.rise(UNIT, REF)
    assert len(master.broken) == 2
    master.rise(UNIT)
    assert master.broken == ["t_refi", "t_ref", "t_ref"]


def test_a_row_open_for_too_long_is_told_once():
    master = opened(PATIENT)
    for _ in range(3):
        master.rise(PART.t_ras_max)
    assert master.broken == ["t_ras_max"]
