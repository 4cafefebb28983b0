"""Step control against a timetable in plain Python: begin and end of steps to the clock, whose symbol counts, what the sorter reads."""

import random
from dataclasses import dataclass, field, replace

import pytest

from firmware import isa
from hdl.core.sequencer import Sequencer

from ..bench import simulate

WIDTH = isa.Width()


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step asked for, and what the blocks around do in it.

    ``work``: clocks from go to the retired run with ``sort``; ``sorting``: clocks the sorter takes from the last read; ``rest``: clocks
    from the run with ``sort`` to that with ``end``, 0 where one run is both. ``grants``: how likely a read is granted.
    """

    forced: int | None
    choice: int
    outputs: int
    base: int
    work: int
    sorting: int
    rest: int
    grants: float = 1.0


@dataclass(kw_only=True)
class Seen:
    """Clocks of step transfers, of go, of ended steps, of symbol transfers and of last reads; symbols; each step's reads; clocks in
    which the step's symbol is known, and which it is."""

    taken: list[int] = field(default_factory=list)
    go: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    symbols: list[int] = field(default_factory=list)
    reads: list[list[tuple[int, int]]] = field(default_factory=list)
    known: list[tuple[int, int]] = field(default_factory=list)
    running: list[int] = field(default_factory=list)
    last_read: list[int] = field(default_factory=list)


def rtl_steps(steps: list[Step], *, offer: float = 1.0, lazy: float = 0.0, seed: int = 0, clocks: int = 900) -> Seen:
    """``offer``: how likely a waiting step is offered, from a clock on; ``lazy``: how likely the host does not take a symbol."""
    dut, rng, seen = Sequencer(width=WIDTH), random.Random(seed), Seen()

    async def bench(ctx) -> None:
        asked = -1  # the step that runs
        sort_at = end_at = done_at = -1
        held: tuple[int, int] | None = None
        offered = False
        for clock in range(clocks):
            offered = offered or (len(seen.taken) < len(steps) and rng.random() < offer)
            ctx.set(dut.step.valid, offered)
            if offered:
                forced = steps[len(seen.taken)].forced
                ctx.set(dut.step.payload.forced, forced is not None)
                ctx.set(dut.step.payload.symbol, forced or 0)
            ctx.set(dut.symbol.ready, rng.random() >= lazy)
            ctx.set(dut.retired, clock in (sort_at, end_at))
            ctx.set(dut.sort, clock == sort_at)
            ctx.set(dut.end, clock == end_at)
            ctx.set(dut.sorter_done, clock == done_at)
            now = steps[asked] if asked >= 0 else steps[0]
            ctx.set(dut.sorter_symbol, now.choice)
            ctx.set(dut.outputs, {"base": now.base, "last": now.outputs - 1})
            ctx.set(dut.reads.ready, rng.random() < now.grants)
            names = ("go", "running", "stepped", "sorter_start", "chosen", "known")
            values = await ctx.tick().sample(
                dut.step.ready,
                dut.symbol.valid,
                dut.symbol.ready,
                dut.symbol.payload,
                dut.reads.valid & dut.reads.ready,
                dut.reads.payload,
                *(getattr(dut, name) for name in names),
            )
            ready, valid, wanted, symbol, granted, read, *rest = values[2:]
            at = dict(zip(names, rest, strict=True))
            seen.running.append(at["running"])
            assert at["sorter_start"] == (clock == sort_at)
            if held is not None:
                assert (valid, symbol) == held, "an offered symbol must stay"
            held = (valid, symbol) if valid and not wanted else None
            if valid and wanted:
                seen.sent.append(clock)
                seen.symbols.append(symbol)
            if at["known"]:
                seen.known.append((clock, at["chosen"]))
            if granted:
                seen.reads[-1].append((read.address.word * WIDTH.lanes + read.address.bank, read.last))
                if read.last:
                    done_at = clock + steps[asked].sorting
                    seen.last_read.append(clock)
            if at["stepped"]:
                seen.ended.append(clock)
            if at["go"]:
                asked += 1
                seen.go.append(clock)
                seen.reads.append([])
                sort_at = clock + steps[asked].work
                end_at = sort_at + steps[asked].rest
            if offered and ready:
                seen.taken.append(clock)
                offered = False
            if seen.sent and len(seen.sent) == len(steps) and clock > seen.sent[-1] + 20:
                break

    simulate(dut, bench)
    return seen


def check(steps: list[Step], seen: Seen) -> None:
    """Everything the docstring promises, from the clocks at which the blocks around acted."""
    count, known = len(steps), []
    assert [len(clocks) for clocks in (seen.taken, seen.go, seen.ended, seen.sent)] == [count] * 4
    assert seen.go == seen.taken
    for number, step in enumerate(steps):
        last = (seen.go[number] + step.work) + step.rest
        done = seen.last_read[number] + step.sorting
        assert seen.ended[number] == max(last, done, seen.sent[number - 1] + 1 if number else 0)
        assert seen.sent[number] > seen.ended[number]
        symbol = step.choice if step.forced is None else step.forced
        known += [(clock, symbol) for clock in range(done + 1, seen.ended[number] + 1)]
        if number:
            assert seen.taken[number] >= seen.ended[number - 1]
    wanted = [[(step.base * WIDTH.lanes + n, int(n == step.outputs - 1)) for n in range(step.outputs)] for step in steps]
    assert seen.reads == wanted
    assert seen.symbols == [step.choice for step in steps]
    assert seen.known == known
    running = {clock for taken, ended in zip(seen.taken, seen.ended, strict=True) for clock in range(taken + 1, ended + 1)}
    assert [clock for clock, value in enumerate(seen.running) if value] == sorted(running)


def random_steps(seed: int) -> list[Step]:
    rng = random.Random(seed)
    return [
        Step(
            forced=rng.choice([None, rng.randrange(256)]),
            choice=rng.randrange(256),
            outputs=rng.choice([1, 2, 9, 30]),
            base=rng.randrange(200),
            work=rng.randrange(1, 20),
            sorting=rng.randrange(1, 12),
            rest=rng.choice([0, 0, rng.randrange(1, 60)]),
            grants=rng.choice([1.0, 0.5]),
        )
        for _ in range(10)
    ]


@pytest.mark.parametrize(
    ("offer", "lazy"), [(1.0, 0.0), (0.1, 0.0), (1.0, 0.9), (0.3, 0.97)], ids=["in a row", "now and then", "slow host", "both"]
)
@pytest.mark.parametrize("seed", range(3))
def test_steps(seed: int, offer: float, lazy: float) -> None:
    steps = random_steps(seed)
    check(steps, rtl_steps(steps, offer=offer, lazy=lazy, seed=seed))


@pytest.mark.parametrize("rest", [0, 2, 10, 11, 12, 30])
def test_a_step_ends_and_the_next_begins_in_one_clock(rest: int) -> None:
    """The last run retired before, with and after the sorter's end."""
    steps = [Step(forced=None, choice=n, outputs=8, base=4, work=3, sorting=3, rest=rest) for n in range(5)]
    seen = rtl_steps(steps)
    check(steps, seen)
    assert seen.taken[1:] == seen.ended[:-1]
    assert seen.sent == [clock + 1 for clock in seen.ended]
    assert all(seen.running[seen.taken[0] + 1 : seen.ended[-1] + 1])


def test_a_symbol_not_taken_holds_the_end_of_the_next_step() -> None:
    dut = Sequencer(width=WIDTH)

    async def bench(ctx) -> None:
        async def step(choice: int) -> None:
            ctx.set(dut.sorter_symbol, choice)
            ctx.set(dut.reads.ready, 1)
            for name in ("retired", "sort", "end"):
                ctx.set(getattr(dut, name), 1)
            await ctx.tick()
            ctx.set(dut.retired, 0)
            await ctx.tick()
            ctx.set(dut.sorter_done, 1)

        ctx.set(dut.step.valid, 1)
        await ctx.tick()
        await step(11)
        assert ctx.get(dut.stepped)
        await ctx.tick()
        ctx.set(dut.sorter_done, 0)
        await step(22)
        ctx.set(dut.sorter_symbol, 22)
        assert not ctx.get(dut.stepped)
        await ctx.tick()
        ctx.set(dut.sorter_done, 0)
        for _ in range(20):
            assert not ctx.get(dut.stepped)
            assert not ctx.get(dut.step.ready)
            assert (ctx.get(dut.symbol.valid), ctx.get(dut.symbol.payload), ctx.get(dut.running)) == (1, 11, 1)
            await ctx.tick()
        ctx.set(dut.symbol.ready, 1)
        assert not ctx.get(dut.stepped)
        await ctx.tick()
        assert ctx.get(dut.stepped)
        assert ctx.get(dut.step.ready)
        assert ctx.get(dut.go)
        await ctx.tick()
        assert (ctx.get(dut.symbol.valid), ctx.get(dut.symbol.payload)) == (1, 22)

    simulate(dut, bench)


@pytest.mark.parametrize("change", [{"choice": 3}, {"forced": 9}, {"base": 60}, {"outputs": 5}, {"rest": 50}])
def test_a_wrong_step_is_seen(change: dict[str, int]) -> None:
    steps = [Step(forced=7, choice=n, outputs=8, base=4, work=3, sorting=3, rest=20) for n in range(3)]
    seen = rtl_steps(steps)
    check(steps, seen)
    with pytest.raises(AssertionError):
        check([steps[0], replace(steps[1], **change), steps[2]], seen)
