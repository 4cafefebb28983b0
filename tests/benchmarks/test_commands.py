"""The study's commands: a short training becomes a point, and what can't be done is one sentence and exit code 2."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.study import deep, measure, ngrams, plot, train_rnn, train_transformer
from benchmarks.study.points import read_points
from benchmarks.study.runs import read_runs

TEXT = b"the cat sat on the mat, the rat ate that hat. " * 60


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "cat.txt"
    path.write_bytes(TEXT)
    return str(path)


def test_a_short_training_becomes_a_point(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, points = str(tmp_path / "deep.safetensors"), str(tmp_path / "points.json")
    shape = ["--widths", "8,4", "--hidden", "3x2", "--hidden", "2x3", "--output", "4x3"]
    assert deep.main(["--text", text, "--steps", "60", "--rate", "0.1", "--out", network, *shape]) == 0
    assert measure.main([network, "--text", text, "--points", points]) == 0
    printed = capsys.readouterr().out
    (point,) = read_points(Path(points))
    assert f"bits per character: {point.bits:.4f}" in printed
    assert (point.family, point.shape, point.memory) == ("deep", "n=12, S 3x2^2 int4, S 2x2^3 int4, U 4x2^3 int4", "SPRAM")
    columns, symbols = 12, 64 if len(set(TEXT)) >= 63 else len(set(TEXT)) + 1
    tables = (3 * 4 * columns + 2 * 8 * columns) // 2 + 4 * 8 * symbols // 2
    assert point.table_bytes == tables + symbols * columns
    assert point.bytes_read == 5 * columns // 2 + 4 * -(-symbols // 2) + columns
    assert point.characters == 60 * 64 * 32
    assert "--steps 60" in point.command
    assert point.predicted


@pytest.mark.parametrize(
    ("main", "family", "options"),
    [
        (train_rnn.main, "rnn", ["--preset", "small", "--streams", "8", "--grow", "3"]),
        (train_transformer.main, "transformer", ["--preset", "tiny"]),
    ],
)
def test_a_short_training_becomes_a_line(
    main: Callable[[list[str]], int], family: str, options: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(*more: str) -> None:
        assert main(["--text", text, "--runs", str(tmp_path / "runs.json"), "--rate", "0.02", *options, *more]) == 0

    train("--steps", "3")
    train("--steps", "30")
    train("--steps", "30")
    short, run = read_runs(tmp_path / "runs.json")  # a command is one line, however often it is given
    streams = 8 if family == "rnn" else 64
    assert (run.family, run.model) == (family, f"{'RNN' if family == 'rnn' else family} {options[1]}")
    assert (short.characters, run.characters) == (3 * streams * 32, 30 * streams * 32)
    assert run.bits < short.bits
    assert run.seconds >= 0
    assert f"--preset {options[1]} --steps 30" in run.command
    assert str(tmp_path) not in run.command
    train("--steps", "30", "--seed", "1")
    assert len(read_runs(tmp_path / "runs.json")) == 3


@pytest.mark.parametrize(
    ("main", "arguments", "message"),
    [
        (deep.main, ["--steps", "0"], r"--steps must be 1\.\.1000000, not 0"),
        (deep.main, ["--out", "missing/deep.safetensors"], r"--out: there is no folder missing"),
        (measure.main, ["absent.safetensors"], r"absent\.safetensors"),
        (measure.main, ["shakespeare"], r"was trained on another text than cat\.txt"),
        (train_rnn.main, ["--steps", "0"], r"--steps must be 1\.\.1000000, not 0"),
        (train_rnn.main, ["--streams", "0"], r"--streams must be 1\.\.65536, not 0"),
        (train_rnn.main, ["--grow", "17"], r"grow must be 0\.\.16, not 17"),
        (train_rnn.main, ["--streams", "4000"], r"the text must have more than 8000 characters to train on, not 2484"),
        (train_transformer.main, ["--steps", "0"], r"--steps must be 1\.\.1000000, not 0"),
        (train_transformer.main, ["--qat", "2"], r"qat must be 0\.\.1, not 2"),
    ],
)
def test_one_sentence_and_exit_code_2(
    main: Callable[[list[str]], int], arguments: list[str], message: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--text", text]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert re.search(message, error)


def test_a_text_or_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ngrams.main(["--text", str(tmp_path / "absent")]) == 2
    assert plot.main(["--folder", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: ") and "cannot be read" in line for line in lines)
