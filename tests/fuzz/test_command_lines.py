"""Hostile command lines: refused in one sentence. The short set runs by default, the long one is slow."""

import re
from pathlib import Path

import pytest

from polychron.cli import main

from .mutants import ODD, Rng, fuzz

MISSING = "missing.file"
ROOM = ("--board", "--flash", "--temperature", "--k", "--seed")
TRAINED = (
    "--steps",
    "--minutes",
    "--n",
    "--symbols",
    "--streams",
    "--window",
    "--rate",
    "--preset",
    "--seed",
    "--qat",
    "--soften",
    "--out",
)
TALK = ("--board", "--flash", "--count", "--temperature", "--seed", "--k", "--prompt")
COMMANDS = {
    ("estimate",): ("--network", ROOM),
    ("export",): ("--network", (*ROOM, "--greedy", "--out")),
    ("build",): ("--network", (*ROOM, "--seeds", "--out")),
    ("sim",): ("--network", ("--board", "--length", "--digits", "--samples", "--data", "--k", "--seed", "--temperature", "--prompt")),
    ("train", "text"): ("--text", (*TRAINED, "--hidden", "--output", "--bits", "--grow", "--threads")),
    ("train", "text", "--steps", "1"): ("--resume", (*TRAINED[1:], "--hidden", "--output", "--bits", "--grow")),
    ("train", "transformer"): ("--text", (*TRAINED, "--heads", "--tables", "--context")),
    ("train", "classify"): ("--data", ("--target", "--group", "--test", "--tables", "--pairs", "--epochs", "--seed", "--out")),
    ("train", "regress"): ("--data", ("--target", "--group", "--test", "--tables", "--pairs", "--epochs", "--seed", "--out")),
    ("train", "anomaly"): ("--data", ("--target", "--normal", "--contamination", "--test", "--tables", "--pairs", "--seed", "--out")),
    ("tune", "classify"): ("--data", ("--target", "--group", "--test", "--board", "--trials", "--seed", "--study", "--out")),
    ("tune", "forecast"): ("--data", ("--series", "--time", "--target", "--horizon", "--lags", "--trials", "--study", "--out")),
    ("tune", "regress"): ("--data", ("--target", "--flash", "--minutes", "--trials", "--seed", "--study", "--pick", "--out")),
    ("train", "stream"): ("--data", ("--series", "--target", "--group", "--test", "--tables", "--pairs", "--lags", "--epochs", "--out")),
    ("train", "mnist"): ("--data", ("--preset", "--tables", "--seed", "--out")),
    ("eval",): ("", ("--text", "--data")),
    ("talk", "--port", "/nowhere/port"): (
        "--image",
        ("--baud", "--count", "--temperature", "--seed", "--k", "--prompt", "--board", "--flash"),
    ),
    ("talk", "--port", "simulated"): ("--network", ("--board", "--flash", "--count", "--temperature", "--seed", "--k", "--prompt")),
    ("board",): ("--network", ("--board", "--flash", "--link", "--tcp")),
    ("page",): ("--network", (*ROOM, "--greedy", "--prompt", "--length", "--out")),
    ("report",): ("--network", ("--board", "--flash", "--compare", "--out")),
    ("program",): ("--build", ("--board", "--usb", "--image-only", "--dry-run")),
    ("verilog", "--out", "/nowhere/core.v"): ("--board", ("--flash",)),
    ("selftest", "--port", "/nowhere/port"): ("--network", ("--board", "--baud", "--vectors", "--seed")),
    ("talk", "scrub", "--port", "/nowhere/port"): ("--image", ("--baud",)),
}
"""Of each command the option that names its input (or a place), and others."""
WORDS = [
    *(str(word) for word in ODD),
    *("1", "2", "4", "8", "64", "0.7", "icebreaker", "byte", "nibble"),
    *("--", "-", "-1", "1e999", "nan", "0x10", "16x8", "9999x16", "3x", "\x00", "\udcff", "\u0664"),
    *("/dev/zero", "/", "/nowhere/a", "$HOME"),
]


@pytest.mark.parametrize(
    "words",
    [
        ("talk", "--port="),
        ("talk", "--port", "simulated", "--network="),
        ("talk", "--port", "simulated", "--image="),
        ("talk", "scrub", "--port="),
        ("selftest", "--port=", "--network", "shakespeare"),
        ("selftest", "--port", "simulated", "--network="),
        ("program", "--build="),
        ("page", "--network="),
        ("board", "--network="),
    ],
    ids=" ".join,
)
def test_empty_is_not_left_out(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """``--network=$NAME`` with an empty variable is refused; it does not mean the default."""
    assert main(words) == 2
    assert re.fullmatch(r"error: [^\n]{1,200}\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    "words",
    [
        ("verilog", "--out", "gone/core.v"),
        ("page", "--out", "gone/page.html"),
        ("report", "--out", "gone/report.html"),
        ("report", "--compare", "digits", "mnist", "--out", "gone/report.html"),
        ("sim", "--length", "1", "--trace", "gone/run.vcd"),
    ],
    ids=" ".join,
)
def test_no_folder_is_made_for_a_file(words: tuple[str, ...], tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen in ``--out FILE`` is refused before any work; ``--out FOLDER`` makes its folder."""
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert f"there is no folder {tmp_path / 'gone'}" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.slow)])
def test_options(count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line whose input is not there or is no file is refused in one sentence, whatever else it says; nothing is written."""
    monkeypatch.chdir(tmp_path)

    def one(rng: Rng) -> str:
        command = list(COMMANDS)[int(rng.integers(len(COMMANDS)))]
        guard, others = COMMANDS[command]
        value = MISSING if rng.random() < 0.8 else WORDS[int(rng.integers(len(WORDS)))]
        words = [*command, *([f"{guard}={value}"] if guard else [value])]
        for name in rng.permutation(others)[: rng.integers(4)]:
            value = WORDS[int(rng.integers(len(WORDS)))]
            words += [f"{name}={value}"] if rng.random() < 0.5 else [str(name), value]
        code = main(words)
        told = capsys.readouterr()
        assert code == 2, words
        assert re.fullmatch(r"error: [^\n\x1b]{1,1100}\n", told.err), (words, told.err)
        assert not list(tmp_path.iterdir()), words
        return "refused for the missing file" if MISSING in told.err else "refused for a value"

    tally = fuzz("options", one, count=count)
    assert all(tally.seen[f"refused for {what}"] > count // 10 for what in ("a value", "the missing file"))
