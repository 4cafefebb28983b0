"""Fields of instructions at their largest values, on a core with an anchor memory of 4,096 words: equal to the interpreter."""

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

WIDTH = Width(comparators=1)
MANY = 1023  # tables, and anchor words of one comparator
HIGHEST = isa.MAX_ANCHOR_WORDS - 1
LAST_BEAT = (1 << WIDTH.far_address_bits) - 1  # of 16 MB of flash
BEATS = 2048
STORE = 256  # latencies that anchors name
STEPS = 1


@pytest.fixture(scope="module")
def program() -> Program:
    """A run with as many tables and anchor words as there can be; one with the highest anchor word and the last beat of the flash."""
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, STORE, (MANY, 2)).tolist()
    words = [encode_anchor(AnchorWord(lanes=((a, b),), emit=1), WIDTH) for a, b in pairs if WIDTH.slot_of(a) != WIDTH.slot_of(b) or a == b]
    words += [encode_anchor(AnchorWord(lanes=(None,), emit=1), WIDTH)] * (MANY - len(words))
    anchors = [*words, *[0] * (HIGHEST - MANY), encode_anchor(AnchorWord(lanes=(None,), emit=1), WIDTH)]
    near = rng.integers(-8, 8, 2 * MANY * 8, np.int8)
    shape = {"int4": True, "first": True, "last": True, "row_log2": 0, "row_beats": 1}
    return Program(
        width=WIDTH,
        runs=(
            Run(count=MANY, anchor_len=MANY, sync=True, table_base=0, table_log2=1, base=isa.ZERO_WORD - 2, shift=1, **shape),
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
                **shape,
            ),
        ),
        anchors=tuple(anchors),
        tables=(Placed(0, 0, near.tobytes()), Placed(1, LAST_BEAT, rng.integers(-128, 128, 8, np.int8).tobytes())),
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


ADDRESSES = [*range(16), *range(8 * (isa.ZERO_WORD - 2), 8 * isa.STORE_WORDS)]


def by_interpreter(program: Program) -> tuple[list[int], list[int]]:
    machine = Machine.load(program, size=8 * BEATS)
    machine.store[STORE:] = [0] * len(machine.store[STORE:])
    symbols = [machine.step() for _ in range(STEPS)]
    return symbols, [machine.store[address] for address in ADDRESSES]


def test_equals_the_interpreter(program: Program, seen: tuple[list[int], list[int]]) -> None:
    assert by_interpreter(program) == seen


@pytest.mark.parametrize("piece", [0, 1], ids=["the last table on chip", "the last beat of flash"])
def test_a_flipped_bit_at_the_end_is_seen(program: Program, seen: tuple[list[int], list[int]], piece: int) -> None:
    data = bytearray(program.tables[piece].data)
    for row in (-16, -8) if piece == 0 else (-8,):  # whichever is read
        data[row] ^= 1
    tables = tuple(one._replace(data=bytes(data)) if number == piece else one for number, one in enumerate(program.tables))
    assert by_interpreter(replace(program, tables=tables)) != seen
