"""Temporary names: what a dead process left is removed, what a living one makes is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.image import files
from golden.integer import file
from polychron.system.leftovers import temporary_file, temporary_folder


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_a_write_removes_what_dead_writes_left(tmp_path: Path, dead: int) -> None:
    for write in (lambda path: file.write_atomic(path, b"new"), lambda path: files.write_atomic({path: b"new"})):
        for name in (f".net.{dead}.part", f".net.{os.getppid()}.part", f".other.{dead}.part", ".net.mine.part"):
            (tmp_path / name).write_bytes(b"half")
        write(tmp_path / "net")
        assert (tmp_path / "net").read_bytes() == b"new"
        assert {path.name for path in tmp_path.iterdir()} == {"net", f".net.{os.getppid()}.part", f".other.{dead}.part", ".net.mine.part"}


def test_a_name_with_signs_of_its_own(tmp_path: Path, dead: int) -> None:
    (tmp_path / f".a.{dead}.part").touch()
    assert temporary_file(tmp_path / "*").name == f".*.{os.getpid()}.0.part"
    assert [path.name for path in tmp_path.iterdir()] == [f".a.{dead}.part"]


def test_a_folder_removes_those_of_the_dead(tmp_path: Path, dead: int) -> None:
    (tmp_path / f"build-{dead}-x" / "deep").mkdir(parents=True)
    (tmp_path / f"build-{os.getppid()}-x").mkdir()
    with temporary_folder(tmp_path) as first, temporary_folder(tmp_path) as second:
        assert {path.name for path in tmp_path.iterdir()} == {f"build-{os.getppid()}-x", first.name, second.name}
    assert [path.name for path in tmp_path.iterdir()] == [f"build-{os.getppid()}-x"]
