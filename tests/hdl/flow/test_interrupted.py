"""A build that is interrupted, killed, or not alone in its folder: no tool runs on, nothing stays, one build at a time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .fakes import SYNTHESISES, tools

ROOT = Path(__file__).parents[3]
HANGS = 'sleep 600 & echo $! > "$PIDS/$$.new"; mv "$PIDS/$$.new" "$PIDS/$$.pid"; wait'
STOPS = [
    ([signal.SIGINT], 130),
    ([signal.SIGINT, signal.SIGINT], 130),
    ([signal.SIGTERM], 143),
    ([signal.SIGTERM, signal.SIGINT], 130),
    ([signal.SIGHUP], 129),
]
Start = Callable[..., "subprocess.Popen[str]"]


def pids(folder: Path) -> list[int]:
    return [int(path.read_text()) for path in folder.glob("*.pid")]


def lives(pid: int) -> bool:
    """Runs: a dead process that nobody has waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def until(what: Callable[[], object], *, seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start(yosys=BODY, nextpnr=BODY, seeds=N)``: a build with these shell scripts for its tools."""
    running: list[subprocess.Popen[str]] = []

    def launch(*, yosys: str = HANGS, nextpnr: str = HANGS, seeds: int = 1) -> "subprocess.Popen[str]":
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PIDS": str(tmp_path)}
        environ |= tools(tmp_path, yosys=yosys, nextpnr=nextpnr)
        words = ["-m", "hdl.build", "--network", "digits", "--seeds", str(seeds), "--out", "out"]
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, *words], cwd=tmp_path, env=environ, stdout=pipe, stderr=pipe, text=True)
        running.append(process)
        return process

    yield launch
    for process in running:
        process.kill()
        process.communicate()
    for pid in filter(lives, pids(tmp_path)):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(("signals", "code"), STOPS, ids=lambda value: "-".join(s.name for s in value) if isinstance(value, list) else "")
def test_the_tools_end_with_the_build(start: Start, tmp_path: Path, signals: list[signal.Signals], code: int) -> None:
    build = start(yosys=SYNTHESISES, seeds=5)
    assert until(lambda: len(pids(tmp_path)) == 2), build.communicate()
    for number in signals:
        build.send_signal(number)
        time.sleep(0.01)
    _, errors = build.communicate(timeout=30)
    assert errors == "stopped\n"
    assert build.returncode in (code, 128 + signals[0])
    assert until(lambda: not any(map(lives, pids(tmp_path))), seconds=2)
    assert len(pids(tmp_path)) == 2  # no further seed was begun


def test_synthesis_ends_with_the_build(start: Start, tmp_path: Path) -> None:
    build = start()
    assert until(lambda: pids(tmp_path)), build.communicate()
    build.terminate()
    assert build.communicate(timeout=30)[1] == "stopped\n"
    assert build.returncode == 143
    assert until(lambda: not any(map(lives, pids(tmp_path))), seconds=2)


def test_the_tools_end_with_a_build_that_is_killed(start: Start, tmp_path: Path) -> None:
    """And what the tools have started, though no code of the build runs any more."""
    build = start(yosys=SYNTHESISES, seeds=2)
    assert until(lambda: len(pids(tmp_path)) == 2), build.communicate()
    assert all(map(lives, pids(tmp_path)))
    build.kill()
    build.communicate()
    assert build.returncode == -signal.SIGKILL
    assert until(lambda: not any(map(lives, pids(tmp_path))), seconds=2)


def test_one_build_at_a_time(start: Start, tmp_path: Path) -> None:
    """The second is refused, until the first is gone, even killed; then what that one left is removed."""
    first = start(yosys=SYNTHESISES, seeds=2)
    assert until(lambda: len(pids(tmp_path)) == 2), first.communicate()
    second = start()
    assert second.communicate(timeout=120)[1] == (
        "error: another build is under way in out: wait for its end, or name another folder with --out\n"
    )
    assert second.returncode == 2
    steps = tmp_path / "out" / "steps"
    assert {path.name for path in steps.glob("*.part")} == {"seed1.part", "seed2.part"}
    first.kill()
    first.communicate()
    third = start(yosys=SYNTHESISES, nextpnr="echo ERROR: no room; exit 1")
    assert third.communicate(timeout=120)[1] == "error: nextpnr-ice40 failed with exit code 1 and said: ERROR: no room\n"
    assert third.returncode == 2
    assert {path.name for path in steps.glob("*.part")} == {"seed1.part"}  # with its log
