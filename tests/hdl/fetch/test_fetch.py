"""Row fetch against plain Python: which beats are asked for, in which order, with which tags, and in which clocks."""

import random
from dataclasses import dataclass, field, replace

import pytest

from firmware.isa import Run
from hdl.core.params import CoreParams
from hdl.fetch.fetch import RowFetch

from ..bench import simulate

BEATS = 1024
TAG = ("hold", "pair", "alone", "start", "first", "last", "final", "residual", "sort", "end", "shift", "base")
HEAD = 5  # clocks from the last row of a run leaving the slot to the first row address of the next run
WHOLE_HEAD = 9  # the least from row address to row address over the head of a run


@dataclass(frozen=True)
class Request:
    """One request; ``address`` is None where nothing is read. ``tag`` in the order of TAG."""

    address: int | None
    tag: tuple[int, ...]


@dataclass(kw_only=True)
class Seen:
    """Requests, the clocks they went in; clocks in which an index was taken; (base, last) of the sort run at each request."""

    requests: list[Request] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    sorts: list[tuple[int, int]] = field(default_factory=list)


def rtl_requests(
    runs: list[Run],
    indices: list[int],
    *,
    symbol: int = 0,
    known_at: int = 0,
    stall: float = 0,
    starve: float = 0,
    seed: int = 0,
    clocks: int = 700,
) -> Seen:
    """One step's program, once through and on into the next step while indices last."""
    dut, rng, seen = RowFetch(params=CoreParams(table_beats=BEATS)), random.Random(seed), Seen()
    program = [word for run in runs for word in run.encode()]

    async def bench(ctx) -> None:
        waiting, address, offered, held = list(indices), 0, False, None
        payload = dut.request.payload
        for clock in range(clocks):
            ctx.set(dut.program.data, program[address] if address < len(program) else 0)
            offered = bool(waiting) and (offered or rng.random() >= starve)
            ctx.set(dut.index.valid, offered)
            ctx.set(dut.index.payload, waiting[0] if offered else rng.randrange(1 << 16))
            ctx.set(dut.symbol, symbol)
            ctx.set(dut.symbol_known, clock >= known_at)
            ready = rng.random() >= stall
            ctx.set(dut.request.ready, ready)
            _, _, address, taken, valid, beat, read, base, last, *tag = await ctx.tick().sample(
                dut.program.addr,
                dut.index.valid & dut.index.ready,
                dut.request.valid,
                payload.address,
                payload.read,
                dut.outputs.base,
                dut.outputs.last,
                *(getattr(payload.tag, name) for name in TAG),
            )
            request = Request(beat if read else None, tuple(tag)) if valid else None
            assert held is None or request == held, "a request must stay until it is taken"
            held = request if not ready else None
            if request is not None and ready:
                seen.requests.append(request)
                seen.clocks.append(clock)
                seen.sorts.append((base, last))
            if taken:
                waiting.pop(0)
                offered = False
                seen.indices.append(clock)

    simulate(dut, bench)
    return seen


def ref_requests(runs: list[Run], indices: list[int], *, symbol: int = 0) -> list[Request]:
    waiting, requests = list(indices), []
    for run in runs:
        taken = [symbol] if run.token else [waiting.pop(0) for _ in range(run.count)]
        rows = [run.table_base + (table << run.table_log2) + (index << run.row_log2) for table, index in enumerate(taken)]
        step = 2 if run.int4 else 1
        for at in range(0, len(rows), step):
            group, closing = rows[at : at + step], at + step >= len(rows)
            for beat in range(run.row_beats):
                common = {
                    "pair": run.int4,
                    "alone": run.int4 and len(group) == 1,
                    "start": beat == 0,
                    "first": run.first and at == 0,
                    "last": run.last and closing,
                    **{name: getattr(run, name) for name in ("residual", "sort", "end", "shift", "base")},
                }
                final = closing and beat == run.row_beats - 1
                if run.int4:
                    requests.append(_request(group[0] + beat if len(group) == 2 else None, {**common, "hold": 1}))
                requests.append(_request(group[-1] + beat, {**common, "final": final}))
    return requests


def _request(address: int | None, tag: dict[str, int]) -> Request:
    return Request(address, tuple(int(tag.get(name, 0)) for name in TAG))


def run_of(*, count: int, beats: int, number: int = 0, **options) -> Run:
    row_log2 = (beats - 1).bit_length()
    return Run(
        table_base=256 * number, count=count, table_log2=row_log2 + 2, row_log2=row_log2, row_beats=beats, base=9 * number, **options
    )


def random_runs(seed: int) -> tuple[list[Run], list[int], int]:
    rng = random.Random(seed)
    runs = []
    for number in range(4):
        int4 = rng.random() < 0.5
        token = number == 2
        flags = {name: rng.random() < 0.5 for name in ("first", "last", "residual")}
        beats = rng.randint(1 if int4 else 2, 8)
        count = 1 if token else rng.randint(1, 256 // (4 << (beats - 1).bit_length()))
        runs.append(
            run_of(
                count=min(count, 7),
                beats=beats,
                number=number,
                int4=int4,
                token=token,
                shift=rng.randrange(4),
                sort=number == 1,
                n_out=40,
                end=number == 3,
                **flags,
            )
        )
    return runs, [rng.randrange(4) for _ in range(sum(run.count for run in runs if not run.token))], rng.randrange(4)


@pytest.mark.parametrize(("stall", "starve"), [(0, 0), (0.5, 0), (0, 0.8), (0.4, 0.5)], ids=["free", "stalled", "few indices", "both"])
@pytest.mark.parametrize("seed", range(5))
def test_addresses_and_tags(seed: int, stall: float, starve: float) -> None:
    runs, indices, symbol = random_runs(seed)
    seen = rtl_requests(runs, indices, symbol=symbol, stall=stall, starve=starve, seed=seed)
    wanted = ref_requests(runs, indices, symbol=symbol)
    assert seen.requests == wanted
    sort = next(at for at, request in enumerate(wanted) if request.tag[TAG.index("sort")])
    assert set(seen.sorts[sort:]) == {(runs[1].base, runs[1].n_out - 1)}


@pytest.mark.parametrize("change", [{"first": True}, {"base": 1}, {"shift": 3}, {"row_beats": 3}, {"last": True}, {"residual": True}])
def test_a_wrong_run_or_index_is_seen(change: dict[str, int]) -> None:
    runs, indices = [run_of(count=3, beats=4, end=True)], [1, 2, 3]
    seen = rtl_requests(runs, indices, clocks=100)
    assert seen.requests == ref_requests(runs, indices)
    assert seen.requests != ref_requests([replace(runs[0], **change)], indices)
    assert seen.requests != ref_requests(runs, [1, 2, 2])


def gaps(seen: Seen) -> list[int]:
    """Clocks without a request before each request but the first."""
    return [after - before - 1 for before, after in zip(seen.clocks, seen.clocks[1:], strict=False)]


@pytest.mark.parametrize("int4", [False, True])
def test_beats_follow_without_a_gap(int4: bool) -> None:
    """Within a run and, as rows are long, from run to run."""
    runs = [run_of(count=6, beats=8, int4=int4), run_of(count=5, beats=8, number=1, int4=int4, end=True)]
    seen = rtl_requests(runs, [1] * 11, clocks=200)
    assert seen.requests == ref_requests(runs, [1] * 11)
    assert set(gaps(seen)) == {0}


def test_one_clock_of_pause_from_int4_to_int8_and_no_other() -> None:
    runs = [
        run_of(count=3, beats=8, int4=True),
        run_of(count=3, beats=8, number=1),
        run_of(count=2, beats=8, number=2, int4=True, end=True),
    ]
    seen = rtl_requests(runs, [2] * 8, clocks=200)
    assert seen.requests == ref_requests(runs, [2] * 8)
    before = 2 * 2 * 8  # requests of the first run: a couple, a single one
    assert gaps(seen) == [int(at == before - 1) for at in range(len(seen.requests) - 1)]


def test_rows_of_one_beat() -> None:
    runs = [run_of(count=9, beats=1, int4=True, end=True)]
    seen = rtl_requests(runs, [3] * 9, clocks=100)
    assert seen.requests == ref_requests(runs, [3] * 9)
    assert gaps(seen)[:7] == [0, 1, 0, 1, 0, 1, 0]  # 3 clocks a couple


def test_a_single_int4_table_reads_nothing_before_each_beat() -> None:
    runs = [run_of(count=1, beats=2, int4=True, first=True, last=True, end=True)]
    seen = rtl_requests(runs, [3], clocks=60)
    assert [request.address for request in seen.requests] == [None, 6, None, 7]
    assert [request.tag[TAG.index("hold")] for request in seen.requests] == [1, 0, 1, 0]
    assert all(request.tag[TAG.index("alone")] for request in seen.requests)


@pytest.mark.parametrize("beats", [2, 3, 8])
def test_a_head_takes_its_clocks(beats: int) -> None:
    """The last row leaves the slot a clock before its first request."""
    runs = [run_of(count=3, beats=beats), run_of(count=3, beats=beats, number=1, end=True)]
    seen = rtl_requests(runs, [0] * 6, clocks=120)
    assert seen.requests == ref_requests(runs, [0] * 6)
    left = seen.clocks[2 * beats] - 1
    assert seen.indices[3] == max(left + HEAD, seen.indices[2] + WHOLE_HEAD)


def test_a_token_run_waits_for_the_symbol_and_takes_no_index() -> None:
    runs = [run_of(count=2, beats=4), run_of(count=1, beats=4, number=1, token=True, end=True)]
    for known_at in (0, 70):
        seen = rtl_requests(runs, [1, 2, 3], symbol=3, known_at=known_at, clocks=100)
        wanted = ref_requests(runs, [1, 2], symbol=3)
        assert seen.requests[: len(wanted)] == wanted
        assert (seen.clocks[8] > 70) == (known_at == 70)
        assert seen.requests[:12] != ref_requests(runs, [1, 2], symbol=2)
    assert seen.requests[12:16] == ref_requests(runs[:1], [3, 0])[:4]  # the third index goes to the next step
