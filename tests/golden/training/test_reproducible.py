"""A training gives the same bytes whether its loops are compiled for it or come from Numba's cache."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TASKS = {
    "text": ("--steps", "30", "--n", "32", "--hidden", "8x4", "--output", "8x4"),
    "transformer": ("--steps", "30", "--preset", "tiny", "--grow", "1", "--key-pairs", "3"),
}


@pytest.mark.parametrize("task", TASKS)
def test_a_cold_and_a_warm_cache_give_the_same_network(tmp_path: Path, task: str) -> None:
    def train(seed: int) -> bytes:
        command = [sys.executable, "-m", "golden.train", task, "--qat", "0", "--seed", str(seed), *TASKS[task]]
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[3])}
        subprocess.run([*command, "--out", "net.safetensors"], cwd=tmp_path, env=environment, check=True, capture_output=True)
        return (tmp_path / "net.safetensors").read_bytes()

    cold, warm, other = train(0), train(0), train(1)
    assert cold == warm
    assert cold != other
