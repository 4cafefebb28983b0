"""The run command: what it prints, how it ends, and what it says of bad input."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import golden.train
import sim.run
import sim.runs
from golden.integer.file import load, save_network
from golden.tasks.fitting.accuracy import integer_accuracy
from golden.tasks.images.mnist import read_mnist
from sim.simulators import measure

from ..damage import damage_tables
from ..firmware.networks import random_network
from ..golden.tasks.images.test_mnist import write_files

NETWORKS = Path(golden.__file__).parent / "networks"
TEXT = NETWORKS / "shakespeare.safetensors"


def run(capsys, *arguments):
    code = sim.run.main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_text(capsys):
    code, out, _ = run(capsys, "--board", "icebreaker", "--network", str(TEXT), "--prompt", "ROMEO:", "--length", "40", "--greedy")
    assert code == 0
    network = load(TEXT)
    assert out.startswith("ROMEO:")
    assert "equal to the golden model: " in out
    (figures,) = re.findall(r"^46 characters: (.*) clocks a character, limit (\d+), efficiency (.*) %$", out, re.M)
    assert float(figures[2]) == pytest.approx(100 * int(figures[1]) / float(figures[0]), abs=0.06)
    text = out[: out.index("\nequal")]
    assert len(text) == 46
    assert set(text.encode()) <= set(network.symbols) | {ord("?")}


def test_text_is_drawn_unless_the_earliest_spike_is_asked_for(capsys):
    texts = [run(capsys, "--length", "30", *more)[1].split("\nequal")[0] for more in ([], ["--temperature", "0.7"], ["--greedy"])]
    assert texts[0] == texts[1] != texts[2]
    assert run(capsys, "--length", "30", "--temperature", "0")[1].split("\nequal")[0] == texts[2]


def test_temperature_and_seed_choose_the_text(capsys):
    texts = [run(capsys, "--length", "30", "--temperature", "0.8", "--seed", seed)[1].split("\nequal")[0] for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]


def test_digits(capsys):
    code, out, _ = run(capsys, "--digits", "8")
    assert code == 0
    assert "8 held-out digits: 100.00 % right" in out
    assert re.search(r"^\d+\.\d\d clocks a digit, limit \d+", out, re.M)


@pytest.mark.parametrize(("count", "what", "more"), [(5, "digits", []), (1, "digit", ["--uart"])], ids=["core", "board"])
def test_mnist(capsys, tmp_path, count, what, more):
    """The network that ships, which ``--data`` means, on images in MNIST's files."""
    write_files(tmp_path)
    code, out, _ = run(capsys, "--digits", str(count), "--data", str(tmp_path), *more)
    assert code == 0
    data = read_mnist(tmp_path)
    right = 100 * integer_accuracy(load(NETWORKS / "mnist.safetensors"), data.test_x[:count], data.test_y[:count])
    assert f"equal to the golden model: {10 * count} latencies and every symbol\n{count} held-out {what}: {right:.2f} % right\n" in out
    assert re.search(r"^\d+\.\d\d clocks a digit, limit \d+", out, re.M)


def test_a_classifier_of_ones_own(capsys, tmp_path):
    """Trained by the command on images in MNIST's files."""
    write_files(tmp_path)
    mine = tmp_path / "mine.safetensors"
    assert golden.train.main(["mnist", "--data", str(tmp_path), "--tables", "8", "--pairs", "4", "--out", str(mine)]) == 0
    capsys.readouterr()
    words = ["--data", str(tmp_path), "--network", str(mine)]
    code, out, _ = run(capsys, "--digits", "100", *words)
    assert code == 0
    data = read_mnist(tmp_path)
    right = 100 * integer_accuracy(load(mine), data.test_x, data.test_y)
    assert 80 < right
    assert f"equal to the golden model: 1,000 latencies and every symbol\n100 held-out digits: {right:.2f} % right\n" in out
    code, _, err = run(capsys, "--digits", "101", *words)
    assert code == 2
    assert err == "error: --digits must be 1..100, not 101\n"


def test_uart_and_trace(capsys, tmp_path):
    code, out, _ = run(capsys, "--length", "2", "--uart", "--trace", str(tmp_path / "run.vcd"))
    assert code == 0
    assert f"trace: {tmp_path / 'run.vcd'}" in out
    text = (tmp_path / "run.vcd").read_text()
    assert text.startswith("$timescale 1 ps $end")
    assert "uart_tx" in text.split("$enddefinitions")[0]


def test_a_difference_is_named_and_ends_with_1(capsys, monkeypatch):
    """The negative control of the command: one bit of the table memory flipped behind its back."""

    damage_tables(monkeypatch)
    code, out, _ = run(capsys, "--length", "20")
    assert code == 1
    assert re.search(
        r"DIFFERENT from the golden model: step 0, op output, neuron \d+ .*; table \d+ of output, group 0, row \d+ is damaged", out
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--board", "nexys"], "unknown board 'nexys'"),
        (["--network", "none.safetensors"], "none.safetensors: cannot be read"),
        (["--digits", "451"], "--digits must be 1..450, not 451"),
        (["--length", "-1"], "--length must be 0..60000, not -1"),
        (["--digits", "3", "--network", str(TEXT)], "is a text network: --digits and --data need another, named with --network"),
        (["--digits", "3", "--network", str(NETWORKS / "mnist.safetensors")], "an mnist network needs --data, the folder of the IDX files"),
        (["--digits", "3", "--data", "/no/such/folder"], "/no/such/folder: there is no train-images-idx3-ubyte"),
        (["--digits", "3", "--data", "/", "--network", str(NETWORKS / "digits.safetensors")], "--data is for mnist networks: "),
        (["--data", "/"], "shakespeare is a text network: --digits and --data need another, named with --network"),
        (["--network", str(NETWORKS / "digits.safetensors")], "has no symbols: it reads no text"),
        (["--temperature", "-1"], "temperature must be above 0, not -1.0"),
        (["--seed", "0"], "--seed must be 1..4294967295, not 0"),
        (["--k", "9"], "--k must be 0..8, not 9"),
        (["--length", "1", "--trace", "/no/such/folder/run.vcd"], "there is no folder /no/such/folder"),
    ],
)
def test_bad_input_is_one_sentence(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    (line,) = [line for line in err.splitlines() if not line.startswith("compil")]
    assert line.startswith("error: ")


@pytest.mark.parametrize("seed", [[1], float("inf"), "1", -1])
def test_a_card_with_another_seed(capsys, tmp_path, seed):
    network = load(NETWORKS / "digits.safetensors")
    network.card["seed"] = seed
    save_network(network, tmp_path / "net.safetensors")
    code, _, err = run(capsys, "--digits", "1", "--network", str(tmp_path / "net.safetensors"))
    assert code == 2
    assert err == f"error: card field seed must be 0..4294967295, not {seed!r}\n"


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_prompt_of_any_bytes_in_the_plain_locale(locale):
    command = [sys.executable, "-m", "sim.run", "--length", "1", "--prompt", "é".encode() + b"\xff"]
    done = subprocess.run(command, env=os.environ | locale, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("é\ufffd".encode("utf-8" if len(locale) == 1 else "ascii", "backslashreplace"))
    assert b"\n4 characters: " in done.stdout


def test_a_byte_that_is_no_symbol(capsys, tmp_path):
    network = random_network(1, kind="rnn", max_out=12)
    fields = {**vars(network), "symbols": tuple(range(65, 65 + network.n_out))}
    save_network(type(network)(**fields), tmp_path / "small.safetensors")
    code, _, err = run(capsys, "--network", str(tmp_path / "small.safetensors"), "--prompt", "Az")
    assert code == 2
    assert "0x7a" in err


@pytest.mark.slow
def test_compiled_simulation_is_fifty_times_amaranths():
    import boards

    figures = measure(TEXT, boards.get("icebreaker"), clocks=10_000)
    assert figures[2].speed > 50 * figures[0].speed
