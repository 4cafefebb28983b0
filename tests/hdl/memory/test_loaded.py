"""Program and anchor memory: what is loaded or copied is what is read, a clock later; other spaces change nothing."""

import random

import pytest

from firmware import isa
from hdl.core.params import CoreParams
from hdl.memory.anchors import AnchorMemory
from hdl.memory.program import ProgramMemory

from ..bench import load, simulate

SPACES = [space for space in isa.Kind if space <= isa.Kind.CONFIG]


@pytest.mark.parametrize("seed", range(2))
def test_program(seed: int) -> None:
    rng, dut = random.Random(seed), ProgramMemory()
    words = [0] * isa.MAX_INSTRUCTIONS * isa.WORDS_PER_INSTRUCTION

    async def bench(ctx) -> None:
        for _ in range(600):
            space, address, word = rng.choice(SPACES), rng.randrange(len(words)), rng.randrange(1 << 16)
            await load(ctx, dut.load, space, address, word)
            if space == isa.Kind.PROGRAM:
                words[address] = word
        for _ in range(300):
            asked = rng.randrange(len(words)), rng.randrange(len(words))
            ctx.set(dut.index.addr, asked[0])
            ctx.set(dut.rows.addr, asked[1])
            await ctx.tick()
            assert (ctx.get(dut.index.data), ctx.get(dut.rows.data)) == (words[asked[0]], words[asked[1]])

    simulate(dut, bench)
    assert sum(word != 0 for word in words) > 50


@pytest.mark.parametrize(("lanes", "comparators"), [(8, 1), (8, 2), (8, 4), (16, 2), (16, 4), (32, 2), (32, 4)])
def test_anchors(lanes: int, comparators: int) -> None:
    params = CoreParams(width=isa.Width(lanes=lanes, comparators=comparators), anchor_words=64)
    rng, dut, columns = random.Random(comparators), AnchorMemory(params=params), params.anchor_width // 16
    each, beats = params.width.anchor_columns, params.width.anchor_beats
    part = min(columns, 4 * lanes // 8)  # columns that a beat has
    words = [[0] * each for _ in range(64)]

    async def bench(ctx) -> None:
        for _ in range(800):
            space, address, word = rng.choice((isa.Kind.ANCHORS, *SPACES)), rng.randrange(each * 64), rng.randrange(1 << 16)
            if rng.random() < 0.2:
                copied = [rng.randrange(1 << 16) for _ in range(part)]
                word, first = address // each, address % beats * part
                ctx.set(dut.copy.en, 1)
                ctx.set(dut.copy.addr, word * beats + address % beats)
                ctx.set(dut.copy.data, sum(one << 16 * column for column, one in enumerate(copied)))
                await ctx.tick()
                ctx.set(dut.copy.en, 0)
                words[word][first : first + part] = copied
                continue
            await load(ctx, dut.load, space, address, word)
            if space == isa.Kind.ANCHORS:
                words[address // each][address % each] = word
        for address, parts in enumerate(words):
            ctx.set(dut.read.addr, address)
            await ctx.tick()
            assert ctx.get(dut.read.data) == sum(one << 16 * column for column, one in enumerate(parts[:columns]))
            ctx.set(dut.read.en, 0)
            ctx.set(dut.read.addr, address ^ 1)
            await ctx.tick()
            assert ctx.get(dut.read.data) == sum(one << 16 * column for column, one in enumerate(parts[:columns]))
            ctx.set(dut.read.en, 1)

    simulate(dut, bench)
