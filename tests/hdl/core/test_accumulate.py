"""Accumulators against plain sums: int8 and int4 rows, single tables, regions, random gaps between beats."""

import random
from dataclasses import dataclass

import pytest

from firmware import isa
from hdl.core.accumulate import Accumulators

from ..bench import simulate
from .poison import poison


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A run: tables of entries, one row of each read; columns a multiple of the lanes (int8) or of twice as many (int4)."""

    int4: bool
    rows: list[list[int]]
    base: int
    first: bool
    last: bool


def beats_of(run: Rows, lanes: int) -> list[tuple[int, dict[str, int]]]:
    """The beats of a run in the order of the row fetch, each with its tag."""
    beats = []
    per = 2 * lanes if run.int4 else lanes
    width = len(run.rows[0]) // per
    step = 2 if run.int4 else 1
    for t in range(0, len(run.rows), step):
        both = run.int4 and t + 1 < len(run.rows)
        final_rows = t + step >= len(run.rows)
        common = {"first": run.first and t == 0, "last": run.last and final_rows, "base": run.base}
        for w in range(width):
            cells = [row[w * per : (w + 1) * per] for row in run.rows[t : t + step]]
            ends = final_rows and w == width - 1
            if not run.int4:
                beats.append((pack8(cells[0]), {**common, "start": w == 0, "final": ends}))
                continue
            held = pack4(cells[0]) if both else int.from_bytes(b"\x5a" * lanes, "little")
            common_pair = {**common, "pair": 1, "alone": not both, "start": w == 0}
            beats.append((held, {**common_pair, "hold": 1}))
            beats.append((pack4(cells[-1]), {**common_pair, "final": ends}))
    return beats


def pack8(entries: list[int]) -> int:
    return sum((entry & 0xFF) << 8 * k for k, entry in enumerate(entries))


def pack4(entries: list[int]) -> int:
    lanes = len(entries) // 2
    return sum((entry & 0xF) << 8 * (k % lanes) + 4 * (k // lanes) for k, entry in enumerate(entries))


def rtl_sums(runs: list[Rows], gaps: random.Random | None, *, lanes: int = 8, clocks: int = 1) -> list[tuple[int, list[int], bool]]:
    """(word, sums, final) of everything written back."""
    dut = Accumulators(width=isa.Width(lanes=lanes), clocks=clocks)
    places: list[tuple[int, bool]] = []
    out: list[tuple[int, list[int], bool]] = []

    async def bench(ctx) -> None:
        stores = [False] * clocks  # in the last clocks

        async def tick() -> None:
            await ctx.tick()
            assert ctx.get(dut.o.valid) or not ctx.get(dut.o.payload.store)
            payload = dut.o.payload
            stores.append(bool(ctx.get(dut.o.valid) and ctx.get(payload.store)))
            if stores[-1]:
                places.append((ctx.get(payload.word), bool(ctx.get(payload.final))))
            if stores[-clocks]:
                word, final = places[len(out)]
                out.append((word, [ctx.get(value) for value in payload.sums], final))

        after_int4 = False
        for run in runs:
            for data, tag in beats_of(run, lanes):
                for _ in range((gaps.randrange(3) if gaps else 0) + (after_int4 and not run.int4)):
                    ctx.set(dut.i.valid, 0)
                    await tick()
                after_int4 = run.int4
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.payload.data, data)
                for name in ("hold", "pair", "alone", "start", "first", "last", "final", "base"):
                    ctx.set(getattr(dut.i.payload.tag, name), int(tag.get(name, 0)))
                await tick()
        ctx.set(dut.i.valid, 0)
        for _ in range(4):
            await tick()

    simulate(dut, bench)
    return out


def ref_sums(runs: list[Rows], *, lanes: int = 8) -> list[tuple[int, list[int], bool]]:
    words: dict[int, list[int]] = {}
    out = []
    for run in runs:
        columns = len(run.rows[0])
        for w in range(columns // lanes):
            old = [0] * lanes if run.first else words.get(run.base + w, [0] * lanes)
            part = [sum(row[w * lanes + k] for row in run.rows) for k in range(lanes)]
            words[run.base + w] = [a + b for a, b in zip(old, part, strict=True)]
            if run.last:
                out.append((run.base + w, words[run.base + w], w == columns // lanes - 1))
    return out


def random_runs(seed: int, *, lanes: int = 8) -> list[Rows]:
    rng = random.Random(seed)
    runs = []
    for region in range(4):
        words = 2 * rng.randint(1, 4)
        for part in range(rng.randint(1, 3)):
            int4 = rng.random() < 0.5
            limit = 7 if int4 else 127
            rows = [[rng.randint(-limit, limit) for _ in range(lanes * words)] for _ in range(rng.randint(1, 5))]
            runs.append(Rows(int4=int4, rows=rows, base=20 * region, first=part == 0, last=False))
        runs[-1] = Rows(**{**vars(runs[-1]), "last": True})
    return runs


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("lanes", "clocks", "stalls"), [(8, 1, False), (8, 1, True), (8, 2, False), (16, 1, True), (16, 2, False), (16, 2, True), (32, 2, True)]
)
def test_sums(seed: int, lanes: int, clocks: int, stalls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch)
    runs = random_runs(seed, lanes=lanes)
    assert rtl_sums(runs, random.Random(seed) if stalls else None, lanes=lanes, clocks=clocks) == ref_sums(runs, lanes=lanes)


@pytest.mark.parametrize("clocks", [1, 2])
def test_a_flipped_bit_is_seen(clocks: int) -> None:
    runs = random_runs(1)
    wanted = ref_sums(runs)
    runs[-1].rows[0][0] ^= 1
    assert rtl_sums(runs, None, clocks=clocks) != wanted


@pytest.mark.parametrize("clocks", [1, 2])
@pytest.mark.parametrize(("int4", "columns"), [(True, 16), (False, 16)])
def test_a_word_is_used_again_after_two_clocks(int4: bool, columns: int, clocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a pair of int4 beats, or of two int8 ones, without a gap."""
    poison(monkeypatch)
    rng = random.Random(5)
    rows = [[rng.randint(-7, 7) for _ in range(columns)] for _ in range(9)]
    runs = [Rows(int4=int4, rows=rows, base=3, first=True, last=True)]
    assert rtl_sums(runs, None, clocks=clocks) == ref_sums(runs)
