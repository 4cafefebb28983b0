"""What the loader refuses: headers of other versions and cores, every error code, one flipped bit at a time; and how it begins anew."""

import zlib

import pytest

from firmware import isa
from firmware.isa import Kind, LoadError
from hdl.link.loader import Loader
from hdl.link.section import space_words

from ..board_models import header, image, put, random_sections, section, seeded, simulate, words
from .loader_bench import OK, ON_CHIP, SIGNED, WIDTH, WORDS, load, signature_after


def takes(heads, *, width=WIDTH):
    """Which of these first eight bytes of a header a loader goes on after."""
    words = space_words(table_bytes=131_072, width=width)
    dut, taken = Loader(words=words, width=width), []

    async def bench(ctx):
        for head in heads:
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            await put(ctx, dut.i, head)
            await ctx.tick().until(dut.i.ready)
            if not ctx.get(dut.status.error):
                taken.append(head)

    simulate(dut, bench)
    return taken


def test_the_versions_of_a_header():
    every = [header(version=version)[:8] for version in range(256)]
    assert takes(every) == [every[1], every[2]]


@pytest.mark.parametrize("version", [1, 2])
def test_every_flipped_bit_of_a_head_is_found(version):
    head = header(version=version)[:8]
    flipped = [(int.from_bytes(head, "little") ^ 1 << bit).to_bytes(8, "little") for bit in range(64)]
    both = [head[:at] + bytes([head[at] ^ 3]) + head[at + 1 :] for at in range(8) if at != 4]
    assert takes([*flipped, *both, head]) == [head]


@pytest.mark.parametrize(
    "width", [isa.Width(lanes=16), isa.Width(lanes=32), isa.Width(comparators=1), isa.Width(comparators=4), isa.Width(far_banks=4)]
)
def test_version_1_is_for_the_narrowest_core(width):
    old = width.image_head[:4] + b"\x01" + width.image_head[5:]
    assert takes([isa.OLD_IMAGE_HEAD, old, width.image_head], width=width) == [width.image_head]


def test_an_image_of_version_1():
    rng = seeded(0)
    made = random_sections(rng)
    data = image(*(section(*part) for part in made), version=1)
    writes, *state = load(data)
    assert tuple(state) == OK
    assert writes == [write for part in made if part[0] != Kind.META for write in words(*part)]
    assert load(header(version=2)[:12] + data[12:])[1:] == (0, 1, LoadError.HEADER_CRC)
    assert signature_after(SIGNED, image(section(*ON_CHIP[1]), version=1), flashed=1) == (0, 0)


def with_length(length, *, kind=0x10):
    body = bytes([kind, 0, 0, 0]) + length.to_bytes(4, "little")
    return header() + body + zlib.crc32(body).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff" * 64, LoadError.HEADER),
        (b"\x00" * 64, LoadError.HEADER),
        (header(magic=b"PLYD"), LoadError.HEADER),
        (header(version=0), LoadError.HEADER),
        (header(version=3), LoadError.HEADER),
        (header(comparators=1), LoadError.HEADER),
        (header(lanes=16), LoadError.HEADER),
        (header(spare=1), LoadError.HEADER),
        (header()[:12] + bytes(4), LoadError.HEADER_CRC),
        *[(header() + section(kind), LoadError.SECTION) for kind in (7, 8, 0x0F, 0x14, 0x20, 0x30, 0x80, 0x93, 0xFE, 0xF8)],
        (with_length(3), LoadError.SECTION),
        (with_length(0x01000000), LoadError.SECTION),
        (with_length(0x80000000), LoadError.SECTION),
        (header() + section(0xFF, 0, b"ab"), LoadError.SECTION),
        (header() + section(Kind.REST, 0, b"ab"), LoadError.SECTION),
        (header() + section(2, 0, b"abcd")[:-1] + b"?", LoadError.SECTION_CRC),
        (header() + section(0x10, 0, b"abcd")[:-4] + bytes(4), LoadError.SECTION_CRC),
        (header() + section(0xFF)[:-1] + b"?", LoadError.SECTION_CRC),
    ],
)
def test_refused(data, code):
    writes, *state = load(data + section(3, 0, b"never") + section(0xFF))
    assert tuple(state) == (0, 1, code)
    assert (3, 0, 0x656E) not in writes


def test_every_flipped_bit_is_found():
    """No image with one wrong bit loads, but for the bits whose flip leaves it right: none."""
    data = image(section(5, 2, b"\x08\x01"), section(0x10, 0, b"{}"))
    assert load(data)[1:] == OK
    rng = seeded(7)
    for at in sorted({*range(16), *rng.sample(range(16, len(data)), 24)}):
        flipped = bytearray(data)
        flipped[at] ^= 1 << rng.randrange(8)
        _, done, _, code = load(bytes(flipped))
        assert not done, f"byte {at}"
        if at < 8:
            assert code == LoadError.HEADER
        elif at < 16:
            assert code == LoadError.HEADER_CRC


def test_truncated_wants_more():
    data = image(section(2, 0, b"abcd"))
    for length in (0, 5, 16, 30, len(data) - 1):
        assert load(data[:length])[1:] == (0, 0, LoadError.NONE)


def test_start_begins_anew():
    bad, good = header(lanes=4), image(section(4, 9, b"wxyz"))
    cut = good[:27]
    for before in (bad, cut, good):
        writes, *state = load(before + good, restarts=(len(before),))
        assert tuple(state) == OK
        assert writes[-2:] == words(4, 9, b"wxyz")
    assert load(bad + good)[1:] == (0, 1, LoadError.HEADER)  # without start nothing gets over the error


@pytest.mark.parametrize("late", range(1, 16))
def test_a_new_load_has_no_old_error(late):
    """``start`` in any clock of a header's byte that is wrong."""
    dut, state = Loader(words=WORDS, width=WIDTH), []

    async def bench(ctx):
        await put(ctx, dut.i, b"X")
        await ctx.tick().repeat(late)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        await put(ctx, dut.i, image())
        await ctx.tick().until(dut.i.ready)
        await ctx.tick().repeat(3)
        state.extend([ctx.get(dut.status.done), ctx.get(dut.status.error), LoadError(ctx.get(dut.status.code))])

    simulate(dut, bench)
    assert tuple(state) == OK


def test_fail_is_a_flash_error():
    dut = Loader(words=WORDS, width=WIDTH)

    async def bench(ctx):
        await put(ctx, dut.i, header())
        ctx.set(dut.fail, 1)
        await ctx.tick()
        ctx.set(dut.fail, 0)
        await ctx.tick()
        assert (ctx.get(dut.status.done), ctx.get(dut.status.error), ctx.get(dut.status.code)) == (0, 1, LoadError.FLASH)

    simulate(dut, bench)
