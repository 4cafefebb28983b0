"""The program that reads samples of signals line by line, at a core in plain Python: its classes are the golden model's, and the page's
commands and blocks are of it."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from firmware.c.network import main
from golden.integer.file import save_network
from golden.integer.forward import earliest
from golden.integer.signal import SignalNetwork, outputs_of_signals
from golden.tasks.fitting.quantiles import Numbers
from polychron.cli import main as polychron
from polychron.estimators.stream import StreamClassifier

from ..host.core import FakeCore
from .driver import COMPILERS, SANITIZERS, SOURCES, WARNINGS, compile_c, compiler
from .test_signals import HEARD, LABELS, Heard, at_a_port
from .test_sources import PAGE, SIGNALS

EXAMPLES = SOURCES / "examples"
SECTION = PAGE.read_text(encoding="utf-8").split(SIGNALS)[1].split("\n## ")[0]


def program(name: str, network: SignalNetwork, folder: Path, kind: str) -> Path:
    """The example with the network, compiled."""
    save_network(network, folder / "network.safetensors")
    assert main(["--network", str(folder / "network.safetensors"), "--out", str(folder), "--readings", kind]) == 0
    sources = [EXAMPLES / "signals.c", EXAMPLES / "posix_port.c", folder / "network.c", SOURCES / "polychron.c"]
    return compile_c(name, sources, folder / "signals", f"-I{folder}", f"-I{EXAMPLES}", *WARNINGS, *SANITIZERS)


def lines(signals: Sequence[Numbers], kind: str) -> str:
    """As the example reads them."""
    digits = np.float32 if kind == "float" else np.float64
    rows = [[",".join("" if np.isnan(one) else str(digits(one)) for one in sample) for sample in signal] for signal in signals]
    return "\n\n".join("\n".join(signal) for signal in rows)


def told(network: SignalNetwork, heard: Heard) -> list[str]:
    """What it must say, by the golden model."""
    outputs = outputs_of_signals(network, heard.steps.latencies(heard.signals))
    winners = [earliest(one.sum(axis=0, dtype=np.int64)[None])[0] for one in outputs]
    return [f"{LABELS[winner]}, {len(one)} steps" for winner, one in zip(winners, outputs, strict=True)]


def said(child: Path, samples: str) -> "subprocess.CompletedProcess[str]":
    with at_a_port(FakeCore()) as address:
        return subprocess.run([child, address], input=samples, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("name", "kind"), list(zip(COMPILERS, ("double", "float"), strict=True)))
def test_it_tells_the_class_of_each_signal(name: str, kind: str, tmp_path: Path) -> None:
    """The controls: another network's classes, and signals that are not ended, aren't these."""
    heard = HEARD["lags, and the step's number"]
    network, other = heard.network(seed=25), heard.network(seed=22)
    samples, due = lines(heard.signals, kind), told(network, heard)
    assert len({line.split(",")[0] for line in due}) == len(LABELS)
    child = program(name, network, tmp_path, kind)
    done = said(child, samples)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == due != told(other, heard)
    joined = said(child, samples.replace("\n\n", "\n"))
    assert joined.stdout.splitlines() == told(network, replace(heard, signals=[np.concatenate(heard.signals)])) != due


def test_a_line_of_other_numbers_is_refused(tmp_path: Path) -> None:
    child = program("gcc", HEARD["lags"].network(), tmp_path, "double")  # of two channels
    for samples, number in (("1,2\n1,2,3\n", 2), ("1,2\n\n7\n", 3), ("1;2\n", 1), ("high,low\n", 1), ("1,2 \n", 1)):
        done = said(child, samples)
        assert (done.returncode, done.stderr) == (2, f"error: line {number} must have 2 numbers\n")
    done = said(child, "\r\n\n1,2\r\n,+3e0\n\n\n,")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(", ")[1] for line in done.stdout.splitlines()] == ["2 steps", "1 steps"]


def test_a_missing_sample_of_one_channel_is_nan(tmp_path: Path) -> None:
    """The control: an empty line in its place ends the signal."""
    rng = np.random.default_rng(3)
    signals = [rng.normal(size=(steps, 1)) for steps in (6, 4)]
    signals[0][3] = np.nan
    heard = Heard.of(signals, lags=2, timed=False)
    network = heard.network()
    child = program("gcc", network, tmp_path, "double")
    rows = lines(signals, "double").splitlines()
    assert rows[3] == ""
    done = said(child, "\n".join([*rows[:3], "nan", *rows[4:]]))
    assert (done.returncode, done.stderr, done.stdout.splitlines()) == (0, "", told(network, heard))
    cut = said(child, "\n".join(rows))
    assert [line.split(", ")[1] for line in cut.stdout.splitlines()] == ["3 steps", "2 steps", "4 steps"]


def test_whole_readings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"write network\.c without --readings int"):
        program("gcc", HEARD["lags"].network(), tmp_path, "int")


def test_the_page_from_samples_to_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands as they stand there, at a port of another number; its blocks are of the example, and of the header that is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "firmware").symlink_to(SOURCES.parent)
    rng = np.random.default_rng(0)
    kinds = [("walking", "standing")[number % 2] for number in range(16)]
    rows = [
        (f"r{number}", "abcd"[number // 4], *rng.normal(3.0 * (kind == "walking"), 1, 3), kind)
        for number, kind in enumerate(kinds)
        for _ in range(4 + number % 3)
    ]
    frame = pandas.DataFrame(rows, columns=["recording", "person", "x", "y", "z", "activity"])
    frame.to_csv("motions.csv", index=False)
    train = next(line.strip() for line in SECTION.splitlines() if line.startswith("    polychron train stream "))
    assert polychron([*train.split()[1:], "--epochs", "4", "--tables", "24"]) == 0
    assert main(["--network", "stream.safetensors", "--board", "icebreaker"]) == 0

    shown = re.findall(r"^```c\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    header, *blocks = shown
    assert header in Path("network.h").read_text(encoding="utf-8")
    assert len(blocks) == 2
    assert all(block in (EXAMPLES / "signals.c").read_text(encoding="utf-8") for block in blocks)

    build, ask = re.search(r"^```sh\n(.*)\n(.*)\n```$", SECTION, re.MULTILINE).groups()  # type: ignore[union-attr]
    subprocess.run([compiler(build.split()[0]), *build.split()[1:]], check=True)
    with at_a_port(FakeCore()) as address:
        command = ask.replace("socket://localhost:5555", address)
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
    signals = [part[["x", "y", "z"]].to_numpy() for _, part in frame.groupby("recording", sort=False)]
    classes = StreamClassifier.load("stream.safetensors").predict(signals)
    assert done.stdout.splitlines() == [f"{kind}, {len(signal)} steps" for kind, signal in zip(classes, signals, strict=True)]
    assert len(set(classes)) == 2
