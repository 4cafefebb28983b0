"""A solver that ends in the middle of an answer is no reason to wait for the rest of it."""

from pathlib import Path

import pytest

from . import solver
from .solver import Solver

ENDS = {"its time": ("kill -XCPU $$", TimeoutError), "its time, taken": ("exit 21", TimeoutError), "a fault": ("exit 3", RuntimeError)}


@pytest.mark.parametrize("said", ["", "((a "])
@pytest.mark.parametrize("how", ENDS)
def test_it_ends(how: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    word, error = ENDS[how]
    stub = tmp_path / "stub"
    stub.write_text(
        f"#!/bin/sh\nwhile read line; do case $line in *check-sat*) break;; esac; done\necho '{said}'\n{word}\n".replace("echo ''\n", "")
    )
    stub.chmod(0o755)
    monkeypatch.setattr(solver, "YICES", str(stub))
    with Solver("") as asked, pytest.raises(error):
        asked.possible("true")


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_while_it_is_told(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a pipe holds."""
    word, error = ENDS[how]
    stub = tmp_path / "stub"
    stub.write_text(f"#!/bin/sh\nread line\n{word}\n")
    stub.chmod(0o755)
    monkeypatch.setattr(solver, "YICES", str(stub))
    with Solver("") as asked, pytest.raises(error):
        asked.possible(*["(= a b)" * 1000] * 1000)
