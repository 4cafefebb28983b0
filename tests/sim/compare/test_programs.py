"""Random programs of everything that the instruction set allows, on the compiled core: latencies and symbols are those of the interpreter,
clocks and reads those of the cycle model."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import boards
from firmware.isa import Counter
from firmware.program import Program
from hdl.board.parts import core_params
from sim.cycles import predict
from sim.machines.core import CoreSimulation

from ...firmware.machine import Machine
from ...firmware.programs import Room, random_program

BOARD = boards.get("icebreaker")
FAR = Room(far_base=0x28000, far=4096)
SEEDS = (1, 2, 4, 9, 12, 38, 70, 86, 151)  # these meet what programs can, but for test_extremes.py (tests/coverage)
REST = 64  # clocks after which a core that has been loaded has read the head of its program


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Symbols of all steps, latencies after the last; what the counters have added up."""

    symbols: list[int]
    latencies: list[int]
    saturations: int
    clocks: int
    rows: int
    beats: int


def program_of(seed: int) -> tuple[Program, bool]:
    """A random program, and whether its core has a flash."""
    far = bool(seed // 2 % 2)
    return random_program(seed, FAR if far else Room(), attention=seed % 4 > 0), far


def forced_of(program: Program, seed: int, steps: int) -> list[int | None]:
    rng = np.random.default_rng(seed)
    n_out = next(run.n_out for run in program.runs if run.sort)
    return [int(rng.integers(n_out)) if rng.random() < 0.5 else None for _ in range(steps)]


def by_models(program: Program, forced: list[int | None]) -> Seen:
    machine, counts = Machine.load(program), predict(program, BOARD, steps=len(forced)).steps[: len(forced)]
    symbols = [machine.step(symbol) for symbol in forced]
    sums = [sum(getattr(step, name) for step in counts) for name in ("clocks", "rows", "beats")]
    return Seen(symbols=symbols, latencies=machine.store, saturations=machine.saturations, clocks=sums[0], rows=sums[1], beats=sums[2])


def by_core(program: Program, forced: list[int | None], *, far: bool) -> Seen:
    params = core_params(BOARD) if far else replace(core_params(BOARD), far_bytes=0)
    core = CoreSimulation(replace(program, image_offset=BOARD.image_offset), params=params, board=BOARD)
    try:
        core.sim.clock(REST)
        symbols = list(core.steps(forced))
        core.sim.clock(REST)  # the last saturations are counted
        counts = {name: core.counter(Counter[name.upper()]) for name in ("saturations", "clocks", "rows", "beats")}
        return Seen(symbols=symbols, latencies=core.latencies().tolist(), **counts)
    finally:
        core.close()


def flipped(program: Program) -> Program:
    """A bit of every byte of the first table of the output, the region that no other run writes."""
    run = next(run for run in program.runs if run.sort)
    piece = program.tables[run.tier]
    data, beat = bytearray(piece.data), program.width.beat_bytes
    for at in range((run.table_base - piece.beat) * beat, (run.table_base - piece.beat + (1 << run.table_log2)) * beat):
        data[at] ^= 1
    return replace(program, tables=tuple(one._replace(data=bytes(data)) if one is piece else one for one in program.tables))


@pytest.mark.parametrize("seed", [*SEEDS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(100) if seed not in SEEDS)])
def test_equals_the_models(seed: int) -> None:
    program, far = program_of(seed)
    steps = 40 if seed % 10 == 1 else 4  # 32 positions fill the cache
    forced = forced_of(program, seed, steps)
    seen = by_core(program, forced, far=far)
    assert seen == by_models(program, forced)
    assert seen != by_models(flipped(program), forced)


@pytest.mark.parametrize("field", ["shift", "residual", "base", "table_base"])
def test_a_field_that_is_wrong_is_seen(field: str) -> None:
    """Of a program, one bit of one run."""
    program = random_program(0, Room(), attention=False)
    forced = forced_of(program, 0, 3)
    seen = by_core(program, forced, far=False)
    assert seen == by_models(program, forced)
    first = next(number for number, run in enumerate(program.runs) if run.last)
    run = program.runs[first]
    other = replace(run, **{field: getattr(run, field) ^ (1 << run.table_log2 if field == "table_base" else 1)})
    assert seen != by_models(replace(program, runs=(*program.runs[:first], other, *program.runs[first + 1 :])), forced)
