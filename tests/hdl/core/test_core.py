"""The core against the interpreter of the instruction set: random programs, stalls, slow hosts, resets, bad programs, collided reads."""

import random
from dataclasses import dataclass, replace

import pytest
from amaranth.hdl import signed
from amaranth.sim import Simulator

from firmware import isa
from firmware.program import Program
from hdl.core.params import CoreParams
from hdl.memory.store import LatencyStore

from .core_bench import SPIKES, CoreBench, machine_of, random_program, written
from .poison import PoisonMemory, poison

COUNTED = (isa.Counter.ROWS, isa.Counter.BEATS, isa.Counter.SATURATIONS, isa.Counter.STEPS)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Symbols of all steps, latencies written by the last, counts of rows, beats, saturations and steps."""

    symbols: list[int]
    latencies: list[int]
    counts: list[int]


def forced_of(program: Program, seed: int, count: int) -> list[int | None]:
    rng = random.Random(seed)
    limit = program.meta.n_out
    return [rng.choice([None, rng.randrange(limit)]) if program.meta.kind == "rnn" else None for _ in range(count)]


def rtl_run(program: Program, forced: list[int | None], **options) -> Seen:
    bench = CoreBench(program, **options)
    seen: list[Seen] = []

    async def run(ctx) -> None:
        await bench.load(ctx)
        symbols = await bench.steps(ctx, forced)
        counts = await bench.counters(ctx)
        latencies = await bench.store(ctx, written(program))
        seen.append(Seen(symbols=symbols, latencies=latencies, counts=[counts[counter] for counter in COUNTED]))

    bench.run(run)
    return seen[0]


def ref_run(program: Program, forced: list[int | None]) -> Seen:
    machine = machine_of(program)
    symbols = [machine.step(symbol) for symbol in forced]
    latencies = [machine.store[address] for address in written(program)]
    return Seen(symbols=symbols, latencies=latencies, counts=[machine.rows, machine.beats, machine.saturations, len(forced)])


@pytest.mark.parametrize(
    ("stall", "lazy"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.97), (0.3, 0.9)], ids=["free", "stalled tier", "slow host", "both"]
)
@pytest.mark.parametrize("seed", range(6))
def test_random_networks(seed: int, stall: float, lazy: float) -> None:
    kind = "deep" if seed == 3 else "rnn"
    _, program = random_program(700 + seed, kind=kind, lanes=8 << seed // 2, comparators=1 + seed % 2, mode=seed % 3)
    forced = forced_of(program, seed, 4)
    sizes, slow = {"index_depth": 16 if seed % 2 else 256}, {"store_clocks": 2, "table_clocks": 3} if seed % 3 == 1 else {}
    assert rtl_run(program, forced, stall=stall, lazy=lazy, seed=seed, **sizes, **slow) == ref_run(program, forced)


def test_a_flipped_bit_of_a_table_a_shift_or_a_symbol_is_seen() -> None:
    _, program = random_program(701)
    forced = forced_of(program, 1, 4)
    forced[0] = 1
    got = rtl_run(program, forced)
    assert got == ref_run(program, forced)
    flipped = [piece._replace(data=bytes(byte ^ 1 for byte in piece.data)) for piece in program.tables]
    for other in (
        replace(program, tables=tuple(flipped)),
        replace(program, runs=tuple(replace(r, shift=r.shift ^ 1) for r in program.runs)),
    ):
        assert ref_run(other, forced) != got
    assert ref_run(program, [0, *forced[1:]]) != got


def test_a_stalled_tier_costs_clocks() -> None:
    """The control: the stalls above do reach the core."""
    _, program = random_program(700)
    clocks: list[int] = []

    for stall in (0.0, 0.5):
        bench = CoreBench(program, stall=stall)

        async def run(ctx, bench: CoreBench = bench) -> None:
            await bench.load(ctx)
            await bench.steps(ctx, [None] * 3)
            clocks.append((await bench.counters(ctx))[isa.Counter.CLOCKS])

        bench.run(run)
    assert clocks[1] > clocks[0] + 10


@pytest.mark.parametrize("seed", [3, 4])
def test_the_list_of_spikes_stands_after_its_clocks(seed: int) -> None:
    _, program = random_program(700 + seed)
    bench = CoreBench(program)
    machine = machine_of(program)

    async def run(ctx) -> None:
        await bench.load(ctx)
        for _ in range(2):
            await bench.steps(ctx, [None])
            machine.step()
            await ctx.tick().repeat(SPIKES)
            at = next(run.base for run in program.runs if run.sort) * program.width.lanes
            outputs = machine.store[at : at + program.meta.n_out]
            order = sorted(range(len(outputs)), key=lambda neuron: (outputs[neuron], neuron))[: isa.SPIKES]
            got = await bench.spikes(ctx)
            assert got == [(neuron, outputs[neuron]) for neuron in order]
            assert got != [(neuron, outputs[neuron] ^ 1) for neuron in order]

    bench.run(run)


@pytest.mark.parametrize("seed", range(2))
def test_the_host_reads_beside_steps(seed: int) -> None:
    """Every word read is that of the store between the steps, and the steps do not mind."""
    _, program = random_program(710 + seed, comparators=1 + seed)
    addresses = written(program)
    forced = forced_of(program, seed, 16)
    bench, machine = CoreBench(program, stall=0.2, seed=seed), machine_of(program)
    states, wanted = [list(machine.store)], []
    for symbol in forced:
        wanted.append(machine.step(symbol))
        states.append(list(machine.store))
    rng = random.Random(seed)
    done: list[int] = []
    reads: list[tuple[int, int, int]] = []

    async def host(ctx) -> None:
        core = bench.core
        ctx.set(core.read_data.ready, 1)
        while True:
            address = rng.choice(addresses)
            for _ in range(rng.randrange(1, 40)):
                await ctx.tick()
            ctx.set(core.read_request.payload.space, isa.ReadSpace.STORE)
            ctx.set(core.read_request.payload.address, address)
            ctx.set(core.read_request.valid, 1)
            ready = valid = value = 0
            while not ready:
                _, _, ready = await ctx.tick().sample(core.read_request.ready)
            steps = len(done)
            ctx.set(core.read_request.valid, 0)
            while not valid:
                _, _, valid, value = await ctx.tick().sample(core.read_data.valid, core.read_data.payload)
            reads.append((steps, address, value - (value >> 15 << 16)))

    async def run(ctx) -> None:
        await bench.load(ctx)
        for symbol in forced:
            for _ in range(rng.randrange(12)):
                await ctx.tick()
            done.extend(await bench.steps(ctx, [symbol]))

    bench.run(run, host)
    assert done == wanted
    late = [read for read in reads if read[0] > 0]
    assert len(late) >= 8
    assert [value for _, _, value in late] == [states[steps][address] for steps, address, _ in late]
    assert [value for _, _, value in late] != [states[steps - 1][address] for steps, address, _ in late]


@pytest.mark.parametrize(("store_clocks", "wanted"), [(1, [4, 9, 14, 19]), (2, [5, 11, 17, 23])])
def test_clocks_of_a_word_for_the_host(store_clocks: int, wanted: list[int]) -> None:
    _, program = random_program(712)
    bench = CoreBench(program, store_clocks=store_clocks)
    clocks: list[int] = []

    async def run(ctx) -> None:
        await bench.load(ctx)
        core = bench.core
        ctx.set(core.read_request.valid, 1)
        ctx.set(core.read_data.ready, 1)
        for clock in range(40):
            _, _, valid = await ctx.tick().sample(core.read_data.valid)
            if valid:
                clocks.append(clock)

    bench.run(run)
    assert clocks[:4] == wanted


@pytest.mark.parametrize("last", [True, False], ids=["write-back", "sums only"])
def test_a_bad_program_cannot_spoil_the_zero_words(last: bool) -> None:
    """Regions that run over word 255 of store and accumulators: it is not written, and a good program is right after."""
    _, program = random_program(713, size=40)
    wide = program.runs[0].row_beats * (2 if program.runs[0].int4 else 1)
    assert wide >= 2
    bad = replace(program, runs=tuple(replace(run, base=isa.ZERO_WORD - 1, last=last, residual=False, shift=3) for run in program.runs))
    forced = forced_of(program, 1, 3)
    bench = CoreBench(program)

    async def run(ctx) -> None:
        await bench.load(ctx, bad)
        assert len(await bench.steps(ctx, [1, 0])) == 2
        zero, before = (list(range(word * 8, (word + 1) * 8)) for word in (isa.ZERO_WORD, isa.ZERO_WORD - 1))
        assert await bench.store(ctx, zero) == [0] * 8
        assert any(await bench.store(ctx, before)) == last
        await bench.load(ctx)
        symbols = await bench.steps(ctx, forced)
        wanted = ref_run(program, forced)
        assert symbols == wanted.symbols
        assert await bench.store(ctx, written(program)) == wanted.latencies

    bench.run(run)


def test_a_reset_ends_a_step_at_any_clock() -> None:
    """After it, everything but memories, counters and configuration is as at power-up: a load and a rerun are right."""
    _, program = random_program(714, mode=1)
    forced = forced_of(program, 2, 2)
    wanted = ref_run(program, forced)
    bench = CoreBench(program)
    rng = random.Random(3)

    async def run(ctx) -> None:
        core = bench.core
        await bench.load(ctx)
        assert await bench.steps(ctx, forced) == wanted.symbols
        counts = await bench.counters(ctx)
        clocks = counts[isa.Counter.CLOCKS] // len(forced)
        assert clocks > 40
        for cut in (1, 2, 7, *sorted(rng.sample(range(8, clocks), 6)), clocks - 1):
            ctx.set(core.step.payload.forced, 0)
            ctx.set(core.step.valid, 1)
            await ctx.tick().repeat(cut)
            ctx.set(core.step.valid, 0)
            assert not ctx.get(core.step.ready)
            ctx.set(bench.reset, 1)
            await ctx.tick()
            ctx.set(bench.reset, 0)
            await ctx.tick()
            assert ctx.get(core.step.ready)
            assert not ctx.get(core.symbol.valid)
            await bench.load(ctx)
            assert await bench.steps(ctx, forced) == wanted.symbols, cut
            assert await bench.store(ctx, written(program)) == wanted.latencies, cut
        after = await bench.counters(ctx)
        assert after[isa.Counter.STEPS] == 11 * len(forced)
        assert after[isa.Counter.CLOCKS] > 11 * counts[isa.Counter.CLOCKS] - 11 * len(forced)

    bench.run(run)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("stall", "store_clocks", "table_clocks"), [(0.0, 1, 1), (0.3, 1, 1), (0.0, 2, 3), (0.0, 2, 1), (0.0, 1, 3)])
def test_no_collided_read_is_used(seed: int, stall: float, store_clocks: int, table_clocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch)
    _, program = random_program(720 + seed, kind="deep" if seed == 2 else "rnn", comparators=1 + seed % 2, mode=seed % 3)
    forced = forced_of(program, seed, 3)
    got = rtl_run(program, forced, stall=stall, seed=seed, store_clocks=store_clocks, table_clocks=table_clocks)
    assert got == ref_run(program, forced)


def test_the_poison_corrupts_a_collided_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a store read and written at one place in one clock; the same bench on a plain memory, and beside a place not read."""

    def wide_value(*, read: int) -> list[int]:
        dut, values = LatencyStore(params=CoreParams()), []

        async def bench(ctx) -> None:
            for value in (3, 4):  # first no read, then one of word `read`
                ctx.set(dut.write.addr, 9)
                ctx.set(dut.write.en, 0xFF)
                for lane in range(8):
                    ctx.set(dut.write.data[lane], value)
                ctx.set(dut.reads.word.en, 1)
                ctx.set(dut.reads.word.addr, read if value == 4 else 1)
                await ctx.tick()
            values.append([ctx.get(value) for value in dut.reads.word.data])

        simulator = Simulator(dut)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
        return values[0]

    plain = wide_value(read=9)
    assert plain == [3] * 8
    poison(monkeypatch)
    assert all(value != 3 and value != 4 for value in wide_value(read=9))
    assert wide_value(read=8) == [0] * 8


def test_a_core_on_memories_that_are_always_wrong_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The poison reaches the core: with every read of the store poisoned the results differ."""
    _, program = random_program(720, comparators=1)
    forced = forced_of(program, 0, 2)
    wanted = ref_run(program, forced)
    poison(monkeypatch)
    read_port = PoisonMemory.read_port

    def worse(self: PoisonMemory):
        face = read_port(self)
        if face.data.shape() == signed(16):
            self._writes.append(type("Always", (), {"en": face.en, "addr": face.addr}))
        return face

    monkeypatch.setattr(PoisonMemory, "read_port", worse)
    got = rtl_run(program, forced)
    assert (got.symbols, got.latencies) != (wanted.symbols, wanted.latencies)
