"""The latency store against a plain list."""

import random

import pytest

from firmware import isa
from hdl.core.params import CoreParams
from hdl.memory.store import LatencyStore

from ..bench import simulate

WORDS = 32


def rtl_reads(params: CoreParams, contents: list[int], reads: list[tuple[list[int], list[int]]]) -> list[list[int]]:
    """``reads``: per clock, an address for each slot and a slot for each operand. Returns the operands of each."""
    dut, width = LatencyStore(params=params), params.width
    seen: list[list[int]] = []

    async def bench(ctx) -> None:
        for word in range(WORDS):
            ctx.set(dut.write.addr, word)
            ctx.set(dut.write.en, (1 << width.lanes) - 1)
            for bank in range(width.lanes):
                ctx.set(dut.write.data[bank], contents[word * width.lanes + bank])
            await ctx.tick()
        ctx.set(dut.write.en, 0)
        ctx.set(dut.reads.word.en, 0)
        for clock in range(len(reads) + 1 + params.store_clocks):
            if clock < len(reads):
                addresses, choices = reads[clock]
                for slot, address in enumerate(addresses):
                    assert width.slot_of(address) == slot
                    ctx.set(dut.reads.pairs.slot[slot], {"bank": address % width.slot_banks, "word": address // width.lanes})
                for operand, choice in enumerate(choices):
                    ctx.set(dut.reads.pairs.choice[operand], choice)
            if clock > params.store_clocks:
                seen.append([ctx.get(value) for value in dut.reads.operand])
            await ctx.tick()

    simulate(dut, bench)
    return seen


def ref_reads(contents: list[int], reads: list[tuple[list[int], list[int]]]) -> list[list[int]]:
    return [[contents[addresses[choice]] for choice in choices] for addresses, choices in reads]


def stimulus(width: isa.Width, seed: int) -> tuple[list[int], list[tuple[list[int], list[int]]]]:
    rng = random.Random(seed)
    contents = [rng.randrange(-0x8000, 0x8000) for _ in range(WORDS * width.lanes)]
    banks, slots = width.slot_banks, width.slots
    reads = []
    for _ in range(60):
        addresses = [rng.randrange(WORDS) * width.lanes + slot * banks + rng.randrange(banks) for slot in range(slots)]
        reads.append((addresses, [rng.randrange(slots) for _ in range(slots)]))
    return contents, reads


@pytest.mark.parametrize("store_clocks", [1, 2])
@pytest.mark.parametrize("lanes", [8, 16, 32])
@pytest.mark.parametrize("comparators", [1, 2, 4])
def test_operands_come_a_clock_after_their_words(comparators: int, lanes: int, store_clocks: int) -> None:
    params = CoreParams(width=isa.Width(lanes=lanes, comparators=comparators), store_clocks=store_clocks)
    contents, reads = stimulus(params.width, seed=comparators)
    assert rtl_reads(params, contents, reads) == ref_reads(contents, reads)


def test_a_flipped_bit_is_seen() -> None:
    contents, reads = stimulus(isa.Width(), seed=9)
    broken = list(contents)
    broken[reads[0][0][reads[0][1][0]]] ^= 1
    assert rtl_reads(CoreParams(), broken, reads) != ref_reads(contents, reads)


@pytest.mark.parametrize(("lanes", "store_clocks"), [(8, 1), (16, 1), (32, 1), (16, 2)])
def test_a_wide_read_gives_all_banks_of_a_word(lanes: int, store_clocks: int) -> None:
    dut = LatencyStore(params=CoreParams(width=isa.Width(lanes=lanes), store_clocks=store_clocks))

    async def bench(ctx) -> None:
        for word in range(4):
            ctx.set(dut.write.addr, word)
            ctx.set(dut.write.en, (1 << lanes) - 1 if word != 2 else 0x0F)
            for bank in range(lanes):
                ctx.set(dut.write.data[bank], 10 * word + bank - 5)
            await ctx.tick()
        ctx.set(dut.write.en, 0)
        ctx.set(dut.reads.word.en, 1)
        for word in (3, 2):
            ctx.set(dut.reads.word.addr, word)
            await ctx.tick().repeat(store_clocks)
            wanted = [10 * word + bank - 5 if word != 2 or bank < 4 else 0 for bank in range(lanes)]
            assert [ctx.get(value) for value in dut.reads.word.data] == wanted

    simulate(dut, bench)
