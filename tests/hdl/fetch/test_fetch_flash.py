"""Row fetch with a flash tier: which rows are asked of it, when, and how their beats are requested among those of the tables tier."""

import random
from dataclasses import dataclass, field

import pytest

from firmware.isa import Run
from hdl.core.params import CoreParams
from hdl.fetch.fetch import RowFetch

from ..bench import simulate

BEATS = 384  # not a power of two
ZERO = BEATS - 1
PACE = 8  # clocks a beat of the flash


@dataclass(kw_only=True)
class Seen:
    """``rows``: (address, beats) asked; ``requests``: (address or None where nothing of the tables counts, from flash, held, last of run);
    ``asked_at``, ``first_at``: clocks in which a row was taken, and its first beat."""

    rows: list[tuple[int, int]] = field(default_factory=list)
    requests: list[tuple[int | None, bool, bool, bool]] = field(default_factory=list)
    asked_at: list[int] = field(default_factory=list)
    first_at: list[int] = field(default_factory=list)


def rtl_requests(runs: list[Run], indices: list[int], *, slow: float = 0, seed: int = 0, clocks: int = 1500) -> Seen:
    dut, rng, seen = RowFetch(params=CoreParams(table_beats=BEATS, far_bytes=1)), random.Random(seed), Seen()
    program = [word for run in runs for word in run.encode()]

    async def bench(ctx) -> None:
        waiting, address, coming = list(indices), 0, 0
        payload = dut.request.payload
        for clock in range(clocks):
            ctx.set(dut.program.data, program[address] if address < len(program) else 0)
            ctx.set(dut.index.valid, bool(waiting))
            ctx.set(dut.index.payload, waiting[0] if waiting else 0)
            ready = rng.random() >= slow
            ctx.set(dut.rows.ready, ready)
            from_flash = ctx.get(dut.request.valid) and ctx.get(payload.tag.bytes)
            served = bool(coming) and rng.random() < 1 / PACE if from_flash else rng.random() >= slow
            ctx.set(dut.request.ready, served)
            _, _, address, taken, row_valid, row, more, valid, beat, read, tag_bytes, hold, start, final = await ctx.tick().sample(
                dut.program.addr,
                dut.index.valid & dut.index.ready,
                dut.rows.valid,
                dut.rows.payload.address,
                dut.rows.payload.more,
                dut.request.valid,
                payload.address,
                payload.read,
                payload.tag.bytes,
                payload.tag.hold,
                payload.tag.start,
                payload.tag.final,
            )
            if row_valid and ready:
                seen.rows.append((row, more + 1))
                seen.asked_at.append(clock)
                coming += more + 1
            if valid and served:
                assert read == (tag_bytes or beat != ZERO)
                seen.requests.append((None if tag_bytes else beat, bool(tag_bytes), bool(hold), bool(final)))
                if tag_bytes:
                    coming -= 1
                    if start:
                        seen.first_at.append(clock)
            if taken:
                waiting.pop(0)

    simulate(dut, bench)
    return seen


def ref_requests(runs: list[Run], indices: list[int]) -> Seen:
    """int8 tables only in the tables tier: couples are for test_fetch."""
    waiting, seen = list(indices), Seen()
    for run in runs:
        for table in range(run.count):
            row = run.table_base + (table << run.table_log2) + (waiting.pop(0) << run.row_log2)
            if run.tier:
                seen.rows.append((row, run.row_beats))
            for beat in range(run.row_beats):
                final = table == run.count - 1 and beat == run.row_beats - 1
                if run.tier and run.int4:
                    seen.requests += [(None, True, True, False), (ZERO, False, False, final)]
                else:
                    seen.requests.append((None if run.tier else row + beat, bool(run.tier), False, final))
    return seen


def mixed(seed: int) -> tuple[list[Run], list[int]]:
    rng = random.Random(seed)
    runs = []
    for number in range(4):
        tier = rng.randrange(2) if number else 1
        beats = rng.randint(2, 4)
        runs.append(
            Run(
                table_base=rng.randrange(1 << 17) << 4 if tier else 16 * number,
                count=rng.randint(1, 4) if tier else 1,
                table_log2=4,
                row_log2=2,
                row_beats=beats,
                tier=tier,
                int4=bool(tier and rng.randrange(2)),
                end=number == 3,
            )
        )
    return runs, [rng.randrange(4) if run.tier else rng.randrange(3) for run in runs for _ in range(run.count)]


@pytest.mark.parametrize("slow", [0, 0.7])
@pytest.mark.parametrize("seed", range(8))
def test_rows_and_beats(seed: int, slow: float) -> None:
    runs, indices = mixed(seed)
    seen, wanted = rtl_requests(runs, indices, slow=slow, seed=seed), ref_requests(runs, indices)
    assert seen.rows == wanted.rows
    assert seen.requests == wanted.requests


def test_another_index_tier_or_width_is_seen() -> None:
    runs, indices = mixed(1)
    seen = rtl_requests(runs, indices)
    assert seen.rows != ref_requests(runs, [indices[0] ^ 1, *indices[1:]]).rows
    for change in ({"tier": 0}, {"row_beats": 5}, {"int4": not runs[0].int4}):
        other = [Run(**{**vars(runs[0]), **change}), *runs[1:]]
        assert seen.requests != ref_requests(other, indices).requests


def test_a_row_is_asked_while_the_one_before_streams() -> None:
    run = Run(table_base=0, count=6, table_log2=5, row_log2=3, row_beats=8, tier=1, end=True)
    seen = rtl_requests([run], [1] * 6)
    assert len(seen.first_at) == 6
    assert all(asked <= first + 3 for asked, first in zip(seen.asked_at[1:], seen.first_at, strict=False))
