"""``train regress``: figures, what is held out, and what eval and sim make of it."""

import json
import re
from pathlib import Path

import numpy as np
import pandas
import pytest
from scipy.stats import norm
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import polychron
from golden.integer.file import load, save_network
from golden.tasks.tables.regress import errors, plain, with_intervals
from polychron.cli import main

from ....damage import damage_tables

QUICK = ["--tables", "24", "--pairs", "4", "--epochs", "10"]


@pytest.fixture
def diabetes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.to_csv("diabetes.csv", index=False)
    return frame


def train(*words):
    return main(["train", "regress", "--data", "diabetes.csv", *QUICK, *words])


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_train_eval_and_sim_agree(diabetes, capsys):
    assert train("--json", "--seed", "3") == 0
    trained = told(capsys)
    (one,) = trained["figures"]["targets"]
    assert trained["figures"]["r2"] == one["r2"] > 0.2
    assert all(one[f"{name}_low"] < one[name] < one[f"{name}_high"] for name in ("r2", "mae", "rmse"))
    assert one["target"] == "target"
    assert main(["eval", "regress.safetensors", "--data", "diabetes.csv", "--json"]) == 0
    scored = told(capsys)
    assert (scored["samples"], scored["r2"]) == (111, one["r2"])
    assert scored["targets"] == [{name: one[name] for name in ("target", "r2", "mae", "rmse")}]
    assert main(["sim", "--network", "regress.safetensors", "--data", "diabetes.csv", "--samples", "111", "--json"]) == 0
    ran = told(capsys)
    assert ran["equal"]
    assert ran["targets"] == [{name: one[name] for name in ("target", "mae", "rmse")}]
    assert len(ran["numbers"]) == 111
    assert main(["sim", "--network", "regress.safetensors", "--data", "diabetes.csv", "--samples", "112"]) == 2
    assert capsys.readouterr().err == "error: --samples must be 1..111, not 112\n"
    with pytest.raises(ValueError, match="needs --data"):
        polychron.load("regress.safetensors").accuracy()
    model = polychron.LutRegressor.load(Path("regress.safetensors"))
    assert (model.tables, model.pairs, model.epochs) == (24, 4, 10)
    assert model.score(diabetes.drop(columns="target"), diabetes["target"]) > 0.2


def test_what_is_printed(diabetes, capsys):
    assert train("--compare") == 0
    out = capsys.readouterr().out
    assert "331 samples trained on, 111 held out; 10 inputs, 1 target\n" in out
    for name in ("this network", "ridge regression", "gradient boosting", "1-NN", "the mean of what was trained on"):
        assert re.search(rf"^held out, {name}: R2 \S+ \(\S+ to \S+\), MAE \S+ \(\S+ to \S+\), RMSE \S+ \(\S+ to \S+\)$", out, re.M)
    assert main(["eval", "regress.safetensors", "--data", "diabetes.csv"]) == 0
    assert re.search(r"^samples: 111\.0\nr2: 0\.\d+\ntarget: target; r2: 0\.\d+; mae: \S+; rmse: \S+$", capsys.readouterr().out, re.M)
    assert main(["sim", "--network", "regress.safetensors", "--data", "diabetes.csv", "--samples", "2"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^equal to the golden model: 2 latencies and every symbol\n2 held-out samples: MAE \S+, RMSE \S+$", out, re.M)
    assert re.search(r"^\d+\.\d\d clocks a sample, limit \d+", out, re.M)


def test_several_targets_of_a_table(diabetes, capsys):
    assert train("--target", "target,s4,bmi", "--compare", "--json") == 0
    trained = told(capsys)
    assert [one["target"] for one in trained["figures"]["targets"]] == ["target", "s4", "bmi"]
    assert trained["figures"]["r2"] == pytest.approx(np.mean([one["r2"] for one in trained["figures"]["targets"]]), abs=1e-4)
    assert set(trained["peers"]) == {"ridge regression", "gradient boosting", "1-NN"}
    card = load(Path("regress.safetensors")).card
    assert card["data"]["target"] == ["target", "s4", "bmi"]
    assert card["command"] == "python -m golden.train regress --data diabetes.csv --target target,s4,bmi --tables 24 --pairs 4 --epochs 10"
    assert main(["eval", "regress.safetensors", "--data", "diabetes.csv", "--json"]) == 0
    assert told(capsys)["r2"] == trained["figures"]["r2"]
    assert main(["sim", "--network", "regress.safetensors", "--data", "diabetes.csv", "--samples", "3"]) == 0
    assert re.search(r"^3 held-out samples: target: MAE .*; s4: MAE .*; bmi: MAE ", capsys.readouterr().out, re.M)
    other = diabetes.drop(columns="s4")
    other.to_csv("other.csv", index=False)
    assert main(["eval", "regress.safetensors", "--data", "other.csv"]) == 2
    assert "other.csv: there is no column 's4'" in capsys.readouterr().err


def test_arrays_of_several_targets(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(0).normal(size=(80, 4))
    np.savez("a.npz", X=X, y=np.stack([X[:, 0] > 0, X[:, 1]], axis=1))
    np.savez("b.npz", X=X, y=X[:, 1])
    assert main(["train", "regress", "--data", "a.npz", *QUICK, "--json"]) == 0
    assert [one["target"] for one in told(capsys)["figures"]["targets"]] == ["y0", "y1"]
    assert main(["eval", "regress.safetensors", "--data", "a.npz"]) == 0
    capsys.readouterr()
    assert main(["eval", "regress.safetensors", "--data", "b.npz"]) == 2
    assert "b.npz: there is no column 'y0'; the columns are: X0, X1, X2, X3, y" in capsys.readouterr().err
    model = polychron.LutRegressor(tables=4, pairs=2, epochs=1, random_state=0).fit(X, X[:, :2])
    model.save("mine.safetensors")  # without names of its targets
    assert main(["eval", "mine.safetensors", "--data", "a.npz"]) == 0
    assert "target: 1; r2: " in capsys.readouterr().out
    assert main(["eval", "mine.safetensors", "--data", "b.npz"]) == 2
    assert capsys.readouterr().err == "error: b.npz: there must be 2 targets to compare with, not 1\n"


def test_groups_and_files_are_held_out(diabetes, capsys):
    diabetes.assign(person=np.arange(len(diabetes)) // 5).to_csv("diabetes.csv", index=False)
    assert train("--group", "person", "--target", "target") == 0
    assert polychron.load("regress.safetensors").inputs == 10
    capsys.readouterr()
    assert main(["eval", "regress.safetensors", "--data", "diabetes.csv"]) == 0
    assert re.search(r"^samples: 11\d\.0$", capsys.readouterr().out, re.M)
    diabetes[::2].to_csv("diabetes.csv", index=False)
    diabetes[1::2].to_csv("test.csv", index=False)
    assert train("--test", "test.csv") == 0
    assert "221 samples trained on, 221 held out" in capsys.readouterr().out
    assert main(["eval", "regress.safetensors", "--data", "diabetes.csv"]) == 2
    assert "the network was trained on all of it" in capsys.readouterr().err


def test_targets_that_are_shuffled_are_not_learnt(diabetes, capsys):
    diabetes.assign(target=np.random.default_rng(0).permutation(diabetes["target"].to_numpy())).to_csv("diabetes.csv", index=False)
    assert train("--json") == 0
    assert told(capsys)["figures"]["r2"] < 0.1


def test_a_damaged_table_gives_another_number(diabetes, capsys, monkeypatch):
    """The negative control of the simulation."""
    assert train() == 0
    capsys.readouterr()

    damage_tables(monkeypatch)
    assert main(["sim", "--network", "regress.safetensors", "--data", "diabetes.csv", "--samples", "5"]) == 1
    assert re.search(
        r"DIFFERENT from the golden model: step \d, op output, neuron 0 .*; table \d+ of output, group 0", capsys.readouterr().out
    )


REFUSED = [
    ({"target": "a"}, [], "diabetes.csv: column 'target' must hold numbers"),
    ({}, ["--target", "target,nothing"], "--target: there is no column 'nothing'"),
    ({}, ["--target", "bmi", "--group", "bmi"], "--group must name another column than that of the targets, 'bmi'"),
]


@pytest.mark.parametrize(("columns", "words", "sentence"), REFUSED)
def test_what_cannot_be_learnt_is_refused_by_name(columns, words, sentence, diabetes, capsys):
    diabetes.assign(**columns).to_csv("diabetes.csv", index=False)
    assert train(*words) == 2
    assert sentence in capsys.readouterr().err


def test_too_few_or_too_many(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pandas.DataFrame({"a": range(4), "b": range(4)}).to_csv("diabetes.csv", index=False)
    assert train() == 2
    assert capsys.readouterr().err == "error: diabetes.csv: at least 2 samples must be held out, not 1\n"
    names = [f"c{number}" for number in range(258)]
    pandas.DataFrame(np.arange(10 * 258).reshape(10, 258), columns=names).to_csv("diabetes.csv", index=False)
    assert train("--target", ",".join(names[:257])) == 2
    assert capsys.readouterr().err == "error: diabetes.csv: there must be at most 256 targets, not 257\n"
    assert not list(tmp_path.glob("*.safetensors"))


def test_another_card_is_read_or_refused(diabetes, capsys):
    assert train() == 0
    network = load(Path("regress.safetensors"))
    for about, sentence in (
        ({"target": ["bmi", "s4"]}, "the columns must be those that the network was trained on"),
        ({"target": 5}, "samples: 111.0"),
    ):
        changed = network.card | {"data": network.card["data"] | about}
        save_network(type(network)(**{**vars(network), "card": changed}), Path("changed.safetensors"))
        capsys.readouterr()
        main(["eval", "changed.safetensors", "--data", "diabetes.csv"])
        captured = capsys.readouterr()
        assert sentence in captured.out + captured.err


def test_figures_are_scikit_learns():
    rng = np.random.default_rng(1)
    due = rng.normal(size=200) * 30
    found = due + rng.normal(size=200) * 10
    expected = [r2_score(due, found), mean_absolute_error(due, found), root_mean_squared_error(due, found)]
    np.testing.assert_allclose(errors(due, found), expected)
    assert list(plain(due, found)) == ["r2", "mae", "rmse"]
    assert plain(np.ones(5), np.ones(5)) == {"r2": 1, "mae": 0, "rmse": 0}
    assert plain(np.ones(5), np.zeros(5)) == {"r2": 0, "mae": 1, "rmse": 1}
    assert plain(np.array([0, 1e100]), np.array([1e100, 0]))["rmse"] == 1e100
    assert plain(np.array([0, 1e-200]), np.array([0, 1e-200]))["r2"] == 1


def test_the_interval_covers_as_often_as_it_says():
    """Of the mean absolute error of normal errors, in nineteen cases of twenty."""
    rng = np.random.default_rng(2)
    true = 2 * norm.pdf(0)
    covered = 0
    for _ in range(60):
        due = rng.normal(size=150)
        figures = with_intervals(due, due + rng.normal(size=150))
        covered += figures["mae_low"] <= true <= figures["mae_high"]
    assert 51 <= covered <= 60
