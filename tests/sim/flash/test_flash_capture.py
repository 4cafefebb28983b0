"""The flash controller between pads and chip delays of every size: right data or a reported failure, never wrong data."""

import random
from itertools import product

import pytest

from sim.compiled.flash import CompiledChip
from sim.flash import FlashTiming, Found, Pads, Power

from .flash_rig import LIMIT, OFFSET, PERIOD, image, rows, simulation, started, stop

CONTENT = random.Random(1).randbytes(0x3000)
MODES = [1, 2]


def attach(sim, nibbles, *, pads=Pads(out=4_000, back=2_000), content=CONTENT, **found):  # noqa: B008
    made = CompiledChip(sim, content, Found(**found))
    made.attach(sim, period=PERIOD[nibbles], pads=pads, prefix="pins__")
    return made


def some_rows(seed, count=6):
    rng = random.Random(seed)
    return [(rng.randrange(0x5C0), rng.randrange(2, 6)) for _ in range(count)]


def content_of(wanted, content=CONTENT):
    return b"".join(content[8 * beat : 8 * (beat + beats)] for beat, beats in wanted)


def outcome(nibbles, pads, timing, seed):
    """None where the start failed, else the capture setting; asserts that everything read is right."""
    sim = simulation(nibbles)
    chip = attach(sim, nibbles, pads=pads, timing=timing, seed=seed)
    try:
        if not started(sim):
            return None
        assert image(sim, 24) == CONTENT[OFFSET : OFFSET + 24]
        stop(sim)
        wanted = some_rows(seed)
        assert rows(sim, wanted) == content_of(wanted)
        return sim["capture"]
    finally:
        assert not chip.violations
        sim.close()


def timings(step):
    """Outputs that change somewhere in the datasheet's window, and outputs that change at one time in it."""
    exact = [FlashTiming(clqx=time, clqv=time) for time in range(1_500, 6_001, step)]
    return [FlashTiming(), FlashTiming(clqv=4_000), *exact]


SWEEPS = [
    (range(0, 10_001, 2_500), range(0, 8_001, 2_000), timings(4_500)),
    pytest.param(range(0, 10_001, 500), range(0, 8_001, 500), timings(750), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("nibbles", MODES)
@pytest.mark.parametrize(("out", "back", "chips"), SWEEPS)
def test_right_data_or_a_failure(nibbles, out, back, chips):
    results = {}
    for number, (there, here, timing) in enumerate(product(out, back, chips)):
        results[there, here, timing] = outcome(nibbles, Pads(out=there, back=here), timing, number + 1)
    settings = set(results.values())
    assert settings - {None} == ({1, 2} if nibbles == 1 else {1, 2, 3})  # the sweep reaches what the controller can choose
    failed = [pads for pads, result in results.items() if result is None]
    assert not failed, failed
    for there, here, timing in results:
        total = there + here + timing.clqv
        setting = results[there, here, timing]
        assert (setting + 1) * PERIOD[nibbles] // 2 >= total, (there, here, timing, setting)


@pytest.mark.parametrize("nibbles", MODES)
def test_delays_beyond_every_setting_are_a_failure(nibbles):
    """Half a period after the last sampling instant there is nothing left to choose."""
    beyond = {1: 80_000, 2: 45_000}[nibbles]
    for back in range(beyond, beyond + 8_000, 1_000):
        assert outcome(nibbles, Pads(out=5_000, back=back), FlashTiming(), back) is None


@pytest.mark.parametrize("nibbles", MODES)
def test_another_setting_gives_wrong_data(nibbles):
    """The negative control: with the setting turned after the start, rows come out wrong for some settings, and right again with the
    one chosen."""
    sim = simulation(nibbles)
    attach(sim, nibbles, pads=Pads(out=9_000, back=8_000))
    assert started(sim)
    stop(sim)
    chosen, wanted = sim["capture"], some_rows(5)
    right = []
    for setting in (0, 1, 2, 3):
        sim["status__capture"] = setting
        if rows(sim, wanted) == content_of(wanted):
            right.append(setting)
    assert chosen in right
    assert len(right) < 4
    sim.close()


@pytest.mark.parametrize("nibbles", MODES)
def test_a_flipped_bit_shows(nibbles):
    sim = simulation(nibbles)
    at = 8 * 0x203 + 5
    attach(sim, nibbles, content=CONTENT[:at] + bytes([CONTENT[at] ^ 0x20]) + CONTENT[at + 1 :])
    assert started(sim)
    stop(sim)
    got, good = rows(sim, [(0x200, 5)]), content_of([(0x200, 5)])
    assert [place for place, (a, b) in enumerate(zip(got, good, strict=True)) if a != b] == [at - 8 * 0x200]
    sim.close()


@pytest.mark.parametrize("nibbles", MODES)
@pytest.mark.parametrize("jedec", [0xEF4018, 0xEF7018])
@pytest.mark.parametrize("power", list(Power))
@pytest.mark.parametrize("quad", [None, True, False])
def test_every_state_it_may_be_found_in(nibbles, jedec, power, quad):
    sim = simulation(nibbles)
    chip = attach(sim, nibbles, jedec=jedec, power=power, quad=quad)
    assert started(sim)
    assert image(sim, 8) == CONTENT[OFFSET : OFFSET + 8]
    stop(sim)
    wanted = some_rows(9)
    assert rows(sim, wanted) == content_of(wanted)
    assert not chip.violations
    sim.close()


FAULTS = {
    "absent": {"absent": True},
    "absent, lines high": {"absent": True, "pulled": 15},
    "stuck at 0": {"stuck": 0},
    "stuck at 1": {"stuck": 1},
    "another maker": {"jedec": 0xC22018},
    "one bit of the maker": {"jedec": 0xEE7018},
    "busy": {"power": Power.AWAKE, "busy_until": 1 << 40},
}


@pytest.mark.parametrize("nibbles", MODES)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_answer_is_told_in_bounded_time(nibbles, fault):
    sim = simulation(nibbles)
    attach(sim, nibbles, **FAULTS[fault])
    sim["row__valid"] = 1
    assert sim.run_until("fail", limit=LIMIT) < 8_000
    for _ in range(200):  # nothing moves after it
        assert (sim["active"], sim["ready"], sim["pins__cs_n"]) == (0, 0, 1)
        assert (sim["row__ready"], sim["data__strobe"], sim["o__valid"]) == (0, 0, 0)
        sim.clock(10)
    sim.close()


@pytest.mark.parametrize("nibbles", MODES)
def test_a_chip_that_was_busy_answers_the_next_start(nibbles):
    sim = simulation(nibbles)
    attach(sim, nibbles, power=Power.AWAKE, busy_until=150_000_000)
    assert not started(sim)
    sim.clock(4_000)
    sim["start"] = 1
    sim.clock()
    sim["start"] = 0
    assert started(sim)
    assert image(sim, 8) == CONTENT[OFFSET : OFFSET + 8]
    sim.close()
