# amaranth: UnusedElaboratable=no
"""The loader against images made by hand: every word, to the end of every space, of cores of any size."""

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from firmware import isa
from firmware.isa import Kind, LoadError
from hdl.link.loader import Loader
from hdl.link.section import Span, space_words

from ..board_models import header, image, random_sections, section, seeded, simulate, words
from .loader_bench import OK, WIDTH, WORDS, built, load


@pytest.mark.parametrize("seed", range(4))
def test_every_word(seed):
    rng = seeded(seed)
    made = random_sections(rng)
    data = built(*made)
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
