"""The cache folder: which one is taken, and what happens where none can be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from polychron.system.cache import cache_folder

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("POLYCHRON_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_the_first_folder_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "home" / ".cache" / "polychron"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "polychron"
    monkeypatch.setenv("POLYCHRON_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    assert cache_folder().is_dir()


def test_where_none_can_be_written_a_temporary_one_is_taken_and_said_once(tmp_path: Path) -> None:
    wall = tmp_path / "file"
    wall.write_text("")
    script = "from polychron.system.cache import cache_folder as f; a, b = f(), f(); assert a == b and a.is_dir(); print(a)"
    environment = os.environ | {"HOME": str(wall), "POLYCHRON_CACHE": str(wall / "x"), "PYTHONPATH": str(ROOT)}
    made = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert made.stderr.count("note: no cache folder can be written") == 1
    assert not Path(made.stdout.strip()).exists()
