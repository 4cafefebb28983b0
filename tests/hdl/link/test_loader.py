# amaranth: UnusedElaboratable=no
"""The loader against images made by hand: every word, every error code, and one flipped bit at a time."""

import zlib

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from firmware import isa
from firmware.isa import Kind, LoadError
from hdl.link.loader import Loader
from hdl.link.section import Span, space_words

from ..board_models import header, image, put, random_sections, section, seeded, simulate, words

WIDTH = isa.Width()
WORDS = space_words(table_bytes=131_072, width=WIDTH)


def load(data, *, stalls=None, loader=None, restarts=(), scrubs=(), sections=None, flashed=0, kept=None):
    """Feeds ``data``; returns (writes, done, error, code). Strobes ``start`` or ``scrub`` before the bytes whose indices ``restarts`` and
    ``scrubs`` give. ``sections``: a list that takes the section's number after each byte; ``kept``: one that takes
    the signature, and whether the flash has it, at the end. ``flashed``: the bytes come from there."""
    dut = loader or Loader(words=WORDS, width=WIDTH)
    writes, result = [], []

    async def feed(ctx):
        ctx.set(dut.flashed, flashed)
        for at, byte in enumerate(data):
            for port, when in ((dut.start, restarts), (dut.scrub, scrubs)):
                if at in when:
                    if at:
                        await ctx.tick().until(dut.i.ready)
                    ctx.set(port, 1)
                    await ctx.tick()
                    ctx.set(port, 0)
            await put(ctx, dut.i, [byte], stalls=stalls)
            if sections is not None:
                await ctx.tick().until(dut.i.ready)
                sections.append(ctx.get(dut.status.section))
        await ctx.tick().until(dut.i.ready)
        if kept is not None:
            kept.extend([ctx.get(dut.status.image_signature), ctx.get(dut.status.same)])
        result.extend([ctx.get(dut.status.done), ctx.get(dut.status.error), LoadError(ctx.get(dut.status.code))])

    async def watch(ctx):
        before = None
        async for _, _, strobe, *write in ctx.tick().sample(dut.load.strobe, dut.load.space, dut.load.address, dut.load.data):
            if strobe:
                writes.append(tuple(write))
                assert write[0] == before  # the bus's promise: the space stands from a clock before the strobe
            before = write[0]

    simulate(dut, feed, background=[watch])
    return writes, *result


OK = (1, 0, LoadError.NONE)


@pytest.mark.parametrize("seed", range(4))
def test_every_word(seed):
    rng = seeded(seed)
    made = random_sections(rng)
    data = image(*(section(*part) for part in made))
    expected = [write for part in made if part[0] != Kind.META for write in words(*part)]
    writes, *state = load(data, stalls=(rng.choice([0, 3, 30]), rng))
    assert tuple(state) == OK
    assert writes == expected


@pytest.mark.parametrize(
    ("kind", "address", "count"),
    [(0, 0xFFFE, 2), (0, 0x00FF, 3), (1, 2046, 2), (2, 0, 256), (3, 2036, 4), (4, 0, 256), (5, 0, 4), (3, 0, 0)],
)
def test_to_the_end_of_a_space(kind, address, count):
    payload = seeded(kind).randbytes(2 * count)
    writes, *state = load(image(section(kind, address, payload)))
    assert tuple(state) == OK
    assert writes == words(kind, address, payload)


@pytest.mark.parametrize(
    ("kind", "address", "count", "good"),
    [
        (0, 0xFFFF, 2, 1),
        (0, 0x10000, 1, 0),
        (0, 0xFF0000, 1, 0),
        (1, 2047, 2, 1),
        (1, 0x1000, 1, 0),
        (2, 255, 2, 1),
        (3, 2039, 2, 1),
        (3, 2047, 1, 0),
        (3, 0x800, 1, 0),
        (4, 255, 2, 1),
        (5, 3, 2, 1),
        (5, 4, 1, 0),
    ],
)
def test_beyond_a_space(kind, address, count, good):
    payload = bytes(range(2 * count))
    writes, *state = load(image(section(kind, address, payload)))
    assert tuple(state) == (0, 1, LoadError.SECTION)
    assert writes == words(kind, address, payload)[:good]


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


ON_CHIP = [(Kind.META, 0, b"{}  "), (Kind.PROGRAM, 0, bytes(range(16))), (Kind.STORE, 8, b"abcdefgh")]
IN_FLASH = [(Kind.PAD, 0, bytes(6)), (Kind.FLASH, 0x0A0000, b"rows of tables!!"), (Kind.PAD, 0, b""), (Kind.FLASH, 0x7FFFF8, bytes(16))]
REST = (Kind.REST, 0, b"")
FLASHED = image(*(section(*part) for part in [*ON_CHIP, REST, *IN_FLASH]))
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
    writes, *state = load(image(*(section(*part) for part in [*IN_FLASH, *ON_CHIP])))
    assert (writes, tuple(state)) == (WRITES, OK)


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


SIGNATURE = (Kind.SIGNATURE, 0, bytes.fromhex("0df0adde"))


def signature_after(*images, scrubs=(), flashed=0):
    """(signature, same) once the images have passed one after another, those numbered in ``scrubs`` by a scrub."""
    kept, starts = [], [sum(map(len, images[:number])) for number in range(len(images))]
    restarts = [at for number, at in enumerate(starts) if number not in scrubs]
    state = load(b"".join(images), restarts=restarts, scrubs=[starts[number] for number in scrubs], flashed=flashed, kept=kept)[1:]
    assert state == OK
    return tuple(kept)


def built(*parts):
    return image(*(section(*part) for part in parts))


SIGNED = built(*ON_CHIP, SIGNATURE, REST, *IN_FLASH)


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


def test_a_byte_every_fifteen_clocks():
    dut = Loader(words=WORDS, width=WIDTH)
    data = image(section(0, 0, bytes(16)))

    async def bench(ctx):
        clocks = 0
        ctx.set(dut.i.valid, 1)
        for byte in data:
            ctx.set(dut.i.payload, byte)
            while True:
                clocks += 1
                _, _, ready = await ctx.tick().sample(dut.i.ready)
                if ready:
                    break
        assert clocks == 1 + 15 * (len(data) - 1)

    simulate(dut, bench)


def test_other_sizes():
    small = {**space_words(table_bytes=4096, width=WIDTH, anchor_words=16, instructions=16), Kind.STORE: 1016}
    for kind, last in ((0, 2047), (1, 63), (2, 127), (3, 1015), (4, 255), (5, 3)):
        for address, ok in ((last, True), (last + 1, False)):
            data = header(comparators=1) + section(kind, address, b"ab") + section(0xFF)
            assert bool(load(data, loader=Loader(words=small, width=isa.Width(comparators=1)))[1]) is ok, (kind, address)


@pytest.mark.parametrize("words", [1, 2, 3, 40, 56, 61, 64, 65, 96, 127])
def test_spans_of_every_size(words):
    m, address, beyond = Module(), Signal(8), Signal()
    m.d.comb += beyond.eq(Span(words).beyond(address))

    async def bench(ctx):
        for value in range(256):
            ctx.set(address, value)
            assert ctx.get(beyond) == (value >= words), value

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("blocks", [40, 72, 96])
def test_tables_of_any_number_of_block_rams(blocks):
    last = blocks * 1024 - 1
    words = space_words(table_bytes=blocks * 2048, width=WIDTH)
    for address, ok in ((0x4000, True), (last, True), (last + 1, False), (0xFFFFFF, False)):
        data = header() + section(0, address, b"ab") + section(0xFF)
        assert bool(load(data, loader=Loader(words=words, width=WIDTH))[1]) is ok, address


@pytest.mark.parametrize("wrong", [0, -1])
def test_spaces_without_words_are_refused(wrong):
    with pytest.raises(ValueError, match=f"^words of the space STORE must be at least 1, not {wrong}$"):
        Loader(words={**WORDS, Kind.STORE: wrong}, width=WIDTH)


def test_unknown_spaces_are_refused():
    with pytest.raises(ValueError, match="words must name the spaces TABLES, ANCHORS"):
        Loader(words={Kind.TABLES: 4}, width=WIDTH)
