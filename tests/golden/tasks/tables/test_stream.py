"""``train stream``: signals in files of several kinds, what is held out of them, and what eval and sim make of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

import polychron
from golden.integer.file import load, save_network
from golden.integer.layer import NetworkError
from golden.tasks.tables.read import read_samples
from golden.tasks.tables.signals import Signals
from golden.tasks.tables.stream import stretched
from golden.tasks.tables.target import Labels
from polychron.cli import main

from ....damage import damage_tables
from ..images.test_mnist import write_files

QUICK = ["--tables", "36", "--pairs", "4", "--epochs", "15"]


def recordings(count=160, *, seed=1):
    """A row a step: two channels with a pulse each, among noise; the kind is whose pulse comes first. Four recordings a person."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        steps, first = int(rng.integers(10, 14)), int(rng.integers(2))
        signal = rng.normal(0, 0.3, (steps, 2))
        signal[rng.integers(1, steps // 2 - 1), first] += 4
        signal[rng.integers(steps // 2 + 1, steps), 1 - first] += 4
        rows += [(f"r{number}", number // 4, x, y, ("left", "right")[first]) for x, y in signal.tolist()]
    return pandas.DataFrame(rows, columns=["recording", "person", "x", "y", "kind"])


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = recordings()
    frame.drop(columns="person").to_csv("m.csv", index=False)
    return frame


def train(*words):
    return main(["train", "stream", "--data", "m.csv", "--series", "recording", *QUICK, *words])


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_train_eval_and_sim_agree(rows, capsys):
    assert train("--json") == 0
    trained = told(capsys)
    figures = trained["figures"]
    assert figures["accuracy_low"] < figures["accuracy_integer"] < figures["accuracy_high"]
    assert figures["accuracy_integer"] > 0.7 > figures["commonest_class"]
    clocks = polychron.load("stream.safetensors").compile().estimate().clocks_per_step
    assert (trained["board"], trained["clocks_per_step"]) == ("icebreaker", clocks)
    assert main(["eval", "stream.safetensors", "--data", "m.csv", "--json"]) == 0
    scored = told(capsys)
    assert (scored["signals"], round(scored["accuracy_integer"], 4)) == (40, figures["accuracy_integer"])
    assert scored["calibration_error"] == figures["calibration_error"]
    assert main(["sim", "--network", "stream.safetensors", "--data", "m.csv", "--json"]) == 0
    ran = told(capsys)
    assert (ran["equal"], ran["signals"], ran["clocks_per_step"]) == (True, 40, clocks)
    assert ran["right"] == round(40 * scored["accuracy_integer"])
    model = polychron.StreamClassifier.load("stream.safetensors")
    assert (model.tables, model.pairs, model.epochs, model.lags, model.timed) == (36, 4, 15, 3, True)
    signals = [signal[["x", "y"]].to_numpy() for _, signal in rows.groupby("recording", sort=False)]
    kinds = rows.groupby("recording", sort=False)["kind"].first().to_numpy()
    assert model.score(signals, kinds) > 0.75


def test_sim_prints_clocks_and_finds_a_flipped_bit(rows, capsys, monkeypatch):
    assert train() == 0
    clocks = polychron.load("stream.safetensors").compile().estimate().clocks_per_step
    capsys.readouterr()
    command = ["sim", "--network", "stream.safetensors", "--data", "m.csv", "--samples", "3"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "equal to the golden model: " in out
    assert "3 held-out signals: " in out
    assert f" steps: {clocks}.00 clocks a step, limit " in out
    assert f"at 36 MHz: {clocks / 36:.2f} us from a step's inputs to its outputs" in out
    assert main([*command[:-1], "41"]) == 2
    assert capsys.readouterr().err == "error: --samples must be 1..40, not 41\n"
    damage_tables(monkeypatch)
    assert main(command) == 1
    assert "DIFFERENT from the golden model: step " in capsys.readouterr().out


def test_the_report_names_classes_and_others(rows, capsys):
    assert train("--compare", "--calibrate") == 0
    out = capsys.readouterr().out
    assert "120 signals trained on, 40 held out; 2 channels, 2 classes" in out
    for name in ("this network", "logistic regression", "gradient boosting", "1-NN", "the commonest class"):
        assert f"held out, {name}: " in out
    table = out[out.index("taken for") :].splitlines()
    assert sum(int(word) for line in table[1:3] for word in line.split()[1:]) == 40
    assert " at temperature " in out
    assert " clocks a step by the cycle model, " in out


def test_signals_without_their_order_are_not_told_apart(rows, capsys):
    mixed = rows.drop(columns="person").sample(frac=1, random_state=0).sort_values("recording", kind="stable")
    mixed.to_csv("m.csv", index=False)
    assert train("--json") == 0
    assert told(capsys)["figures"]["accuracy_integer"] < 0.7


def test_groups_are_held_out_whole(rows, capsys):
    rows.to_csv("m.csv", index=False)
    assert train("--group", "person") == 0
    assert "120 signals trained on, 40 held out; 2 channels" in capsys.readouterr().out
    assert load(Path("stream.safetensors")).card["data"]["series"] == "recording"
    rows.drop(columns="person").to_csv("new.csv", index=False)  # what is scored later may lack the groups
    assert main(["eval", "stream.safetensors", "--data", "new.csv"]) == 0
    assert "signals: 160.0" in capsys.readouterr().out


def test_arrays_and_rows_that_are_signals(tmp_path, monkeypatch, capsys):
    """NPZ of equal and of padded signals, and a table with a signal a row; what is padded is no part of a signal."""
    monkeypatch.chdir(tmp_path)
    frame = recordings(120)
    signals = [signal[["x", "y"]].to_numpy() for _, signal in frame.groupby("recording", sort=False)]
    kinds = frame.groupby("recording", sort=False)["kind"].first().to_numpy().astype(str)
    padded = np.full((len(signals), 13, 2), np.nan)
    for number, signal in enumerate(signals):
        padded[number, : len(signal)] = signal
    np.savez("m.npz", X=padded, y=kinds)
    found = read_samples(Path("m.npz"), Labels(), target=None, group=None, signals=Signals(series=None))
    assert all(np.array_equal(a, b) for a, b in zip(found.x, signals, strict=True))
    assert found.names == ("X0", "X1")
    frame.drop(columns="person").to_csv("m.csv", index=False)
    apart = read_samples(Path("m.csv"), Labels(), target="kind", group=None, signals=Signals(series="recording"))
    assert all(np.array_equal(a, b) for a, b in zip(apart.x, signals, strict=True))
    assert apart.answers.tolist() == found.answers.tolist() == kinds.tolist()
    assert main(["train", "stream", "--data", "m.npz", *QUICK, "--json"]) == 0
    accuracy = told(capsys)["figures"]["accuracy_integer"]
    assert main(["eval", "stream.safetensors", "--data", "m.npz", "--json"]) == 0
    assert round(told(capsys)["accuracy_integer"], 4) == accuracy
    wide = pandas.DataFrame(padded[:, :10, 0]).assign(kind=kinds)
    wide.to_csv("wide.csv", index=False)
    assert main(["train", "stream", "--data", "wide.csv", *QUICK[:4], "--epochs", "1"]) == 0
    assert "90 signals trained on, 30 held out; 1 channel, 2 classes" in capsys.readouterr().out
    assert polychron.load("stream.safetensors").inputs == 4  # three samples and the number of the step


def test_steps_may_be_mixed_and_a_file_of_its_own_is_held_out(rows, capsys):
    names = rows["recording"].unique()
    known = rows[rows["recording"].isin(names[:120])].drop(columns="person")
    turns = known.assign(step=known.groupby("recording").cumcount()).sort_values("step", kind="stable").drop(columns="step")
    turns.to_csv("m.csv", index=False)  # a step of each recording, then the next of each
    rows[rows["recording"].isin(names[120:])].drop(columns="person").to_csv("test.csv", index=False)
    assert train("--test", "test.csv", "--json") == 0
    assert told(capsys)["figures"]["accuracy_integer"] > 0.7
    assert main(["eval", "stream.safetensors", "--data", "test.csv"]) == 0
    capsys.readouterr()
    assert main(["eval", "stream.safetensors", "--data", "m.csv"]) == 2
    assert "the network was trained on all of it; --data must be the file that was held out" in capsys.readouterr().err


REFUSED = [
    ("s,x,k\na,1,u\na,2,v\nb,1,u\n", [], "column 'k': the signal 'a' must have one label, and has several"),
    ("s,x,g,k\na,1,1,u\na,2,2,u\nb,1,1,u\n", ["--group", "g"], "--group: the signal 'a' must have one group, and has several"),
    ("s,x,k\na,1,u\n,2,u\nb,1,u\n", [], "column 's': sample 2 has no series"),
    ("s,x,k\na,1,u\na,2,u\n", [], "there must be two signals or more, not 1"),
    ("r,x,k\na,1,u\nb,2,u\n", [], "--series: there is no column 's'; the columns are: r, x, k"),
    ("x,k,s\n1,u,a\n2,u,b\n", [], "--series must name another column than that of the labels, 's'"),
    ("s,k\na,u\nb,u\n", [], "a table must have 1..32000 inputs beside its labels, and two samples or more, not 0 inputs"),
    ("s,x,k\na,1,u\na,inf,u\nb,1,u\n", [], "column 'x': sample 2 is infinite"),
]


@pytest.mark.parametrize(("content", "words", "sentence"), REFUSED)
def test_what_are_no_signals_is_refused_by_name(content, words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(content, encoding="utf-8")
    assert main(["train", "stream", "--data", "t.csv", "--series", "s", *words]) == 2
    assert capsys.readouterr().err.startswith(f"error: t.csv: {sentence}")
    assert not Path("stream.safetensors").exists()


def test_arrays_that_hold_no_signals_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.savez("four.npz", X=np.zeros((4, 3, 2, 2)), y=np.arange(4))
    np.savez("two.npz", X=np.arange(24.0).reshape(4, 3, 2), y=np.arange(4))
    for words, sentence in (
        (["four.npz"], "four.npz: X must be (signals, steps, channels) or (signals, steps), and has 4 dimensions"),
        (["two.npz", "--target", "X3"], "two.npz: --target and --group can't be a part of X where each row is a signal"),
        (["two.npz", "--lags", "65"], "--lags must be 1..64, not 65"),
    ):
        assert main(["train", "stream", "--data", *words]) == 2
        assert capsys.readouterr().err == f"error: {sentence}\n"


def test_images_are_signals_row_by_row(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, size=(6, 5))
    assert main(["train", "stream", "--data", ".", *QUICK[:4], "--epochs", "20", "--json"]) == 0
    trained = told(capsys)
    assert trained["figures"]["accuracy_integer"] > 0.3
    assert polychron.load("stream.safetensors").inputs == 3 * 5 + 1
    assert main(["eval", "stream.safetensors", "--data", "t10k-images-idx3-ubyte", "--json"]) == 0
    scored = told(capsys)
    assert (scored["signals"], round(scored["accuracy_integer"], 4)) == (100, trained["figures"]["accuracy_integer"])
    assert main(["train", "stream", "--data", ".", "--series", "X0"]) == 2
    assert capsys.readouterr().err == "error: .: --series is for tables whose rows are steps; here each image is a signal\n"


def test_a_network_for_rows_says_that_it_reads_no_signals_and_the_other_way_round(rows, capsys):
    assert train() == 0
    network = load(Path("stream.safetensors"))
    save_network(replace(network, card=network.card | {"task": "classify"}), Path("other.safetensors"))
    capsys.readouterr()
    assert main(["eval", "other.safetensors", "--data", "m.csv"]) == 2
    assert "the network is a signal network: it classifies nothing" in capsys.readouterr().err
    digits = load(Path(polychron.load("digits").path))
    save_network(replace(digits, card=network.card), Path("other.safetensors"))
    assert main(["eval", "other.safetensors", "--data", "m.csv"]) == 2
    assert "the network is a deep network: it reads no signals" in capsys.readouterr().err
    save_network(replace(network, card={}), Path("other.safetensors"))
    with pytest.raises(
        NetworkError, match="the network reads signals, and isn't one of train stream or train forecast: score it from Python"
    ):
        polychron.load("other.safetensors").accuracy()


def test_signals_are_stretched_to_one_length():
    signals = np.empty(2, object)
    signals[:] = [np.array([[0.0, 5.0], [2.0, 1.0]]), np.array([[7.0, 8.0]])]
    assert stretched(signals, 3).tolist() == [[0, 5, 1, 3, 2, 1], [7, 8, 7, 8, 7, 8]]
