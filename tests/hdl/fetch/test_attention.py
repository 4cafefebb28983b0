"""Row fetch, index cache and table tier together, against plain Python: which rows attention reads, and what is written to tier 0."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from firmware.isa import CONTEXT, SIDE_BEATS, Mode, Run, Width
from hdl.core.params import CoreParams
from hdl.fetch.fetch import RowFetch
from hdl.memory.bank import BankSignature
from sim.machines.stall import StallingTier

from ..bench import simulate

WIDTH = Width()
BEATS = 896  # not a power of two
ZERO = BEATS - 1
COLUMNS = CoreParams().anchor_width // 16  # words of a beat that make up an anchor word
SIDE = 4  # first side block
PLACES = 4 * 8 * SIDE_BEATS  # side words are random up to here, 16-bit words


@dataclass(kw_only=True)
class Seen:
    """``reads``: (beat, or None of the flash, first of the run, last row of the run, kept for the next) of each request. ``rows``: asked of
    the flash. ``copied``: (anchor word, beat)."""

    reads: list[tuple[int | None, bool, bool, bool]] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)
    copied: list[tuple[int, int]] = field(default_factory=list)


class FilledBank(wiring.Component):
    """A table bank with contents at power-up."""

    def __init__(self, *, beats: int, width: Width, words: list[int]) -> None:
        self._init = [sum(word << 16 * i for i, word in enumerate(words[4 * beat : 4 * beat + 4])) for beat in range(beats)]
        super().__init__(BankSignature(address_bits=(beats - 1).bit_length(), width=width))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=64, depth=len(self._init), init=self._init)
        read, write = memory.read_port(), memory.write_port(granularity=16)
        m.d.comb += [read.addr.eq(self.address), self.read_data.eq(read.data), write.addr.eq(self.address)]
        m.d.comb += [write.data.eq(Cat([self.write_data] * 4)), write.en.eq(Mux(self.write, 1 << self.quarter, 0))]
        return m


class Bench(wiring.Component):
    """Program memory, row fetch and tier."""

    def __init__(self, *, runs: list[Run], words: list[int], flash: bool) -> None:
        self._program = [word for run in runs for word in run.encode()]
        params = CoreParams(table_beats=BEATS, far_bytes=int(flash))
        self.fetch = RowFetch(params=params)
        self.stall = Signal()
        self.tier = StallingTier(params=params, bank=partial(FilledBank, words=words), stall=self.stall)
        super().__init__({})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.fetch, m.submodules.tier = self.fetch, self.tier
        m.submodules.program = program = Memory(shape=unsigned(16), depth=256, init=self._program)
        wiring.connect(m, self.fetch.program, program.read_port())
        wiring.connect(m, self.fetch.request, self.tier.request)
        wiring.connect(m, self.fetch.side, self.tier.side)
        return m


def rtl(
    runs: list[Run], memory: list[int], indices: list[list[int]], *, flash: bool = False, slow: float = 0, seed: int = 0, clear_at: int = -1
) -> Seen:
    """A step for each of ``indices``; before step ``clear_at`` a new text begins. ``memory``: 16-bit words of tier 0."""
    dut, rng, seen = Bench(runs=runs, words=memory, flash=flash), random.Random(seed), Seen()
    fetch, tier = dut.fetch, dut.tier
    payload, names = fetch.request.payload, ("first", "last", "hold", "bytes", "final", "end")

    async def bench(ctx) -> None:
        coming = 0
        for number, of_step in enumerate(indices):
            waiting, ended, clocks = list(of_step), False, 0
            while not ended:
                clocks += 1
                assert clocks < 20000, "the step does not end"
                offered = bool(waiting) and rng.random() >= slow
                ctx.set(fetch.index.valid, offered)
                ctx.set(fetch.index.payload, waiting[0] if offered else rng.randrange(1 << 16))
                ctx.set(dut.stall, not flash and rng.random() < slow)
                if flash:
                    ctx.set(tier.ending, coming > 0 and rng.random() < 0.3 and not ctx.get(tier.ending))
                    ctx.set(fetch.rows.ready, rng.random() < 0.3)
                    asked = ctx.get(fetch.rows.valid & fetch.rows.ready), ctx.get(fetch.rows.payload)
                    if asked[0]:
                        seen.rows.append((asked[1].address, asked[1].more + 1))
                        coming += asked[1].more + 1
                clocked = await ctx.tick().sample(
                    fetch.index.valid & fetch.index.ready,
                    fetch.request.valid & fetch.request.ready,
                    payload.address,
                    fetch.anchors.en,
                    fetch.anchors.addr,
                    fetch.anchors.data,
                    *(getattr(payload.tag, name) for name in names),
                )
                _, _, taken, requested, beat, copied, word, data, first, last, hold, of_flash, final, end = clocked
                if requested:
                    seen.reads.append((None if of_flash else beat, bool(first), bool(last), bool(hold)))
                    coming -= of_flash
                    ended = bool(final and end)
                if copied:
                    seen.copied.append((word, data))
                if taken:
                    waiting.pop(0)
            assert not waiting
            ctx.set(fetch.advance, 1)
            ctx.set(fetch.clear, number + 1 == clear_at)
            ctx.set(fetch.index.valid, 0)
            await ctx.tick()
            ctx.set(fetch.advance, 0)
            ctx.set(fetch.clear, 0)

    simulate(dut, bench)
    return seen


class Model:
    """docs/reference/isa.md, "Attention", word by word."""

    def __init__(self, memory: list[int]) -> None:
        self.memory = list(memory)
        self.queries: dict[int, int] = {}
        self.t = self.now = 0
        self.seen = Seen()

    def step(self, runs: list[Run], indices: list[int]) -> None:
        waiting = iter(indices)
        for run in runs:
            if run.mode == Mode.ATTEND:
                self._attend(run)
            elif run.mode == Mode.ROWS:
                self._rows(run, [run.table_base + (i << run.table_log2) + (next(waiting) << run.row_log2) for i in range(run.count)], 1, 1)
            else:
                self._quiet(run, waiting)
        self.t, self.now = min(self.t + 1, CONTEXT - 1), (self.now + 1) % CONTEXT

    def clear(self) -> None:
        self.t = self.now = 0

    def _words(self, run: Run, beat: int) -> Iterator[tuple[int, int]]:
        """The place of each table's side word, in 16-bit words, and of its query."""
        for table in range(run.count):
            block, lane = run.side + table // WIDTH.side_words, table % WIDTH.side_words
            yield WIDTH.side_words * (SIDE_BEATS * block + beat) + lane, WIDTH.side_words * (block % 64) + lane

    def _quiet(self, run: Run, waiting: Iterator[int]) -> None:
        for table, (place, query) in enumerate(self._words(run, self.now)):
            if run.mode == Mode.QUERY:
                self.queries[query] = next(waiting)
            elif run.mode == Mode.KEY:
                self.memory[place] = next(waiting) << run.row_log2 & 0xFFFF
            else:
                words = self.memory[4 * (run.table_base + table) :][:COLUMNS]
                self.seen.copied.append((4 * run.side + table, sum(word << 16 * i for i, word in enumerate(words))))
        self.seen.reads += [(ZERO, False, False, False)] * run.row_beats

    def _attend(self, run: Run) -> None:
        distances = min(self.t, run.n_out)
        for d in range(1, distances + 1):
            ring = self._words(run, (self.now - d) % CONTEXT)
            places = self._words(run, CONTEXT - 1 + d)
            rows = []
            for table, ((key, query), (place, _)) in enumerate(zip(ring, places, strict=True)):
                index = self.queries[query] | self.memory[key] | self.memory[place]
                rows.append(run.table_base + (table << run.table_log2) + (index << run.row_log2))
            self._rows(run, rows, d == 1, d == distances)
        if not distances:
            self._rows(replace(run, tier=0), [ZERO] * run.count, True, True)

    def _rows(self, run: Run, rows: list[int], opens: bool, closes: bool) -> None:
        step = 2 if run.int4 and not run.tier else 1
        for at in range(0, len(rows), step):
            group = rows[at : at + step]
            first, last = run.first and opens and at == 0, run.last and closes and at + step >= len(rows)
            if run.tier:
                self.seen.rows.append((group[0], run.row_beats))
            for beat in range(run.row_beats):
                if run.int4:
                    kept = None if run.tier else group[0] | beat
                    self.seen.reads.append((kept, first, last, True))
                    self.seen.reads.append((ZERO if run.tier else group[-1] | beat, first, last, False))
                else:
                    self.seen.reads.append((None if run.tier else group[0] | beat, first, last, False))


def program(rng: random.Random, *, flash: bool) -> list[Run]:
    """One block between an ordinary run and another: n_q = 1..3, n_k = 1..2, p = 0..2, up to 11 tables."""
    count, context, bits = rng.randint(1, 11), rng.randint(2, CONTEXT), rng.randint(1, 3)
    log2 = rng.randint(1, 3)
    common = {"row_beats": rng.randint(2, 1 << log2), "row_log2": log2}
    quiet = {"table_base": 0, "table_log2": 31, "row_beats": 2, "side": SIDE, "count": count}
    runs = [
        Run(table_base=0, count=2, table_log2=4, first=True, last=True, **common),
        Run(mode=Mode.ANCHORS, table_base=rng.randint(200, 240), count=rng.randint(1, 9), table_log2=0, row_log2=0, row_beats=2, side=5),
        Run(mode=Mode.QUERY, row_log2=0, **quiet),
        Run(mode=Mode.KEY, row_log2=bits, **quiet),
    ]
    tier = int(flash and rng.random() < 0.8)
    for at in range(0, count, 4):
        part = {"table_base": 1 << 18 if tier else 512, "table_log2": log2 + 4, "tier": tier, "side": SIDE + at // 4}
        int4 = rng.random() < 0.5
        runs.append(
            Run(
                mode=Mode.ATTEND,
                count=min(4, count - at),
                n_out=context - 1,
                first=True,
                last=rng.random() < 0.8,
                int4=int4,
                **part,
                **common,
            )
        )
    return [*runs, Run(table_base=0, count=1, table_log2=4, last=True, end=True, **common)]


def ask(rng: random.Random, runs: list[Run]) -> list[int]:
    """Indices of a step; a query has the two lowest bits only where its rows are to stay within 1,024 beats."""
    return [rng.randrange(2) for run in runs if run.mode in (Mode.ROWS, Mode.QUERY, Mode.KEY) for _ in range(run.count)]


def memory(rng: random.Random) -> list[int]:
    words = [rng.randrange(1 << 16) if 800 <= at < 1000 else 0 for at in range(4 * BEATS)]
    for at in range(4 * SIDE * SIDE_BEATS, PLACES):
        words[at] = rng.choice((0, 8))
    return words


@pytest.mark.parametrize("seed", range(24))
def test_reads(seed: int) -> None:
    rng = random.Random(seed)
    flash = seed % 2 == 1
    runs, words = program(rng, flash=flash), memory(rng)
    steps = [ask(rng, runs) for _ in range(CONTEXT + 6 if seed == 1 else 7)]
    clear_at = rng.randint(2, 5)
    model = Model(words)
    for number, indices in enumerate(steps):
        if number == clear_at:
            model.clear()
        model.step(runs, indices)
    seen = rtl(runs, words, steps, flash=flash, slow=rng.choice((0, 0.4)), seed=seed, clear_at=clear_at)
    assert seen.copied == model.seen.copied
    assert seen.rows == model.seen.rows
    assert seen.reads == model.seen.reads


def test_a_wrong_place_is_seen() -> None:
    rng = random.Random(1)
    runs, words = program(rng, flash=True), memory(rng)
    steps = [ask(rng, runs) for _ in range(4)]
    seen = rtl(runs, words, steps, flash=True)
    for at in range(4 * SIDE * SIDE_BEATS + 4 * CONTEXT, PLACES):
        changed = Model([word ^ 8 * (number == at) for number, word in enumerate(words)])
        for indices in steps:
            changed.step(runs, indices)
        if changed.seen.rows != seen.rows:
            return
    pytest.fail("no position bit counts")
