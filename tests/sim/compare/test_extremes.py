"""Fields of instructions at their largest values, on a core with an anchor memory of 4,096 words: equal to the interpreter."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from firmware import isa
from firmware.isa import Run, Width
from firmware.program import AnchorWord, Placed, Program, encode_anchor
from firmware.sampling import Sampling

from ...firmware.machine import Machine
from ...hdl.bench import load
from ...hdl.core.core_bench import CoreBench

pytestmark = pytest.mark.slow

WIDTH = Width(comparators=1)
MANY = 1023  # tables, and anchor words of one comparator
HIGHEST = isa.MAX_ANCHOR_WORDS - 1
LAST_BEAT = (1 << WIDTH.far_address_bits) - 1  # of 16 MB of flash
BEATS = 2048
MIDDLE = 60  # a region's first word
STORE = 256  # latencies that anchors name
STEPS = 1


@pytest.fixture(scope="module")
def program() -> Program:
    """A run with as many tables and anchor words as there can be; one with the longest row; one with the highest anchor word and the last
    beat of the flash."""
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, STORE, (MANY, 2)).tolist()
    words = [encode_anchor(AnchorWord(lanes=((a, b),), emit=1), WIDTH) for a, b in pairs if WIDTH.slot_of(a) != WIDTH.slot_of(b) or a == b]
    empty = encode_anchor(AnchorWord(lanes=(None,), emit=1), WIDTH)  # of an index without a bit
    words += [empty] * (MANY + 1 - len(words))
    anchors = [*words, *[0] * (HIGHEST - len(words)), empty]
    near = rng.integers(-8, 8, 16 * MANY, np.int8).tobytes() + bytes(8 * BEATS - 16 * MANY)
    shape = {"first": True, "last": True}
    short = {"int4": True, "row_log2": 0, "row_beats": 1, **shape}
    longest = {"row_log2": 7, "row_beats": isa.MAX_ROW_BEATS, "table_log2": 7, "table_base": BEATS - 2 * isa.MAX_ROW_BEATS, **shape}
    return Program(
        width=WIDTH,
        runs=(
            Run(count=MANY, anchor_len=MANY, sync=True, table_base=0, table_log2=1, base=isa.ZERO_WORD - 2, shift=1, **short),
            Run(count=1, anchor_base=MANY, anchor_len=1, base=MIDDLE, **longest),
            Run(
                count=1,
                anchor_base=HIGHEST,
                anchor_len=1,
                tier=1,
                table_base=LAST_BEAT,
                table_log2=0,
                n_out=16,
                sort=True,
                end=True,
                **short,
            ),
        ),
        anchors=tuple(anchors),
        tables=(Placed(0, 0, near), Placed(1, LAST_BEAT, rng.integers(-128, 128, 8, np.int8).tobytes())),
        store=rng.integers(-3000, 3000, STORE).astype(np.int16),
        sampling=Sampling(),
    )


@pytest.fixture(scope="module")
def seen(program: Program) -> tuple[list[int], list[int]]:
    """Symbols of the gateware, and the latencies that it has written."""
    flash = bytes(8 * LAST_BEAT) + program.tables[1].data
    bench, found = CoreBench(program, anchor_words=isa.MAX_ANCHOR_WORDS, pace=1, flash=flash), []

    async def run(ctx) -> None:
        ctx.set(bench.reset, 1)
        columns = -(-WIDTH.anchor_bits // isa.WORD_BITS)
        for number, word in enumerate(program.anchors):
            for column in range(columns if word else 0):  # the others are 0 already
                await load(ctx, bench.core.load, isa.Kind.ANCHORS, number * WIDTH.anchor_columns + column, word >> isa.WORD_BITS * column)
        await bench.load(ctx, replace(program, anchors=()))
        found.append(await bench.steps(ctx, [None] * STEPS))
        found.append(await bench.store(ctx, ADDRESSES))

    bench.run(run)
    return found[0], found[1]


ADDRESSES = [*range(16), *(8 * (MIDDLE + word) for word in range(isa.MAX_ROW_BEATS)), *range(8 * (isa.ZERO_WORD - 2), 8 * isa.STORE_WORDS)]


def by_interpreter(program: Program) -> tuple[list[int], list[int]]:
    machine = Machine.load(program, size=8 * BEATS)
    machine.store[STORE:] = [0] * len(machine.store[STORE:])
    symbols = [machine.step() for _ in range(STEPS)]
    return symbols, [machine.store[address] for address in ADDRESSES]


def test_equals_the_interpreter(program: Program, seen: tuple[list[int], list[int]]) -> None:
    assert by_interpreter(program) == seen


@pytest.mark.parametrize(
    ("piece", "beats"),
    [(0, range(2 * MANY - 2, 2 * MANY)), (0, [BEATS - isa.MAX_ROW_BEATS - 1]), (1, [0])],
    ids=["the last of the tables", "the last beat of the longest row", "the last beat of the flash"],
)
def test_a_flipped_bit_is_seen(program: Program, seen: tuple[list[int], list[int]], piece: int, beats: Iterable[int]) -> None:
    """Of the last table both rows, whichever is read."""
    data = bytearray(program.tables[piece].data)
    for beat in beats:
        data[8 * beat] ^= 1
    tables = tuple(one._replace(data=bytes(data)) if number == piece else one for number, one in enumerate(program.tables))
    assert by_interpreter(replace(program, tables=tables)) != seen
