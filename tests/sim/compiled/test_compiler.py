"""The C++ compiler that CXX names, with words of its own, missing, or failing; it and Icarus end with an interrupted command."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.compiled.build import SimulationError, build, telling
from sim.compiled.simulation import Simulation
from sim.machines.core import core_library
from sim.run import main

ROOT = Path(__file__).parents[3]
HANGS = 'sleep 600 & echo $! > "$PIDS/$$.new"; mv "$PIDS/$$.new" "$PIDS/$$.pid"; wait'
COMMAND = """
import sys
from pathlib import Path
from polychron.command.app import make_app, run
from sim.compiled.build import build
from sim.machines.icarus import run_cocotb
from tests.sim.conftest import Bench
app = make_app("simulate", "Simulate.")
@app.default
def simulate() -> None:
    {body}
sys.exit(run(app, []))
"""


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_compiler_of_several_words(monkeypatch, tmp_path, bench_class, bench_library):
    """A launcher and options; another library than that of the compiler alone, and it counts."""
    folder = tmp_path / "a b"
    folder.mkdir()
    launcher = program(folder, "ccache", 'echo "$@" >> "$0.log"; exec "$@"')
    monkeypatch.setenv("POLYCHRON_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", f"'{launcher}' g++ -O1")
    library = build(bench_class())
    assert library.name != bench_library.name
    assert all(line.startswith("g++ -O1 ") for line in Path(f"{launcher}.log").read_text().splitlines())
    sim = Simulation(library)
    sim.clock(300)
    assert sim["inner.count"] == 300
    sim.close()


def test_compiling_is_told_where_there_is_any(monkeypatch, tmp_path, bench_class):
    monkeypatch.setenv("POLYCHRON_CACHE", str(tmp_path / "cache"))
    said = []
    with telling(said.append):
        build(bench_class())
    assert said[0].startswith("compiling the gateware")
    assert re.search(r"^compiling: \S+ makes machine code of it \(\d+ s so far\) ...$", said[1])
    assert re.search(r"^compiled in \d+ s$", said[2])
    assert len(said) == 3
    with telling(said.append):
        build(bench_class())
    assert len(said) == 3
    build(bench_class())  # nobody is told


def test_a_run_says_nothing_of_compiling_where_the_cache_has_it(capsys):
    for words in ([], ["--uart"]):
        main(["--length", "1", *words])
        capsys.readouterr()
        assert main(["--length", "1", *words]) == 0
        assert [line for line in capsys.readouterr().err.splitlines() if not line.startswith("simulated ")] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such-compiler", "the C++ compiler no-such-compiler was not found: install g++, or name one in the environment variable CXX"),
        ("no-such-compiler -O1", "the C++ compiler no-such-compiler was not found: "),
        ("env no-such-compiler", "env no-such-compiler, named by CXX, can't tell its version and says: "),
        ("g++ '", 'the environment variable CXX must be a program and its options, not "g++ \'": No closing quotation'),
        (" ", "the environment variable CXX must be a program and its options, not ' '"),
    ],
)
def test_a_wrong_compiler_is_one_sentence_and_2(name, message, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("POLYCHRON_CACHE", str(tmp_path))
    monkeypatch.setenv("CXX", name)
    core_library.cache_clear()  # another test of this process may have made it
    assert main(["--length", "1"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


def test_a_program_that_is_none(monkeypatch, tmp_path, bench_class):
    wrong = tmp_path / "compiler"
    wrong.write_bytes(b"\x7fELF")
    wrong.chmod(0o755)
    monkeypatch.setenv("CXX", str(wrong))
    with pytest.raises(SimulationError, match=r"compiler, named by CXX, can't be run: Exec format error$"):
        build(bench_class())


def lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("name", "body"),
    [("compiler", "build(Bench())"), ("iverilog", "run_cocotb([Path('top.v')], module='none', folder=Path('work'))")],
    ids=["compiler", "icarus"],
)
def test_what_a_simulation_starts_ends_with_it(name, body, number, tmp_path):
    program(tmp_path, name, f'[ "$1" = --version ] && {{ echo 1; exit; }}\n{HANGS}')
    (tmp_path / "work").mkdir()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}", "PIDS": str(tmp_path)}
    environ |= {"CXX": "compiler", "POLYCHRON_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", COMMAND.format(body=body)]
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as running:
        expected = {"compiler": 2, "iverilog": 1}[name]
        while len(list(tmp_path.glob("*.pid"))) < expected and running.poll() is None:
            time.sleep(0.02)
        running.send_signal(number)
        try:
            assert running.communicate(timeout=60)[1] == "stopped\n"
        finally:
            running.kill()
    assert running.returncode == 128 + number
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    assert len(pids) == expected
    time.sleep(0.1)
    assert [pid for pid in pids if lives(pid)] == []
    assert list(tmp_path.glob("cache/build-*")) == []
