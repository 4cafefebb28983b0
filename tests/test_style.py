"""The linters, as tests: a finding fails the suite."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = ["ruff", "check", "--no-cache"]
FORMAT = ["ruff", "format", "--check", "--no-cache"]
TYPES = ["mypy"]


def lint(command: list[str], folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command, *args], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [LINT, FORMAT, TYPES], ids=["lint", "format", "types"])
def test_clean(command: list[str]) -> None:
    result = lint(command, ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("command", "source"),
    [
        (LINT, "import os\n"),
        (FORMAT, "x = [1,2]\n"),
        (TYPES, "x: int = 'text'\n"),
    ],
    ids=["lint", "format", "types"],
)
def test_a_finding_fails(command: list[str], source: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(source, encoding="utf-8")
    assert lint(command, tmp_path, "wrong.py").returncode == 1
