"""``train anomaly``: figures, which samples are trained on, and what eval and sim make of it."""

import json
import re
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

import polychron
from golden.integer.file import load
from golden.tasks.tables.anomaly import area, with_interval
from polychron.cli import main

from ....damage import damage_tables

QUICK = ["--tables", "64", "--pairs", "6"]


@pytest.fixture
def cancer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = load_breast_cancer(as_frame=True).frame
    frame["target"] = np.array(["malignant", "benign"])[frame["target"]]
    frame.to_csv("cancer.csv", index=False)
    return frame


def train(*words):
    return main(["train", "anomaly", "--data", "cancer.csv", *QUICK, *words])


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_train_eval_and_sim_agree(cancer, capsys):
    assert train("--target", "target", "--seed", "3", "--json") == 0
    trained = told(capsys)
    figures = trained["figures"]
    assert 0.85 < figures["roc_auc_low"] < figures["roc_auc"] < figures["roc_auc_high"] <= 1
    assert figures["detected"] > 0.5 > 0.2 > figures["false_alarms"]
    assert main(["eval", "anomaly.safetensors", "--data", "cancer.csv", "--json"]) == 0
    scored = told(capsys)
    assert {name: scored[name] for name in ("roc_auc", "detected", "false_alarms")} == {
        name: figures[name] for name in ("roc_auc", "detected", "false_alarms")
    }
    assert scored["samples"] == 143
    assert main(["sim", "--network", "anomaly.safetensors", "--data", "cancer.csv", "--samples", "143", "--json"]) == 0
    ran = told(capsys)
    assert ran["equal"]
    assert {name: ran[name] for name in ("detected", "false_alarms")} == {name: figures[name] for name in ("detected", "false_alarms")}
    assert len(ran["anomalies"]) == 143
    card = load(Path("anomaly.safetensors")).card
    assert card["anomaly"]["normal"] == "benign"
    assert card["figures"] == {"roc_auc": figures["roc_auc"]}
    model = polychron.LutAnomaly.load("anomaly.safetensors")
    assert (model.tables, model.pairs, model.contamination) == (64, 6, "auto")
    malignant = cancer["target"] == "malignant"
    rows = cancer.drop(columns="target")
    assert roc_auc_score(malignant, -model.score_samples(rows)) > 0.9


def test_only_normal_samples_are_trained_on(cancer, capsys):
    """Whatever the others are like, the network is the same."""
    assert train("--target", "target", "--out", "a.safetensors") == 0
    assert "267 samples trained on, 143 held out; 30 inputs, normal: benign\n" in capsys.readouterr().out
    columns = cancer.columns[:-1]
    cancer.loc[cancer["target"] == "malignant", columns] = -1e6
    cancer.to_csv("cancer.csv", index=False)
    assert train("--target", "target", "--out", "b.safetensors") == 0
    first, second = (load(Path(name)).arrays() for name in ("a.safetensors", "b.safetensors"))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert "held out: 100.00% of 53 anomalies are called anomalies" in capsys.readouterr().out
    assert train("--target", "target", "--normal", "malignant", "--json") == 0
    assert polychron.load("anomaly.safetensors").integer.card["anomaly"]["normal"] == "malignant"


@pytest.mark.parametrize(("labels", "normal"), [([1, 0], "0"), ([1.5, 0.5], "0.5"), ([True, False], "false"), (["1", "x"], "x")])
def test_a_label_of_any_type_is_the_normal_one(labels, normal, cancer, capsys):
    cancer.assign(target=np.array(labels)[(cancer["target"] == "benign").astype(int)]).to_csv("cancer.csv", index=False)
    assert train("--target", "target", "--normal", normal, "--json") == 0
    trained = told(capsys)
    assert trained["figures"]["roc_auc"] > 0.85
    assert main(["eval", "anomaly.safetensors", "--data", "cancer.csv", "--json"]) == 0
    assert told(capsys)["roc_auc"] == trained["figures"]["roc_auc"]


def test_what_is_printed(cancer, capsys):
    assert train("--target", "target", "--compare") == 0
    out = capsys.readouterr().out
    for name in ("this network", "isolation forest", "local outlier factor"):
        assert re.search(rf"^held out, {name}: ROC AUC 0\.9\d+ \(95 % interval by the bootstrap 0\.\d+ to [01]\.\d+\)$", out, re.M)
    assert re.search(r"^held out: \d+\.\d\d% of 53 anomalies are called anomalies$", out, re.M)
    assert re.search(r"^held out: \d+\.\d\d% of 90 others are called anomalies$", out, re.M)
    assert "learning curve" not in out
    assert main(["sim", "--network", "anomaly.safetensors", "--data", "cancer.csv", "--samples", "10"]) == 0
    assert re.search(r"^10 held-out samples: \d called anomalies: \d of \d that are, \d of \d that are not$", capsys.readouterr().out, re.M)


def test_without_labels_all_samples_are_trained_on(cancer, capsys):
    cancer.drop(columns="target").to_csv("cancer.csv", index=False)
    assert train("--contamination", "0.2") == 0
    out = capsys.readouterr().out
    assert "426 samples trained on, 143 held out; 30 inputs, no labels\n" in out
    share = re.search(r"^held out: (\d+\.\d\d)% of the samples are called anomalies$", out, re.M)
    assert share
    assert 10 < float(share[1]) < 40
    assert main(["eval", "anomaly.safetensors", "--data", "cancer.csv"]) == 0
    assert re.search(r"^samples: 143\.0\ncalled: 0\.\d+$", capsys.readouterr().out, re.M)
    assert main(["sim", "--network", "anomaly.safetensors", "--data", "cancer.csv", "--samples", "5", "--json"]) == 0
    ran = told(capsys)
    assert ran["equal"]
    assert ran["called"] == np.mean(ran["anomalies"])
    assert polychron.LutAnomaly.load("anomaly.safetensors").contamination == 0.2


def test_arrays_tell_labels_apart(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(300, 4)), 6 + rng.normal(size=(30, 4))])
    np.savez("a.npz", X=X, y=np.repeat([0, 1], [300, 30]))
    assert main(["train", "anomaly", "--data", "a.npz", *QUICK, "--json"]) == 0
    assert told(capsys)["figures"]["roc_auc"] > 0.98
    assert polychron.load("anomaly.safetensors").inputs == 4
    np.save("b.npy", X)  # no labels, and no column is one
    assert main(["train", "anomaly", "--data", "b.npy", *QUICK]) == 0
    assert polychron.load("anomaly.safetensors").inputs == 4


def test_files_and_groups_are_held_out(cancer, capsys):
    cancer[::2].to_csv("cancer.csv", index=False)
    cancer[1::2].to_csv("test.csv", index=False)
    assert train("--target", "target", "--test", "test.csv", "--json") == 0
    trained = told(capsys)
    assert main(["eval", "anomaly.safetensors", "--data", "test.csv", "--json"]) == 0
    assert told(capsys)["roc_auc"] == trained["figures"]["roc_auc"]
    cancer[cancer["target"] == "benign"].to_csv("normal.csv", index=False)
    assert main(["eval", "anomaly.safetensors", "--data", "normal.csv", "--json"]) == 0
    scored = told(capsys)
    assert (scored["roc_auc"], scored["detected"]) == (None, None)
    assert scored["false_alarms"] < 0.2
    cancer.drop(columns="target").to_csv("new.csv", index=False)  # of readings to come nobody knows what they are
    assert main(["sim", "--network", "anomaly.safetensors", "--data", "new.csv", "--samples", "3", "--json"]) == 0
    assert set(told(capsys)) >= {"anomalies", "called"}
    cancer.assign(person=np.arange(len(cancer)) // 5).to_csv("cancer.csv", index=False)
    assert train("--target", "target", "--group", "person") == 0
    assert polychron.load("anomaly.safetensors").inputs == 30


def test_labels_that_are_shuffled_are_not_found(cancer, capsys):
    shuffled = np.random.default_rng(0).permutation(cancer["target"].to_list())
    cancer.assign(target=shuffled).to_csv("cancer.csv", index=False)
    assert train("--target", "target", "--json") == 0
    assert 0.35 < told(capsys)["figures"]["roc_auc"] < 0.65


def test_a_damaged_table_gives_another_latency(cancer, capsys, monkeypatch):
    """The negative control of the simulation."""
    assert train("--target", "target") == 0
    capsys.readouterr()

    damage_tables(monkeypatch)
    assert main(["sim", "--network", "anomaly.safetensors", "--data", "cancer.csv", "--samples", "5"]) == 1
    assert re.search(
        r"DIFFERENT from the golden model: step \d, op output, neuron 0 .*; table \d+ of output, group 0", capsys.readouterr().out
    )


REFUSED = [
    (["--normal", "benign"], "--normal needs labels: name their column with --target", False),
    (["--compare"], "--compare needs labels: name their column with --target", False),
    (["--target", "target", "--normal", "none"], "--normal: there is no label 'none' to train on; the labels are: benign, malignant", True),
    (["--target", "nothing"], "--target: there is no column 'nothing'", True),
    (["--target", ""], "--target: there is no column ''", True),
    ([], "column 'target' must hold numbers", True),
    (["--target", "target", "--contamination", "0.7"], "--contamination must be 0.001..0.5, not 0.7", True),
]


@pytest.mark.parametrize(("words", "sentence", "labels"), REFUSED)
def test_what_cannot_be_trained_on_is_refused(words, sentence, labels, cancer, tmp_path, capsys):
    if not labels:
        cancer.drop(columns="target").to_csv("cancer.csv", index=False)
    assert train(*words) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.glob("*.safetensors"))


def test_the_area_is_scikit_learns():
    rng = np.random.default_rng(1)
    for count, other in ((1, 1), (3, 40), (50, 7)):
        a, b = rng.integers(0, 9, size=count).astype(float), rng.integers(-3, 6, size=other).astype(float)
        due = roc_auc_score(np.repeat([1, 0], [count, other]), np.concatenate([a, b]))
        assert area(a, b) == pytest.approx(due)
        assert with_interval(a, b)["roc_auc"] == round(due, 4)
    assert with_interval(np.arange(5.0) + 9, np.arange(5.0)) == {"roc_auc": 1, "roc_auc_low": 1, "roc_auc_high": 1}


def test_the_interval_covers_as_often_as_it_says():
    """Of normal samples and such as are one deviation rarer, in nineteen cases of twenty."""
    rng = np.random.default_rng(2)
    true = 0.7602  # of two normal distributions one deviation apart
    covered = 0
    for _ in range(60):
        figures = with_interval(rng.normal(size=60) + 1, rng.normal(size=120))
        covered += figures["roc_auc_low"] <= true <= figures["roc_auc_high"]
    assert 51 <= covered <= 60


def test_labels_need_not_be_rare_or_two(cancer, capsys):
    kinds = np.array(["fault", "leak", "fine"])
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=list("abc"))
    frame["state"] = kinds[np.arange(300) % 3]
    frame["a"] += 8 * (frame["state"] != "fine")
    frame.to_csv("cancer.csv", index=False)
    assert train("--target", "state", "--normal", "fine", "--json") == 0
    assert told(capsys)["figures"]["roc_auc"] > 0.95
