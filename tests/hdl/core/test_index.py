"""Index maker against the anchor words' definition: every index, in order, and the clocks its docstring states."""

import random
from dataclasses import dataclass, field, replace
from itertools import accumulate

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from firmware import isa
from firmware.program import AnchorWord, encode_anchor
from hdl.core.index import IndexMaker
from hdl.core.params import CoreParams

from ..bench import load

GO_TO_WORD = 1  # clocks
EMIT_TO_QUEUE = 3  # besides the store's
QUEUE = 2  # from the queue's input to its output
BETWEEN_RUNS = 6  # from the last word of a run to the first of the next
WORDS = 40  # of the store


@dataclass(frozen=True, kw_only=True)
class Job:
    """Runs of anchor words; ``stores``: the latencies after 0, 1, 2.. retired runs, the last for all later ones."""

    width: isa.Width
    runs: list[list[AnchorWord]]
    sync: list[bool]
    stores: list[list[int]]

    def program(self) -> list[int]:
        """The program's words; of tables, which the index maker does not look at, the least."""
        table = {"table_base": 0, "count": 1, "table_log2": 1, "row_log2": 1, "row_beats": 2}
        words, base = [], 0
        for number, run in enumerate(self.runs):
            end = number == len(self.runs) - 1
            words += isa.Run(anchor_base=base, anchor_len=len(run), sync=self.sync[number], end=end, **table).encode()
            base += len(run)
        return words


@dataclass(kw_only=True)
class Seen:
    """Indices; clocks in which they left, in which the store took words, of go and of retired runs."""

    indices: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    go: list[int] = field(default_factory=list)
    retired: list[int] = field(default_factory=list)


def rtl_indices(
    job: Job, *, steps: int = 1, blocked: float = 0, slow: float = 0, hold: int = 0, seed: int = 0, first_go: int = 30, **sizes: int
) -> Seen:
    """``blocked``, ``slow``: how likely the store is refused, an index is not taken; none is before clock ``hold``.

    A run is retired 7 clocks after its last index left; a step begins 3 clocks after the one before was retired, the first in ``first_go``.
    ``sizes``: of CoreParams.
    """
    width, pairs = job.width, job.width.comparators
    params = CoreParams(width=width, **sizes)
    dut = IndexMaker(params=params)
    rng, seen, reset = random.Random(seed), Seen(), Signal()
    banks, columns = width.slot_banks, -(-width.anchor_bits // 16)
    program = job.program()
    anchors = [encode_anchor(word, width) for words in job.runs for word in words]
    ends = list(accumulate(sum(word.emit for word in words) for words in job.runs))

    async def bench(ctx) -> None:
        ctx.set(reset, 1)
        for at, word in enumerate(anchors):
            for column in range(columns):
                await load(ctx, dut.load, isa.Kind.ANCHORS, width.anchor_columns * at + column, word >> 16 * column)
        ctx.set(reset, 0)
        operands = [[0] * 2 * pairs] * (params.store_clocks + 1)
        retire_at: list[int] = []
        address, go_at, store, clock, rest = 0, first_go, job.stores[0], 0, 0
        while clock < 3000 and rest < 40:
            ctx.set(dut.program.data, program[address] if address < len(program) else 0)
            ctx.set(dut.go, clock == go_at)
            ctx.set(dut.retired, clock in retire_at)
            ctx.set(dut.reads.ready, rng.random() >= blocked)
            ctx.set(dut.o.ready, clock >= hold and rng.random() >= slow)
            for operand, value in enumerate(operands[0]):
                ctx.set(dut.operand[operand], value)
            _, _, address, claim, granted, valid, ready, index, *reads = await ctx.tick().sample(
                dut.program.addr,
                dut.reads.valid,
                dut.reads.ready,
                dut.o.valid,
                dut.o.ready,
                dut.o.payload,
                *dut.reads.payload.slot,
                *dut.reads.payload.choice,
            )
            slots, choices = reads[: 2 * pairs], reads[2 * pairs :]
            latencies = [store[slot.word % WORDS * width.lanes + number * banks + slot.bank] for number, slot in enumerate(slots)]
            took = claim and granted
            if took:
                seen.taken.append(clock)
            # in a clock that is not ours the store reads something else
            operands = [*operands[1:], [latencies[choice] if took else rng.randrange(-9, 9) for choice in choices]]
            if clock == go_at:
                seen.go.append(clock)
            if clock in retire_at:
                seen.retired.append(clock)
                store = job.stores[min(len(seen.retired), len(job.stores) - 1)]
                if len(seen.retired) % len(job.runs) == 0 and len(seen.go) < steps:
                    go_at = clock + 3
            if valid and ready:
                seen.indices.append(index)
                seen.left.append(clock)
                if (len(seen.indices) - 1) % ends[-1] + 1 in ends:
                    retire_at.append(max([clock + 7, *(at + 1 for at in retire_at)]))
            clock += 1
            rest = rest + 1 if len(seen.indices) >= ends[-1] * steps else 0

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


def ref_indices(job: Job, *, steps: int = 1) -> list[int]:
    """Each run's words on the store as it stands once all runs before are retired."""
    made, done = [], 0
    for _ in range(steps):
        for words in job.runs:
            store, index = job.stores[min(done, len(job.stores) - 1)], [0] * job.width.comparators
            for word in words:
                for lane, pair in enumerate(word.lanes):
                    if pair is not None:
                        index[lane] = index[lane] << 1 | (store[pair[0]] > store[pair[1]])
                if word.emit:
                    made += index[: word.emit]
                    index = [0] * job.width.comparators
            done += 1
    return made


def random_group(rng: random.Random, width: isa.Width) -> list[AnchorWord]:
    """Random pairs for a random number of indices; some lanes rest now and then."""
    comparators, banks, slots = width.comparators, width.slot_banks, range(width.slots)
    emit, words = rng.randint(1, comparators), []
    for left in reversed(range(rng.randint(comparators, 6))):
        reads = [rng.randrange(WORDS) * width.lanes + slot * banks + rng.randrange(banks) for slot in slots]
        lanes = [(rng.choice(reads), rng.choice(reads)) if rng.random() < 0.7 else None for _ in range(comparators)]
        words.append(AnchorWord(lanes=tuple(lanes), emit=0 if left else emit))
    return words


def random_job(comparators: int, seed: int, *, lanes: int = 8, sync: bool = True) -> Job:
    """Three runs of six groups; with ``sync`` the store changes as each run is retired."""
    rng, width = random.Random(seed), isa.Width(lanes=lanes, comparators=comparators)
    runs = [[word for _ in range(6) for word in random_group(rng, width)] for _ in range(3)]
    stores = [[rng.randrange(-9, 9) for _ in range(WORDS * lanes)] for _ in range(10 if sync else 1)]
    return Job(width=width, runs=runs, sync=[sync] * 3, stores=stores)


@pytest.mark.parametrize("blocked", [0, 0.5])
@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("store_clocks", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_indices(seed: int, store_clocks: int, sync: bool, blocked: float) -> None:
    job = random_job((1, 2, 4, 2, 4)[seed], seed, lanes=(8, 8, 16, 32, 8)[seed], sync=sync)
    seen = rtl_indices(job, steps=3, blocked=blocked, slow=0.3, seed=seed, store_clocks=store_clocks)
    assert seen.indices == ref_indices(job, steps=3)
    assert len(seen.taken) == 3 * sum(map(len, job.runs))  # the next step's first word waits for go


@pytest.mark.parametrize("blocked", [0, 0.3])
@pytest.mark.parametrize("comparators", [1, 2, 4])
@pytest.mark.parametrize("store_clocks", [1, 2])
def test_a_full_queue_loses_nothing(store_clocks: int, comparators: int, blocked: float) -> None:
    """16 places and no index taken for 250 clocks, then few: the words stop, and none is lost."""
    rng, width = random.Random(comparators), isa.Width(comparators=comparators)
    pairs = [(rng.randrange(WORDS) * width.lanes, rng.randrange(WORDS) * width.lanes + 7) for _ in range(80)]
    words = [
        AnchorWord(lanes=(pair,) * comparators, emit=comparators if at % comparators == comparators - 1 else 0)
        for at, pair in enumerate(pairs)
    ]
    stores = [[rng.randrange(-9, 9) for _ in range(WORDS * width.lanes)]]
    job = Job(width=width, runs=[words, words], sync=[False, False], stores=stores)
    seen = rtl_indices(job, blocked=blocked, slow=0.6, hold=250, index_depth=16, seed=comparators, store_clocks=store_clocks)
    assert 8 <= sum(clock < 250 for clock in seen.taken) <= 17
    assert len(seen.indices) == 160
    assert seen.indices == ref_indices(job)


def test_a_change_is_seen() -> None:
    job = random_job(2, 5)
    seen = rtl_indices(job)
    assert seen.indices == ref_indices(job)
    swapped = [replace(word, lanes=tuple(pair and pair[::-1] for pair in word.lanes)) for word in job.runs[0]]
    assert seen.indices != ref_indices(replace(job, runs=[swapped, *job.runs[1:]]))
    assert seen.indices != ref_indices(replace(job, stores=job.stores[1:]))
    early = rtl_indices(replace(job, sync=[False] * 3))  # the second run reads before the first is written back
    assert early.indices != ref_indices(job)


@pytest.mark.parametrize("comparators", [1, 2, 4])
@pytest.mark.parametrize("store_clocks", [1, 2])
def test_clocks(store_clocks: int, comparators: int) -> None:
    """A word a clock, 5 clocks between runs, 4 or 5 from an emitting word to the queue."""
    job = random_job(comparators, 7, sync=False)
    seen = rtl_indices(job, steps=2, store_clocks=store_clocks)
    wanted: list[int] = []
    start = seen.go[0] + GO_TO_WORD
    for words in job.runs:
        wanted += range(start, start + len(words))
        start = wanted[-1] + BETWEEN_RUNS
    assert seen.taken[: len(wanted)] == wanted
    assert seen.taken[len(wanted)] == seen.go[1] + GO_TO_WORD
    first = next(at for at, word in enumerate(job.runs[0]) if word.emit)
    assert seen.left[0] == seen.taken[first] + EMIT_TO_QUEUE + store_clocks + QUEUE


def test_sync_waits_for_all_runs_before() -> None:
    """The first word of a run goes in the clock after the run before is retired."""
    job = random_job(2, 8)
    starts = [0, *accumulate(len(words) for words in job.runs)]
    seen = rtl_indices(job, steps=2)
    for number in (1, 2):
        assert seen.taken[starts[number]] == seen.retired[number - 1] + 1
    free = rtl_indices(replace(job, sync=[False] * 3), steps=2)
    assert free.taken[starts[1]] < free.retired[0]
