# amaranth: UnusedElaboratable=no
"""The sorter against plain Python: symbol, list, clocks and draws in all three modes."""

import random
from dataclasses import dataclass, field, replace

import pytest
from amaranth.sim import Simulator

from firmware import isa
from hdl.core.sorter import Sorter, done_clocks

from ..bench import load
from .ref_sort import Draws, Spike, ref_sort, wrap16

DEADLINE = 80  # clocks without an answer


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: the latencies, mode, idle clocks before each latency, clocks between the end of the step before and ``start``."""

    outputs: list[int]
    jitter: bool = False
    k: int = 0
    gaps: list[int] = field(default_factory=list)
    pause: int = 0
    dropped: list[int] = field(default_factory=list)  # latencies of a step begun before this one, and dropped by its start
    dropped_after: int | None = None  # such a step has its last latency, so many clocks before that start


@dataclass(frozen=True, kw_only=True)
class Answer:
    symbol: int
    spikes: list[Spike] | None
    clocks: int  # from the last latency to done


def rtl_sort(
    steps: list[Step], *, seed: int, table: list[int], mask: int, depth: int = 8, read: bool = True, starts: list[int] | None = None
) -> list[Answer]:
    """What the sorter answers to ``steps``. Without ``read`` the lists stay unread, so that the next step may begin at once.

    ``starts``: takes the clocks from each ``start`` to the first one with ``ready``.
    """
    dut = Sorter(depth=depth)
    answers: list[Answer] = []
    clock = 0

    async def bench(ctx) -> None:
        nonlocal clock

        async def tick() -> None:
            nonlocal clock
            await ctx.tick()
            clock += 1

        async def write(space: isa.Kind, address: int, data: int) -> None:
            nonlocal clock
            await load(ctx, dut.load, space, address, data)
            clock += 1

        async def feed(outputs: list[int], gaps: list[int], last: bool) -> None:
            for neuron, latency in enumerate(outputs):
                for _ in range(gaps[neuron] if neuron < len(gaps) else 0):
                    assert ctx.get(dut.i.ready) == 1
                    await tick()
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.payload, {"latency": latency, "last": last and neuron == len(outputs) - 1})
                assert ctx.get(dut.i.ready) == 1  # every clock of the intake
                assert ctx.get(dut.done) == 0
                await tick()
                ctx.set(dut.i.valid, 0)
                ctx.set(dut.i.payload, {"latency": -0x8000, "last": 1})  # nothing is taken without valid

        async def start() -> None:
            ctx.set(dut.start, 1)
            await tick()
            ctx.set(dut.start, 0)
            waited = 1
            while not ctx.get(dut.i.ready):
                assert ctx.get(dut.done) == 0
                await tick()
                waited += 1
                assert waited < DEADLINE
            if starts is not None:
                starts.append(waited)

        for address, entry in enumerate(table):
            await write(isa.Kind.JITTER, address, entry)
        await write(isa.Kind.CONFIG, 0, seed)
        await write(isa.Kind.CONFIG, 1, seed >> 16)
        await write(isa.Kind.CONFIG, 3, mask)
        mode = None
        for step in steps:
            if mode != (step.jitter, step.k):
                mode = (step.jitter, step.k)
                await write(isa.Kind.CONFIG, 2, step.jitter << 8 | step.k)
            for _ in range(step.pause):
                assert ctx.get(dut.i.ready) == 0
                await tick()
            if step.dropped:
                await start()
                await feed(step.dropped, [], step.dropped_after is not None)
                for _ in range(step.dropped_after or 0):
                    assert ctx.get(dut.done) == 0
                    await tick()
            await start()
            await feed(step.outputs, step.gaps, True)
            taken = clock - 1
            while not ctx.get(dut.done):
                assert ctx.get(dut.i.ready) == 0
                assert clock - taken < DEADLINE
                await tick()
            clocks, symbol, spikes = clock - taken, ctx.get(dut.symbol), None
            if read:
                while clock - taken < 2 * depth + 4:
                    await tick()
                words = []
                for address in range(2 * depth + 1):
                    ctx.set(dut.results.addr, address)
                    await tick()
                    words.append(ctx.get(dut.results.data))
                spikes = [(words[2 * rank + 1], wrap16(words[2 * rank + 2])) for rank in range(words[0])]
                assert ctx.get(dut.done) == 1
                assert ctx.get(dut.symbol) == symbol
            answers.append(Answer(symbol=symbol, spikes=spikes, clocks=clocks))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return answers


def ref_answers(steps: list[Step], *, seed: int, table: list[int], mask: int, depth: int = 8, read: bool = True) -> list[Answer]:
    """The same by plain Python; the generator is carried from step to step."""
    draws = Draws(seed, table, mask)
    answers = []
    for step in steps:
        symbol, spikes = ref_sort(step.outputs, draws, jitter=step.jitter, k=step.k, depth=depth)
        clocks = 3 if not (step.jitter and step.k) else 2 * depth + 8 + 2 * min(step.k, len(step.outputs), depth)
        assert clocks == done_clocks(jitter=step.jitter, k=step.k, n_out=len(step.outputs), depth=depth)
        answers.append(Answer(symbol=symbol, spikes=spikes if read else None, clocks=clocks))
    return answers


def make_table(rng: random.Random, span: int = 0x8000) -> list[int]:
    return [rng.randrange(-span, span) for _ in range(256)]


def make_step(rng: random.Random, *, sizes: list[int], spans: list[int], **fields: object) -> Step:
    span = rng.choice(spans)
    outputs = [rng.randrange(-span, span) for _ in range(rng.choice(sizes))]
    gaps = [rng.choice([0, 0, 0, 1, 4]) for _ in outputs] if rng.random() < 0.5 else []
    step = Step(outputs=outputs, jitter=rng.random() < 0.7, k=rng.randrange(9), gaps=gaps, pause=rng.choice([0, 0, 1, 7]))
    return replace(step, **fields)  # type: ignore[arg-type]


def check(steps: list[Step], **common: object) -> None:
    assert rtl_sort(steps, **common) == ref_answers(steps, **common)  # type: ignore[arg-type]


@pytest.mark.parametrize("span", [1, 3, 0x8000], ids=["all-tie", "many-ties", "full-range"])
@pytest.mark.parametrize(("jitter", "k"), [(False, 0), (False, 5), (True, 0), (True, 1), (True, 3), (True, 8)])
def test_every_mode(span: int, jitter: bool, k: int) -> None:
    rng = random.Random(1000 * span + 10 * k + jitter)
    steps = [make_step(rng, sizes=[1, 2, 7, 8, 9, 10, 65], spans=[span], jitter=jitter, k=k) for _ in range(12)]
    check(steps, seed=rng.randrange(1, 1 << 32), table=make_table(rng, 40 * span), mask=rng.choice([0, 3, 0xFF]))


def test_modes_mixed_at_random() -> None:
    rng = random.Random(7)
    steps = [make_step(rng, sizes=[1, 2, 3, 5, 8, 10, 30], spans=[2, 50, 0x8000]) for _ in range(80)]
    check(steps, seed=0xC0FFEE11, table=make_table(rng, 100), mask=0x1F)


@pytest.mark.parametrize("n_out", [1, 2, 7, 8, 9, 255, 256])
def test_sizes(n_out: int) -> None:
    rng = random.Random(n_out)
    steps = [make_step(rng, sizes=[n_out], spans=[0x8000], jitter=jitter, k=k) for jitter, k in [(False, 0), (True, 0), (True, 8)]]
    check(steps, seed=n_out, table=make_table(rng), mask=0xFF)


def test_order_of_extremes() -> None:
    descending = [0x7FFF, 0x7FFE, 256, 255, 1, 0, -1, -255, -256, -0x7FFF, -0x8000]
    steps = [Step(outputs=descending), Step(outputs=descending[::-1]), Step(outputs=[0x7FFF] * 10), Step(outputs=[-0x8000] * 10)]
    check(steps, seed=1, table=[0] * 256, mask=0)


def test_thousands_of_draws_through_the_sorter() -> None:
    rng = random.Random(3)
    steps = [Step(outputs=[rng.randrange(-99, 99) for _ in range(256)], jitter=True) for _ in range(12)]
    check(steps, seed=0xFFFFFFFF, table=make_table(rng, 200), mask=0xFF)


def test_a_start_during_the_copy_waits_for_its_end() -> None:
    rng = random.Random(8)
    common = {"seed": 4, "table": make_table(rng, 100), "mask": 0xFF, "read": False}
    for jitter in (False, True):
        steps = [make_step(rng, sizes=[1, 9, 20], spans=[5, 500], pause=pause, jitter=jitter, k=0) for pause in range(20)]
        starts: list[int] = []
        assert rtl_sort(steps, starts=starts, **common) == ref_answers(steps, **common)  # type: ignore[arg-type]
        assert starts == [2] + [max(2, 18 - pause) for pause in range(1, 20)]  # the copy takes the 17 clocks from done on


def test_the_list_survives_an_early_start() -> None:
    dut = Sorter()
    first, second = [5, 3, 9, -4, 0, 7, 7, 2, 1, 8], [6]
    words: list[int] = []

    async def bench(ctx) -> None:
        for outputs in (first, second):
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            if outputs is second:  # the list of the first step is complete when the second may begin
                while not ctx.get(dut.i.ready):
                    await ctx.tick()
                for address in range(17):
                    ctx.set(dut.results.addr, address)
                    await ctx.tick()
                    words.append(ctx.get(dut.results.data))
                return
            await ctx.tick()
            for neuron, latency in enumerate(outputs):
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.payload, {"latency": latency, "last": neuron == len(outputs) - 1})
                await ctx.tick()
            ctx.set(dut.i.valid, 0)
            while not ctx.get(dut.done):
                await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    _, spikes = ref_sort(first, Draws(1, [0] * 256, 0), jitter=False, k=0)
    assert words == [8] + [word & 0xFFFF for spike in spikes for word in spike]


def test_a_start_during_the_intake_drops_the_step() -> None:
    rng = random.Random(12)
    dropped = [[-999] * rng.randrange(1, 9) for _ in range(20)]  # none of them may be left over
    steps = [make_step(rng, sizes=[3, 9, 20], spans=[5, 500], jitter=False, dropped=some) for some in dropped]
    check(steps + [replace(step, jitter=True, k=3) for step in steps], seed=4, table=make_table(rng, 100), mask=0xFF)


@pytest.mark.parametrize(("k", "clocks"), [(0, 2), (1, 25), (8, 39)])
def test_a_start_before_done_drops_the_step(k: int, clocks: int) -> None:
    rng = random.Random(k)
    assert clocks == done_clocks(jitter=True, k=k, n_out=9) - 1
    steps = [
        make_step(rng, sizes=[3, 9], spans=[20], jitter=True, k=k, dropped=[-999] * 9, dropped_after=after, pause=rng.randrange(2))
        for after in range(clocks)
    ]
    starts: list[int] = []
    common = {"seed": 1, "table": [0] * 256, "mask": 0}  # draws made stay made
    assert rtl_sort(steps, starts=starts, **common) == ref_answers(steps, **common)  # type: ignore[arg-type]
    assert starts[::2] == [2] * clocks
    waits = [21 - after if 2 <= after <= 18 else 3 for after in range(1, clocks + 1)]
    assert starts[1::2] == (waits if not k else [*waits[:-1], 2])  # in the last clock the sorter is idle again


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_other_depths(depth: int) -> None:
    rng = random.Random(depth)
    steps = [make_step(rng, sizes=[1, 2, 4, 5, 6, 20], spans=[4, 0x8000]) for _ in range(40)]
    check(steps, seed=99, table=make_table(rng, 1000), mask=0xFF, depth=depth)


@pytest.mark.parametrize("depth", [0, 9, 2.0])
def test_depth_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=r"^depth must be 1\.\.8, not "):
        Sorter(depth=depth)


def test_one_wrong_table_bit_is_seen() -> None:
    rng = random.Random(21)
    steps = [Step(outputs=[0] * 10, jitter=True) for _ in range(5)]
    table = make_table(rng, 100)
    probe = Draws(5, list(range(256)), 0)
    wrong = list(table)
    wrong[probe.draw()] ^= 0x4000
    assert rtl_sort(steps, seed=5, table=wrong, mask=0) != ref_answers(steps, seed=5, table=table, mask=0)
    assert rtl_sort(steps, seed=5, table=table, mask=0) == ref_answers(steps, seed=5, table=table, mask=0)


@pytest.mark.parametrize("change", ["symbol", "spikes", "clocks", "draws"])
def test_each_comparison_can_fail(change: str) -> None:
    steps = [Step(outputs=[5, 4, 3, 9], jitter=True, k=2), Step(outputs=[5, 4, 4, 9], jitter=True)]
    common = {"seed": 5, "table": make_table(random.Random(2), 50), "mask": 0xFF}
    expected = ref_answers(steps, **common)  # type: ignore[arg-type]
    if change == "draws":  # one draw less in the first step
        expected = [expected[0], *ref_answers([replace(steps[0], k=1), steps[1]], **common)[1:]]  # type: ignore[arg-type]
    elif change == "spikes":
        expected[0] = replace(expected[0], spikes=expected[0].spikes[::-1])  # type: ignore[index]
    else:
        expected[0] = replace(expected[0], **{change: getattr(expected[0], change) + 1})
    assert rtl_sort(steps, **common) != expected  # type: ignore[arg-type]
