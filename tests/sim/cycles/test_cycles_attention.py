"""The cycle model against the gateware on programs with attention: what every step adds to each counter is equal, from the first position
on until the cache is full and beyond."""

from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import boards
import sim.run
from firmware import isa
from firmware.compiler import compile_network
from firmware.estimate import estimate
from firmware.isa import Mode
from firmware.program import Program
from firmware.sampling import Sampling
from golden.integer.file import save_network
from sim.cycles import StepCounts, core, predict, timing
from sim.cycles import cache as control
from sim.cycles.core import PassRecord
from tests.firmware.flashed import WITH_FLASH
from tests.firmware.transformers import paper_shaped, random_transformer, spread, with_symbols

from ..compare.attention_programs import random_program
from .counted import MODES, board_of, counts

SEEDS = (*range(12), 14, 31)  # in the last two, the cache asks while int8 and int4 rows of flash come
LONG = 42  # steps, a ring has 32 entries
FULL = isa.CONTEXT - 1


def program_of(seed: int, mode: str, *, comparators: int = 2) -> Program:
    """A transformer that the compiler has spread over SPRAM and flash or, in turn, a program written run by run."""
    if seed % 2:
        program = random_program(seed, comparators=comparators, flash=mode != "spram")
    else:
        where = {"base": 0x140000 + 8 * seed, "offset": WITH_FLASH.image_offset}
        network, board = spread(seed, share=float(mode != "spram"), comparators=comparators, **where)
        tiers = tuple(
            replace(tier, byte_clocks=of_mode.byte_clocks) for tier, of_mode in zip(board.tiers, board_of(mode).tiers, strict=False)
        )
        program = compile_network(network, replace(board, tiers=tiers))
    jitter = np.random.default_rng(seed).integers(0, 99, 256).astype(np.int16)
    return replace(program, sampling=Sampling(jittered=seed % 3 == 0, k=seed % 9, seed=seed + 1, jitter=jitter))


Case = tuple[list[StepCounts], int, Program]


def found(seed: int, mode: str, *, comparators: int = 2) -> Case:
    """What the gateware counts, and the phase of its flash."""
    program = program_of(seed, mode, comparators=comparators)
    return (*counts(program, mode, steps=[LONG if seed % 4 < 2 else 6], rest=64 + seed // 2 % 2), program)


quick = cache(found)


def predicted(case: Case, mode: str) -> list[StepCounts]:
    steps, phase, program = case
    return list(predict(program, board_of(mode, comparators=program.width.comparators), steps=len(steps), phase=phase).steps[: len(steps)])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_equals_the_gateware(seed: int, mode: str) -> None:
    case = quick(seed, mode)
    assert predicted(case, mode) == case[0]


def test_what_the_programs_have() -> None:
    """What the test above covers."""
    seen = set()
    for mode in MODES:
        for seed in SEEDS:
            program = quick(seed, mode)[2]
            for run, after in zip(program.runs, program.runs[1:], strict=False):
                seen.add((mode, run.mode))
                if run.mode == Mode.ATTEND:
                    seen.add((run.tier, run.int4, run.count % 2))
                    seen.add(("context", run.n_out + 1))
                    seen.add(("after attend", after.mode))
    kinds = {(mode, kind) for mode in MODES for kind in Mode}
    attends = {(tier, int4, odd) for tier in (0, 1) for int4 in (False, True) for odd in (0, 1)}
    assert kinds | attends <= seen
    assert {("context", 2), ("context", 32), ("after attend", Mode.ATTEND), ("after attend", Mode.KEY), ("after attend", Mode.ROWS)} <= seen


def differs() -> bool:
    """Whether the model is wrong anywhere; a step that never ends is wrong too."""
    for mode in MODES:
        for seed in SEEDS:
            case = quick(seed, mode)
            try:
                if predicted((case[0][:6], *case[1:]), mode) != case[0][:6]:
                    return True
            except ValueError:
                return True
    return False


WRONG = [
    (mode, field.name, change)
    for mode, clocks in timing.side_clocks(isa.Width()).items()
    for field in fields(clocks)
    for change in (-1, 1)
    if getattr(clocks, field.name) > (change < 0 and "_to_" in field.name)  # what is there: it comes a clock later at least
]


def test_nothing_is_wrong() -> None:
    assert not differs()
    assert len(WRONG) == len(set(WRONG)) >= 20


@pytest.mark.parametrize(("mode", "name", "change"), WRONG)
def test_a_wrong_constant_is_found(mode: Mode, name: str, change: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = timing.side_clocks(isa.Width())
    clocks[mode] = replace(clocks[mode], **{name: getattr(clocks[mode], name) + change})
    monkeypatch.setattr(control, "side_clocks", lambda _: clocks)
    assert differs()


@pytest.mark.parametrize("always", [False, True])
def test_wrong_priority_is_found(always: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tier serves the cache first, but for the beat of zeros that goes with one of flash."""
    monkeypatch.setattr(core.CoreControl, "urgent", property(lambda _: always, lambda *_: None), raising=False)
    assert differs()


def test_priority_over_int8_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """No beat of zeros follows one of int8: the cache need not wait."""
    request = core.CoreControl._request

    def waits(control: core.CoreControl, *, beside: bool) -> bool:
        before = control._flash
        requested = request(control, beside=beside)
        control.urgent = control._flash > before
        return requested

    monkeypatch.setattr(core.CoreControl, "_request", waits)
    assert differs()


def test_passes_that_are_left_out_count(monkeypatch: pytest.MonkeyPatch) -> None:
    case = quick(8, "spram")
    simulated = []
    ahead = PassRecord.ahead

    def spied(*args: object, **kwargs: object) -> tuple[int, tuple[int, ...]]:
        simulated.append(ahead(*args, **kwargs)[0])  # type: ignore[arg-type]
        return 0, (0, 0, 0, 0)

    monkeypatch.setattr(PassRecord, "ahead", spied)
    assert predicted(case, "spram") == case[0]
    assert sum(simulated) > 0


def test_single_steps_and_steps_of_any_position() -> None:
    program = quick(8, "spram")[2]
    alone, _ = counts(program, "spram", steps=[1] * LONG)
    model = predict(program, board_of("spram"), steps=LONG, back_to_back=False)
    assert list(model.steps) == alone
    assert len({step.clocks for step in alone}) == FULL  # the first position reads as many rows, of zeros, as the second
    for cached in (0, 1, 17, FULL):
        assert predict(program, board_of("spram"), cached=cached, back_to_back=False).steps[0] == alone[cached]


@pytest.mark.parametrize("mode", MODES)
def test_the_steady_state_is_that_of_a_full_cache(mode: str) -> None:
    """Found from a full cache at once, or step by step from an empty one; a model that begins with less finds the same."""
    steps, phase, program = quick(8, mode)
    assert max(run.n_out for run in program.runs if run.mode == Mode.ATTEND) == FULL
    board = board_of(mode)
    model = predict(program, board, phase=phase)
    assert model.steady == steps[-1]
    assert abs(model.clocks_per_step - np.mean([step.clocks for step in steps[FULL:]])) < 1
    assert model.clocks == steps[0].clocks < model.clocks_per_step
    later = predict(program, board, phase=phase, cached=FULL)
    assert (later.steady, later.clocks_per_step) == (model.steady, model.clocks_per_step)


def test_the_limit_counts_the_rows_of_a_full_cache() -> None:
    for seed in SEEDS:
        program = quick(seed, "spram")[2]
        model = predict(program, board_of("spram"))
        assert model.limit == model.beats <= model.clocks_per_step
        rows = {Mode.ROWS: lambda run: run.count, Mode.ATTEND: lambda run: run.count * run.n_out}
        assert model.rows == sum(rows.get(run.mode, lambda _: 1)(run) for run in program.runs)


def test_the_run_command_tells_of_the_full_cache(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = with_symbols(random_transformer(2, context=12))
    board = boards.get("icebreaker")
    program = compile_network(network, board)
    file = tmp_path / "small.safetensors"
    save_network(network, file)
    assert sim.run.main(["--network", str(file), "--length", "20"]) == 0
    out = capsys.readouterr().out
    model = predict(program, board, steps=20)
    limit = estimate(program, board).limit
    assert f"\n20 characters: {np.mean([step.clocks for step in model.steps[:20]]):.2f} clocks a character, limit " in out
    told = f"{model.clocks_per_step} clocks a character, limit {limit}, efficiency {100 * limit / model.clocks_per_step:.1f} %"
    assert f"\nwith a full cache, by the cycle model: {told}; the first one takes {model.clocks}\n" in out


def test_positions_that_no_cache_holds() -> None:
    with pytest.raises(ValueError, match=r"cached must be 0\.\.31, not 32"):
        predict(quick(1, "spram")[2], board_of("spram"), cached=32)


@pytest.mark.slow
@pytest.mark.parametrize("comparators", [1, 2, 4])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("start", range(100, 170, 10))
def test_equals_the_gateware_on_many(start: int, mode: str, comparators: int) -> None:
    """630 programs."""
    for seed in range(start, start + 10):
        case = found(seed, mode, comparators=comparators)
        assert (seed, predicted(case, mode)) == (seed, case[0])


@pytest.mark.slow
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "spram"])
def test_the_papers_shape_equals_the_gateware(mode: str) -> None:
    program = compile_network(paper_shaped(), board_of(mode))
    steps, phase = counts(program, mode, steps=[LONG])
    assert predicted((steps, phase, program), mode) == steps


@pytest.mark.slow
def test_wide_rows_equal_the_gateware() -> None:
    """Rows of up to 60 columns: most tables in SPRAM, what finds no room there in flash."""
    tiers = set()
    for seed in range(20):
        program = compile_network(random_transformer(seed, max_n=60, context=12), board_of("byte"))
        steps, phase = counts(program, "byte", steps=[14])
        assert (seed, predicted((steps, phase, program), "byte")) == (seed, steps)
        tiers |= {run.tier for run in program.runs if run.row_beats >= 7}
    assert tiers == {0, 1}
