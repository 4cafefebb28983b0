"""The cycle model against the gateware: clocks, rows and beats of every step are equal."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import boards
from firmware import isa
from firmware.compiler import compile_network
from firmware.program import Program
from firmware.sampling import Sampling
from golden.integer.file import load
from hdl.board.parts import core_params
from hdl.core.params import CoreParams
from sim.cycles import core, finish, index, predict, rows, timing
from sim.machines.core import CoreSimulation
from tests.firmware.networks import random_network

from .core_rtl import REST, Job, Measured, measure

BOARDS = {pairs: replace(boards.get("icebreaker"), comparators=pairs) for pairs in (1, 2, 4)}
MODES = [(False, 0), (True, 0), (True, 3)]
SHIPPED = Path(__file__).parents[3] / "golden" / "networks" / "shakespeare.safetensors"


def quick_jobs(pairs: int) -> list[Job]:
    """Deep and recurrent networks in turn, all three modes of the sampler, single steps now and then."""
    jobs = []
    for seed in range(8, 16):  # among them rows long enough to wait for each other, which the negative controls need
        network = random_network(100 * pairs + seed, kind=("deep", "rnn", "signal", "rnn")[seed % 4])
        jitter, k = MODES[seed % 3]
        program = compile_network(network, BOARDS[pairs])
        jobs.append(Job(program=program, steps=2 + seed % 2, back_to_back=seed % 4 != 3, jitter=jitter, k=k))
    return jobs


@cache
def quick(pairs: int) -> list[tuple[Job, Measured]]:
    jobs = quick_jobs(pairs)
    return list(zip(jobs, measure(jobs), strict=True))


SHALLOW = 16


@cache
def shallow() -> tuple[Job, Measured]:
    """A step in which a queue of 16 indices is full: one of 256 never is before its step's last anchor word matters."""
    network = random_network(22, kind="rnn", max_n=16, max_out=250)
    job = Job(program=compile_network(network, BOARDS[2]), steps=2, back_to_back=True)
    return job, measure([job], index_depth=SHALLOW)[0]


def predicted(job: Job) -> Measured:
    """What the model says the gateware measures."""
    board = BOARDS[job.program.width.comparators]
    found = predict(job.program, board, steps=job.steps, back_to_back=job.back_to_back, jitter=job.jitter, k=job.k)
    steps = found.steps[: job.steps]
    return Measured(
        steps=tuple(step.clocks for step in steps),
        clocks=sum(step.clocks for step in steps),
        rows=sum(step.rows for step in steps),
        beats=sum(step.beats for step in steps),
        count=len(steps),
    )


@pytest.mark.parametrize("pairs", [1, 2, 4])
@pytest.mark.parametrize("number", range(8))
def test_equals_the_gateware(pairs: int, number: int) -> None:
    job, measured = quick(pairs)[number]
    assert predicted(job) == measured


def test_equals_the_gateware_with_a_full_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    job, measured = shallow()
    assert predicted(job) != measured
    monkeypatch.setattr(index, "INDEX_DEPTH", SHALLOW)
    assert predicted(job) == measured


@pytest.mark.parametrize(("name", "change"), [("INDEX_DEPTH", -1), ("INDEX_DEPTH", 1), ("INDEX_MARGIN", -1), ("INDEX_MARGIN", 1)])
def test_a_wrong_queue_is_found(name: str, change: int, monkeypatch: pytest.MonkeyPatch) -> None:
    job, measured = shallow()
    monkeypatch.setattr(index, "INDEX_DEPTH", SHALLOW)
    monkeypatch.setattr(index, name, getattr(index, name) + change)
    assert predicted(job) != measured


CONSTANTS = [
    "ANCHOR_TO_INDEX",
    "BEAT_TO_STORE",
    "GRANT_TO_LATENCY",
    "HEAD_CLOCKS",
    "PAIR_CLOCKS",
    "RUN_KEEP",
    "RUN_WORDS",
    "SORTER_CELLS",
    "STORE_TO_RETIRED",
]


@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.parametrize("name", CONSTANTS)
def test_a_wrong_constant_is_found(name: str, change: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock more or less in any of the latencies, and some step differs."""
    wrong = getattr(timing, name) + change
    for module in (timing, core, finish, index, rows):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, wrong)
    assert any(predicted(job) != measured for pairs in BOARDS for job, measured in quick(pairs))


def test_the_queue_is_the_gatewares() -> None:
    assert CoreParams().index_depth == timing.INDEX_DEPTH


@cache
def shipped() -> Program:
    return compile_network(load(SHIPPED), BOARDS[2])


def test_the_shipped_network_stays_near_its_limit() -> None:
    found = predict(shipped(), BOARDS[2])
    assert found.limit == found.beats == sum(run.count * run.row_beats for run in shipped().runs)
    assert found.bytes == 8 * found.beats
    assert found.rows == sum(run.count for run in shipped().runs)
    assert 1 / 1.10 <= found.efficiency <= 1
    assert found.efficiency == found.limit / found.clocks_per_step


def test_steps_on_request() -> None:
    program = quick(2)[1][0].program
    assert len(predict(program, BOARDS[2], steps=9).steps) == 9
    alone = predict(program, BOARDS[2], back_to_back=False)
    assert {step.clocks for step in alone.steps} == {alone.clocks} == {alone.clocks_per_step}


def test_the_programs_own_sampler_is_the_default() -> None:
    program = replace(quick(2)[0][0].program, sampling=Sampling(jittered=True, k=5))
    plain = predict(program, BOARDS[2], jitter=False)
    assert predict(program, BOARDS[2]).clocks == predict(program, BOARDS[2], jitter=True, k=5).clocks > plain.clocks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be 1..64, not 0"),
        ({"steps": 65}, "steps must be 1..64, not 65"),
        ({"board": BOARDS[1]}, "the program is made for 8 lanes and 2 comparators, icebreaker has 8 lanes and 1 comparator"),
        ({"tier": 3}, "run 0: tier must be 0..1 on icebreaker, not 3"),
        ({"sort": False}, "a step must end, this program's has not within"),
    ],
)
def test_what_cannot_be_predicted(change: dict, message: str) -> None:
    program = quick(2)[0][0].program
    of_runs = {key: change[key] for key in ("tier", "sort") if key in change}
    program = replace(program, runs=tuple(replace(run, **of_runs) for run in program.runs))
    with pytest.raises(ValueError, match=message):
        predict(program, change.get("board", BOARDS[2]), steps=change.get("steps", 1))


def test_stands_without_the_gateware() -> None:
    code = "import sys, sim.cycles; sys.exit(any(name.split('.')[0] in ('amaranth', 'hdl') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=SHIPPED.parents[2], check=False).returncode == 0


def compiled(job: Job, *, seed: int) -> Measured:
    """The same in the compiled simulator, with the program's tables, random latencies and symbols forced now and then."""
    rng = np.random.default_rng(seed)
    program = replace(
        job.program, sampling=Sampling(jittered=job.jitter, k=job.k, seed=seed + 1, jitter=rng.integers(0, 99, 256).astype(np.int16))
    )
    board = BOARDS[program.width.comparators]
    simulation = CoreSimulation(program, params=core_params(board), board=board)
    sim = simulation.sim
    free = program.width.latencies
    simulation.write(np.arange(free), rng.integers(-32768, 32768, free).astype(np.int16))
    counters = (isa.Counter.CLOCKS, isa.Counter.ROWS, isa.Counter.BEATS, isa.Counter.STEPS)
    before = [simulation.counter(counter) for counter in counters]
    forced = [int(rng.integers(program.meta.n_out)) if rng.random() < 0.5 else None for _ in range(job.steps)]
    steps: list[int] = []
    for request in [forced] if job.back_to_back else [[symbol] for symbol in forced]:
        sim.clock(REST)
        marks: list[int] = []  # the clock after that in which the first request is taken, then the one after each step's end
        for _ in simulation.steps(request, begun=lambda _: marks or marks.append(sim.clocks)):  # noqa: B023
            marks.append(sim.clocks - 1)
        steps += np.diff(marks).tolist()
    sim.clock()
    clocks, rows_, beats, count = (simulation.counter(counter) - value for counter, value in zip(counters, before, strict=True))
    simulation.close()
    return Measured(steps=tuple(steps), clocks=clocks, rows=rows_, beats=beats, count=count)


@pytest.mark.slow
@pytest.mark.parametrize("pairs", [1, 2])
@pytest.mark.parametrize("start", range(0, 200, 20))
def test_equals_the_compiled_gateware(pairs: int, start: int) -> None:
    """400 networks, small and large, 4 steps each, each in one mode of the sampler."""
    for seed in range(start, start + 20):
        size = 40 if seed % 5 else 250
        program = compile_network(random_network(1000 + seed, max_n=size, max_out=size), BOARDS[pairs])
        jitter, k = [(False, 0), (True, 0), (True, 1 + seed % 8)][seed % 3]
        job = Job(program=program, steps=4, back_to_back=seed % 4 != 0, jitter=jitter, k=k)
        assert (seed, predicted(job)) == (seed, compiled(job, seed=seed))


@pytest.mark.slow
@pytest.mark.parametrize(("jitter", "k"), MODES)
def test_the_shipped_network_equals_the_compiled_gateware(jitter: bool, k: int) -> None:
    job = Job(program=shipped(), steps=50, back_to_back=True, jitter=jitter, k=k)
    assert predicted(job) == compiled(job, seed=1)
