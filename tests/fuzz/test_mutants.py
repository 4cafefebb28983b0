"""The fuzzer itself: a mutant that hangs, fails or takes too much memory is named."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from . import mutants
from .mutants import Hang, Rng, fuzz

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _tallies_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "TALLIES", [])


def test_outcomes_are_counted() -> None:
    tally = fuzz("coins", lambda rng: str(rng.choice(["heads", "tails"])), count=100)
    assert sum(tally.seen.values()) == 100
    assert min(tally.seen["heads"], tally.seen["tails"]) > 20
    assert str(tally).startswith(f"coins: 100 mutants, {tally.seen['heads']} heads, {tally.seen['tails']} tails, seed ")


def test_a_mutant_that_fails_is_named() -> None:
    def one(rng: Rng) -> str:
        assert rng.random() < 0.9
        return "accepted"

    with pytest.raises(AssertionError) as found:
        fuzz("failing", one, count=1000)
    assert found.value.__notes__[-1].startswith("failing: seed ")


def test_a_mutant_that_loops_is_ended_and_named() -> None:
    def one(rng: Rng) -> str:
        while True:
            try:
                rng.random()
            except Exception:  # a handler of what is under test
                return "refused"

    with pytest.raises(Hang) as found:
        fuzz("looping", one, count=1, hang=1)
    assert found.value.__notes__[-1].endswith("mutant 0")


def test_compiled_code_that_loops_is_ended_and_named(tmp_path: Path) -> None:
    script = (
        "from itertools import repeat; from tests.fuzz.mutants import fuzz; fuzz('compiled', lambda rng: sum(repeat(0)), count=1, hang=0.2)"
    )
    made = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={"TMPDIR": str(tmp_path)}, timeout=60, check=False)
    assert made.returncode == 1
    (left,) = tmp_path.iterdir()
    told = left.read_text()
    assert told.startswith("compiled: seed 0, mutant 0\n")
    assert "<lambda>" in told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what memory a process has, and bounds it")
def test_a_mutant_that_takes_too_much_memory_is_named() -> None:
    def one(rng: Rng) -> str:
        np.empty(int(rng.integers(1, 3)) << 31, np.uint8)  # more than any hole in the heap
        return "accepted"

    with pytest.raises(MemoryError) as found:
        fuzz("large", one, count=100, memory=3 << 30)
    assert found.value.__notes__[-1].startswith("large: seed ")
    np.empty(1 << 32, np.uint8)
    assert not (Path(tempfile.gettempdir()) / f"polychron-fuzz-{os.getpid()}.txt").exists()
