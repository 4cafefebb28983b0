"""``train classify``: figures, what is held out, and what eval and sim make of it."""

import json
import math
import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_wine, make_classification
from sklearn.model_selection import train_test_split

import polychron
from golden.integer.file import load, save_network
from golden.tasks.tables import task
from golden.tasks.tables.classify import ClassJudge, accuracies
from polychron.cli import main

QUICK = ["--tables", "12", "--pairs", "4", "--epochs", "10"]


@pytest.fixture
def wine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = load_wine(as_frame=True).frame
    frame["target"] = np.array(["red", "rosé", "white"])[frame["target"]]
    frame.to_csv("wine.csv", index=False)
    return frame


def train(*words):
    return main(["train", "classify", "--data", "wine.csv", *QUICK, *words])


def test_train_eval_and_sim_agree(wine, capsys):
    assert train("--json", "--seed", "3") == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["figures"]["accuracy_integer"] > 0.8
    assert trained["figures"]["accuracy_low"] < trained["figures"]["accuracy_integer"] < trained["figures"]["accuracy_high"]
    assert main(["eval", "classify.safetensors", "--data", "wine.csv", "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert (scored["samples"], round(scored["accuracy_integer"], 4)) == (45, trained["figures"]["accuracy_integer"])
    assert main(["sim", "--network", "classify.safetensors", "--data", "wine.csv", "--samples", "45", "--json"]) == 0
    ran = json.loads(capsys.readouterr().out)
    assert ran["equal"]
    assert main(["sim", "--network", "classify.safetensors", "--data", "wine.csv", "--samples", "46"]) == 2
    assert capsys.readouterr().err == "error: --samples must be 1..45, not 46\n"
    assert ran["right"] == round(45 * scored["accuracy_integer"])
    with pytest.raises(ValueError, match="needs --data"):
        polychron.load("classify.safetensors").accuracy()


def test_the_report_names_classes_and_others(wine, capsys):
    assert train("--compare") == 0
    out = capsys.readouterr().out
    assert "133 samples trained on, 45 held out; 13 inputs, 3 classes" in out
    for name in ("this network", "logistic regression", "gradient boosting", "1-NN", "the commonest class"):
        assert f"held out, {name}: " in out
    table = out[out.index("taken for") :].splitlines()
    assert [line.split()[0] for line in table[1:4]] == ["red", "rosé", "white"]
    assert sum(int(word) for line in table[1:4] for word in line.split()[1:]) == 45


def test_groups_are_held_out_whole(wine, capsys):
    wine.assign(person=np.arange(len(wine)) // 5).iloc[:, [*range(13), 14, 13]].to_csv("wine.csv", index=False)
    assert train("--group", "person", "--json") == 0
    assert json.loads(capsys.readouterr().out)["figures"]["accuracy_integer"] > 0.6
    assert polychron.load("classify.safetensors").inputs == 13
    assert main(["eval", "classify.safetensors", "--data", "wine.csv"]) == 0
    assert "samples: 45.0" in capsys.readouterr().out
    wine.assign(person=1).iloc[:, [*range(13), 14, 13]].to_csv("wine.csv", index=False)
    assert train("--group", "person") == 2
    assert "there must be two groups or more" in capsys.readouterr().err


def test_a_file_of_its_own_is_held_out(wine, capsys):
    wine[::2].to_csv("wine.csv", index=False)
    wine[1::2].to_csv("test.csv", index=False)
    assert train("--test", "test.csv") == 0
    assert "89 samples trained on, 89 held out" in capsys.readouterr().out
    assert main(["eval", "classify.safetensors", "--data", "test.csv"]) == 0
    capsys.readouterr()
    assert main(["eval", "classify.safetensors", "--data", "wine.csv"]) == 2
    assert "the network was trained on all of it; --data must be the file that was held out" in capsys.readouterr().err
    wine.drop(columns="ash").to_csv("other.csv", index=False)
    for words in (
        ["train", "classify", "--data", "wine.csv", "--test", "other.csv"],
        ["eval", "classify.safetensors", "--data", "other.csv"],
    ):
        assert main(words) == 2
        assert "other.csv: the columns must be those " in capsys.readouterr().err


def test_a_label_that_is_new_counts_as_wrong(wine, capsys):
    assert train() == 0
    capsys.readouterr()
    wine.assign(target="none").to_csv("new.csv", index=False)
    assert main(["eval", "classify.safetensors", "--data", "new.csv"]) == 0
    assert "accuracy_integer: 0.0\n" in capsys.readouterr().out


def test_labels_are_known_again_whatever_a_file_holds_beside_them(wine, capsys):
    """A column of numbers becomes one of texts by a single text."""
    for names, others in ((["1", "2", "x"], lambda kinds: kinds != "x"), ([0, 1, 2], lambda kinds: kinds < 3)):
        wine.assign(target=np.array(names)[np.unique(wine["target"], return_inverse=True)[1]]).to_csv("wine.csv", index=False)
        again = pandas.read_csv("wine.csv")
        again = again[others(again["target"])].astype({"target": object})
        again.loc[0, "target"] = again.loc[0, "target"] if names[2] == "x" else "new"
        again.to_csv("again.csv", index=False)
        assert train("--test", "again.csv", "--json") == 0
        assert json.loads(capsys.readouterr().out)["figures"]["accuracy_integer"] > 0.8
        assert main(["eval", "classify.safetensors", "--data", "again.csv", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["accuracy_integer"] > 0.8


def test_labels_that_are_fractions(wine, capsys):
    wine.assign(target=np.unique(wine["target"], return_inverse=True)[1] + 0.5).to_csv("wine.csv", index=False)
    assert train("--compare") == 0
    assert re.search(r"^taken for +0\.5 ", capsys.readouterr().out, re.MULTILINE)


def test_another_file_may_lack_the_groups(wine, capsys):
    wine.to_csv("other.csv", index=False)
    wine.assign(person=np.arange(len(wine)) // 5).iloc[:, [*range(13), 14, 13]].to_csv("wine.csv", index=False)
    assert train("--group", "person") == 0
    capsys.readouterr()
    assert main(["eval", "classify.safetensors", "--data", "other.csv"]) == 0
    assert "samples: 178.0" in capsys.readouterr().out


def test_no_file_of_samples_is_overwritten_or_held_out_from_itself(wine, tmp_path, capsys):
    before = (tmp_path / "wine.csv").read_bytes()
    assert train("--out", "../" + tmp_path.name + "/wine.csv") == 2
    assert "wine.csv is the file of the samples, and would be overwritten" in capsys.readouterr().err
    (tmp_path / "copy.csv").write_bytes(before)
    assert train("--test", "copy.csv") == 2
    assert "--test: copy.csv is the file that is trained on; what is held out must be another" in capsys.readouterr().err
    assert (tmp_path / "wine.csv").read_bytes() == before
    assert not (tmp_path / "classify.safetensors").exists()


def test_what_others_cannot_fit_does_not_cost_the_network(wine, capsys):
    """A single class, and an input of which nothing is there."""
    wine.assign(target=1, ash=np.nan).to_csv("wine.csv", index=False)
    assert train("--compare") == 0
    captured = capsys.readouterr()
    assert "note: no logistic regression: " in captured.out
    assert "held out, 1-NN: 100.00% right" in captured.out
    assert captured.err == ""
    assert polychron.load("classify.safetensors").inputs == 13


def test_shuffled_labels_are_not_learnt(wine, capsys):
    wine.assign(target=np.random.default_rng(0).permutation(wine["target"].to_numpy())).to_csv("wine.csv", index=False)
    assert train("--json") == 0
    assert json.loads(capsys.readouterr().out)["figures"]["accuracy_integer"] < 0.6


def test_too_many_classes_are_refused_by_name(wine, capsys):
    pandas.DataFrame({"a": np.arange(600), "b": np.arange(600) // 2}).to_csv("wine.csv", index=False)
    assert train() == 2
    assert capsys.readouterr().err == "error: wine.csv: column 'b' must have at most 256 classes, not 300\n"


def test_more_bounds_than_a_file_holds_are_refused_before_training(wine, capsys):
    X = np.random.default_rng(0).normal(size=(330, 15_000))
    np.savez("wide.npz", X=X, y=np.arange(330) % 2)
    assert main(["train", "classify", "--data", "wide.npz", *QUICK]) == 2
    sentence = (
        "wide.npz: 15000 inputs take 3600000 bounds between their numbers, and a network's file holds 3500000: leave some columns out"
    )
    assert capsys.readouterr().err == f"error: {sentence}\n"


def test_the_estimator_reads_its_file(wine):
    assert train() == 0
    model = polychron.LutClassifier.load("classify.safetensors")
    assert (model.tables, model.pairs, model.epochs) == (12, 4, 10)
    assert model.score(wine.drop(columns="target"), wine["target"]) > 0.85


@pytest.mark.parametrize(("right", "count", "ends"), [(81, 263, (0.2553, 0.3662)), (0, 20, (0.0, 0.1611)), (20, 20, (0.8389, 1.0))])
def test_the_interval_is_wilsons(right, count, ends):
    """As Newcombe (Statistics in Medicine 17, 1998, table I) gives it for the first two; the third is the second's mirror."""
    figures = accuracies(np.zeros(count, int), np.arange(count) >= right)
    assert (figures["accuracy_low"], figures["accuracy_high"]) == ends
    assert figures["accuracy_integer"] == round(right / count, 4)


def test_no_share_is_less_than_nothing():
    lows = [accuracies(np.zeros(count, int), np.ones(count, int))["accuracy_low"] for count in range(1, 50)]
    assert not any(math.copysign(1, low) < 0 for low in lows)  # no -0.00 %
    assert accuracies(np.array([0, 1, 1, 1]), np.array([0, 1, 0, 0]))["commonest_class"] == 0.75


def card():
    return polychron.load("classify.safetensors").integer.card


def test_a_temperature_is_fitted_within_the_training_part(wine, capsys):
    """It changes probabilities and no class; the same command gives the same; what is held out has no part in it."""
    assert train("--json") == 0
    plain = json.loads(capsys.readouterr().out)["figures"]
    model = polychron.LutClassifier.load("classify.safetensors")
    x = wine.drop(columns="target")
    before, classes = model.predict_proba(x), model.predict(x)
    assert (plain["temperature"], plain["calibration_error_at_temperature"]) == (None, None)
    assert "temperature" not in card()
    assert train("--calibrate", "--json") == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    temperature = card()["temperature"]
    assert (figures["temperature"], figures["accuracy_integer"]) == (temperature, plain["accuracy_integer"])
    assert figures["calibration_error"] == plain["calibration_error"]
    model = polychron.LutClassifier.load("classify.safetensors")
    np.testing.assert_array_equal(model.predict(x), classes)
    np.testing.assert_allclose(model.predict_proba(x), before ** (1 / temperature) / (before ** (1 / temperature)).sum(axis=1)[:, None])
    assert main(["eval", "classify.safetensors", "--data", "wine.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calibration_error"] == figures["calibration_error_at_temperature"]
    held = np.setdiff1d(np.arange(len(wine)), train_test_split(np.arange(len(wine)), random_state=0, stratify=wine["target"])[0])
    wine.loc[held, "ash"] = 0
    wine.to_csv("wine.csv", index=False)
    assert train("--calibrate", "--json") == 0
    assert json.loads(capsys.readouterr().out)["figures"]["temperature"] == temperature


def test_calibration_helps_where_classes_overlap(wine, capsys):
    shape = {"n_features": 20, "n_informative": 10, "n_classes": 4, "n_clusters_per_class": 3}
    X, y = make_classification(1200, random_state=0, **shape)
    np.savez("made.npz", X=X, y=y)
    assert main(["train", "classify", "--data", "made.npz", *QUICK[4:], "--calibrate", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["temperature"] > 1.5
    assert figures["calibration_error"] > 0.1 > figures["calibration_error_at_temperature"]


def test_the_report_tells_calibration_and_the_core(wine, capsys):
    assert train() == 0
    out = capsys.readouterr().out
    assert re.search(r"^held out, expected calibration error over 15 bins: \d+\.\d\d% \(--calibrate fits a temperature\)$", out, re.M)
    clocks = polychron.load("classify.safetensors").compile().estimate().clocks_per_step
    assert re.search(rf"^on the icebreaker: {clocks} clocks a sample by the cycle model, [\d,]+ samples a second", out, re.M)
    assert train("--calibrate", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["board"], told["clocks_per_step"]) == ("icebreaker", clocks)
    large = ["--tables", "1000", "--pairs", "9", "--epochs", "1"]
    assert main(["train", "classify", "--data", "wine.csv", *large, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["clocks_per_step"] is None
    assert "note: no figures of the icebreaker: " in captured.err


@pytest.fixture
def heard():
    """Ctrl-C is heard again after a command that it has ended."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupting(real):
    """What is called after Ctrl-C."""

    def called(*words, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return real(*words, **options)

    return called


def test_ctrl_c_while_it_is_calibrated_keeps_the_network(wine, heard, capsys, monkeypatch):
    monkeypatch.setattr(task, "unseen", interrupting(task.unseen))
    assert train("--calibrate") == 0
    out = capsys.readouterr().out
    assert "note: no temperature was fitted: stopped early, or there are too few samples" in out
    assert "(--calibrate fits a temperature)" in out
    assert "temperature" not in card()
    assert card()["figures"]["accuracy_integer"] > 0.8


@pytest.mark.parametrize("part", ["found", "report"])
def test_ctrl_c_after_the_training_ends_at_once_and_keeps_the_network(part, wine, heard, capsys, monkeypatch):
    monkeypatch.setattr(ClassJudge, part, interrupting(getattr(ClassJudge, part)))
    assert train() == 130
    assert capsys.readouterr().err.endswith("stopped\n")
    assert ("figures" in card()) == (part == "report")
    assert main(["eval", "classify.safetensors", "--data", "wine.csv"]) == 0


def test_a_card_with_another_temperature_is_refused(wine, capsys):
    assert train() == 0
    network = load(Path("classify.safetensors"))
    save_network(replace(network, card={**network.card, "temperature": "\x1b[2J"}), Path("classify.safetensors"))
    assert main(["eval", "classify.safetensors", "--data", "wine.csv"]) == 2
    assert "card field temperature must be 0.05..20.0, not '\\x1b[2J'" in capsys.readouterr().err
    with pytest.raises(ValueError, match="card field temperature"):
        polychron.LutClassifier.load("classify.safetensors")
