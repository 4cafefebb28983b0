"""Programs that a command starts: in a group that ends with them, and with whoever started them."""

import os
import time
from pathlib import Path

import pytest

from polychron.system.children import child, run


def lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_program_tells_and_ends_as_it_does(tmp_path: Path) -> None:
    done = run(["/bin/sh", "-c", "echo said; echo wrong >&2; cat; echo $TMPDIR; exit 3"], folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, f"said\n{tmp_path}\n", "wrong\n")


def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    with child(["/bin/sh", "-c", "sleep 600 & echo $! > left"], folder=tmp_path, cwd=tmp_path) as process:
        process.wait()
        left = int((tmp_path / "left").read_text())
        assert lives(left)
        assert os.getpgid(left) not in (process.pid, os.getpgid(0))
    end = time.monotonic() + 10
    while lives(left):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nothing_stays_of_a_program_that_can_not_be_started(tmp_path: Path) -> None:
    def mine() -> list[set[str]]:
        return [set(os.listdir("/proc/self/fd")), *(set(path.read_text().split()) for path in Path("/proc/self/task").glob("*/children"))]

    before = mine()
    with pytest.raises(FileNotFoundError, match="absent"):
        run([str(tmp_path / "absent")], folder=tmp_path)
    assert mine() == before
