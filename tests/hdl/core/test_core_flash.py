"""The core with some of its runs in flash: equal to the interpreter, whatever tier a run is in, however slow the flash."""

import random
from dataclasses import replace

import pytest

from firmware import isa
from firmware.program import Placed, Program

from .core_bench import CoreBench, machine_of, random_program, written
from .test_core import COUNTED, Seen, forced_of


def moved(program: Program, seed: int) -> tuple[Program, bytes]:
    """The program with about half its runs in flash, at the same addresses there, and what the flash holds; garbage is left behind."""
    rng = random.Random(seed)
    size = program.width.beat_bytes
    top = max(piece.beat * size + len(piece.data) for piece in program.tables)
    flash = bytearray(rng.randbytes(top))
    runs, tables = [], []
    pieces = {piece.beat: piece.data for piece in program.tables}
    for number, run in enumerate(program.runs):
        piece = pieces[run.table_base]
        if number == seed % len(program.runs) or rng.random() < 0.5:
            flash[size * run.table_base : size * run.table_base + len(piece)] = piece
            run, piece = replace(run, tier=1), rng.randbytes(len(piece))
        runs.append(run)
        tables.append(Placed(0, run.table_base, piece))
    zero = 1 << (top // size).bit_length()  # the bank's last beat
    return replace(program, runs=tuple(runs), tables=(*sorted(tables), Placed(0, zero - 1, bytes(size)))), bytes(flash)


def rtl_run(program: Program, forced: list[int | None], *, seed: int, **options) -> tuple[Seen, int]:
    bench = CoreBench(program, seed=seed, **options)
    seen: list[tuple[Seen, int]] = []

    async def run(ctx) -> None:
        await bench.load(ctx)
        symbols = await bench.steps(ctx, forced)
        counts = await bench.counters(ctx)
        latencies = await bench.store(ctx, written(program))
        found = Seen(symbols=symbols, latencies=latencies, counts=[counts[counter] for counter in COUNTED])
        seen.append((found, counts[isa.Counter.FLASH]))

    bench.run(run)
    return seen[0]


def ref_run(program: Program, forced: list[int | None]) -> Seen:
    machine = machine_of(program)
    symbols = [machine.step(symbol) for symbol in forced]
    latencies = [machine.store[address] for address in written(program)]
    return Seen(symbols=symbols, latencies=latencies, counts=[machine.rows, machine.beats, machine.saturations, len(forced)])


@pytest.mark.parametrize("pace", [1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_runs_of_both_tiers(seed: int, pace: int) -> None:
    kind, lanes, comparators = "deep" if seed == 3 else "rnn", 8 << seed // 3, 1 + seed % 2
    _, program = random_program(720 + seed, kind=kind, lanes=lanes, comparators=comparators, mode=seed % 3)
    there, flash = moved(program, seed)
    forced = forced_of(program, seed, 3)
    slow = {"store_clocks": 2, "table_clocks": 3} if seed % 4 == 3 else {}
    found, beats = rtl_run(there, forced, pace=pace, flash=flash, seed=seed, stall=0.3 * (seed % 2), **slow)
    assert found == ref_run(program, forced)
    assert beats == sum(run.count * run.row_beats for run in there.runs if run.tier) * len(forced)


def test_a_flipped_bit_in_flash_is_seen() -> None:
    _, program = random_program(721)
    there, flash = moved(program, 1)
    forced = forced_of(program, 1, 3)
    found, _ = rtl_run(there, forced, pace=1, flash=bytes(byte ^ 1 for byte in flash), seed=1)
    assert found != ref_run(program, forced)
