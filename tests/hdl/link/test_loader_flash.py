"""The loader and a flash: what stays there after a load, scrubs, and the signature that tells whether it has what was loaded."""

import pytest

from firmware.isa import Kind, LoadError
from hdl.link.loader import Loader

from ..board_models import header, image, put, section, seeded, simulate, words
from .loader_bench import IN_FLASH, OK, ON_CHIP, REST, SIGNATURE, SIGNED, WIDTH, WORDS, built, load, signature_after

FLASHED = built(*ON_CHIP, REST, *IN_FLASH)
WHOLE = header() + b"".join(section(*part) for part in [*ON_CHIP, REST])
"""What a host sends of it: up to REST."""
WRITES = [write for part in ON_CHIP if part[0] != Kind.META for write in words(*part)]


def test_a_load_ends_at_rest():
    numbers = []
    writes, *state = load(FLASHED, sections=numbers)
    assert (writes, tuple(state)) == (WRITES, OK)
    assert numbers[-1] == 3
    assert load(WHOLE)[1:] == OK
    assert load(WHOLE[:-1])[1:] == (0, 0, LoadError.NONE)


def test_tables_in_flash_are_skipped():
    """Without REST before it, a section of flash is only checked."""
    writes, *state = load(built(*IN_FLASH, *ON_CHIP))
    assert (writes, tuple(state)) == (WRITES, OK)


@pytest.mark.parametrize("value", [0x5AA5_0FF0, 0xA55A_F00F])
def test_a_signature_of_any_bits(value):
    assert signature_after(built(*ON_CHIP, (Kind.SIGNATURE, 0, value.to_bytes(4, "little")))) == (value, 0)


def test_scrub_checks_everything_and_writes_nothing():
    numbers = []
    writes, *state = load(WHOLE + FLASHED, scrubs=[len(WHOLE)], sections=numbers)
    assert (writes, tuple(state)) == (WRITES, OK)
    assert numbers[-1] == 8  # END
    expected = [0] * 16
    for number, part in enumerate([*ON_CHIP, REST, *IN_FLASH, (0xFF, 0, b"")]):
        expected += [number] * (12 + len(part[2]))
        expected[-1] += part[0] != 0xFF  # after a section's last byte the next one is read
    assert numbers[len(WHOLE) :] == expected


def test_a_scrub_that_stops_at_rest_is_not_done():
    assert load(WHOLE + WHOLE, scrubs=[len(WHOLE)])[1:] == (0, 0, LoadError.NONE)


def test_scrub_names_the_section_of_a_flipped_bit():
    rng, at = seeded(1), 16
    for number, part in enumerate([*ON_CHIP, REST, *IN_FLASH, (0xFF, 0, b"")]):
        size = 12 + len(part[2])
        where = rng.choice([*range(at + 8, at + size)])  # payload or CRC; in the section's header it may be code SECTION
        wrong = bytearray(FLASHED)
        wrong[where] ^= 1 << rng.randrange(8)
        numbers = []
        writes, *state = load(WHOLE + bytes(wrong), scrubs=[len(WHOLE)], sections=numbers)
        assert (writes, tuple(state), numbers[-1]) == (WRITES, (0, 1, LoadError.SECTION_CRC), number)
        at += size


def test_a_scrub_loads_nothing():
    """A sound flash is no loaded image: what was being loaded is given up, and the state says error NONE."""
    for before in (b"", WHOLE[:40], header(lanes=4)):
        assert load(before + FLASHED, scrubs=[len(before)])[1:] == (0, 1, LoadError.NONE)
    before = header(lanes=4) + FLASHED
    assert load(before + WHOLE, scrubs=[len(header())], restarts=[len(before)])[1:] == OK


def test_memories_filled_by_a_simulation_count_as_loaded():
    assert load(FLASHED, loader=Loader(words=WORDS, width=WIDTH, loaded=True), scrubs=[0])[1:] == OK


def test_a_failed_scrub_may_be_repeated():
    wrong = bytearray(FLASHED)
    wrong[-20] ^= 1
    assert load(WHOLE + wrong, scrubs=[len(WHOLE)])[1:] == (0, 1, LoadError.SECTION_CRC)
    ends = [len(WHOLE), len(WHOLE) + len(wrong)]
    assert load(WHOLE + wrong + FLASHED, scrubs=ends)[1:] == OK
    assert load(WHOLE + WHOLE[:20] + FLASHED, scrubs=[len(WHOLE) + 20], restarts=[len(WHOLE)])[1:] == (0, 1, LoadError.NONE)


def test_a_long_section_of_flash_is_taken():
    """5 MiB at any address; the first bytes of it."""
    dut = Loader(words=WORDS, width=WIDTH, loaded=True)
    size = 5 << 20
    begin = bytes([Kind.FLASH]) + (0x7FFFFF).to_bytes(3, "little") + size.to_bytes(4, "little")
    left = []

    async def bench(ctx):
        ctx.set(dut.scrub, 1)
        await ctx.tick()
        ctx.set(dut.scrub, 0)
        await put(ctx, dut.i, header() + begin + bytes(2000))
        await ctx.tick().until(dut.i.ready)
        left.append((ctx.get(dut.status.error), ctx.get(dut.status.done), ctx.get(dut.status.section)))

    simulate(dut, bench)
    assert left == [(0, 0, 0)]


@pytest.mark.slow
@pytest.mark.parametrize("size", [0x0FFFE, 0x10000, 0x10002, 0x11112])
def test_long_sections(size):
    long = section(Kind.FLASH, 0x0A0000, seeded(size).randbytes(size))
    assert load(header() + long + WHOLE[16:])[1:] == OK


@pytest.mark.parametrize("flashed", [0, 1])
def test_the_signature_is_kept(flashed):
    assert signature_after(SIGNED, flashed=flashed) == (0xDEADF00D, flashed)
    assert signature_after(SIGNED, built((Kind.STORE, 0, b"ab"), (Kind.CONFIG, 0, bytes(8))), flashed=flashed) == (0xDEADF00D, flashed)


@pytest.mark.parametrize("kind", [Kind.TABLES, Kind.ANCHORS, Kind.PROGRAM])
def test_what_is_written_without_a_signature_takes_it_away(kind):
    assert signature_after(SIGNED, built((kind, 0, b"ab")), flashed=1) == (0, 0)
    assert signature_after(SIGNED, built((kind, 0, b"ab"), SIGNATURE), flashed=1) == (0xDEADF00D, 1)


def test_a_scrub_compares_the_signature_and_keeps_it():
    assert signature_after(SIGNED, SIGNED, scrubs=[1]) == (0xDEADF00D, 1)
    assert signature_after(SIGNED, SIGNED, SIGNED, scrubs=[1]) == (0xDEADF00D, 0)  # loaded anew, not from the flash
    assert signature_after(SIGNED, built(*ON_CHIP, REST, *IN_FLASH), scrubs=[1], flashed=1) == (0xDEADF00D, 0)
    for bit in (0, 1, 13, 30, 31):
        other = (Kind.SIGNATURE, 0, (0xDEADF00D ^ 1 << bit).to_bytes(4, "little"))
        assert signature_after(SIGNED, built(*ON_CHIP, other, REST, *IN_FLASH), scrubs=[1], flashed=1) == (0xDEADF00D, 0)


def test_a_scrub_that_fails_or_is_left_tells_nothing_of_the_flash():
    state = image(section(Kind.STORE, 0, b"ab"))
    wrong = bytearray(SIGNED)
    wrong[-20] ^= 1
    cut = SIGNED[: SIGNED.index(SIGNATURE[2]) + 8]
    for before, doubtful in ((SIGNED, bytes(wrong)), (SIGNED, cut)):
        kept, at = [], len(before) + len(doubtful)
        after = load(before + doubtful + state, restarts=[0, at], scrubs=[len(before)], flashed=1, kept=kept)[1:]
        assert (after, kept[1]) == (OK, 0)
