"""``train forecast``: what is held out of signals in files of several kinds, its figures, and what eval and sim make of it."""

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import polychron
from golden.integer.file import load, save_network
from golden.tasks.interval import block_of, interval_of_steps
from golden.tasks.tables.forecast import LEAD
from golden.tasks.tables.regress import errors, with_intervals
from polychron.cli import main

from ....damage import damage_tables
from ..images.test_mnist import write_files

QUICK = ["--tables", "64", "--pairs", "4", "--epochs", "30"]


def waves(steps=480, *, seed=1):
    """A load that goes up and down in 16 steps with the hour, and a level that wanders; the day is a text."""
    rng = np.random.default_rng(seed)
    t = np.arange(steps) + 5 * seed
    load = 20 + 3 * np.sin(t / 16 * 2 * np.pi) + rng.normal(0, 0.2, steps)
    level = 100 + np.cumsum(rng.normal(0, 1, steps))
    return pandas.DataFrame({"day": [f"d{number}" for number in t], "load": load, "level": level})


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = waves()
    frame.to_csv("w.csv", index=False)
    return frame


def train(*words):
    return main(["train", "forecast", "--data", "w.csv", "--time", "day", *QUICK, *words])


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_train_eval_and_sim_agree(rows, capsys):
    assert train("--horizon", "2", "--target", "load", "--json") == 0
    trained = told(capsys)
    figures = trained["figures"]
    assert [(one["target"], one["ahead"]) for one in figures["targets"]] == [("load", 1), ("load", 2)]
    assert all(one[f"{name}_low"] < one[name] < one[f"{name}_high"] for one in figures["targets"] for name in ("r2", "mae", "rmse"))
    assert figures["r2"] > 0.9 > 0.8 > figures["newest_r2"]
    clocks = polychron.load("forecast.safetensors").compile().estimate().clocks_per_step
    assert (trained["board"], trained["clocks_per_step"]) == ("icebreaker", clocks)
    assert main(["eval", "forecast.safetensors", "--data", "w.csv", "--json"]) == 0
    scored = told(capsys)
    assert (scored["signals"], scored["r2"]) == (1, figures["r2"])
    plain = [{name: one[name] for name in ("target", "ahead", "r2", "mae", "rmse")} for one in figures["targets"]]
    assert scored["targets"] == plain
    assert main(["sim", "--network", "forecast.safetensors", "--data", "w.csv", "--json"]) == 0
    ran = told(capsys)
    assert (ran["equal"], ran["signals"], ran["steps"], ran["clocks_per_step"]) == (True, 1, LEAD + 120, clocks)
    assert ran["targets"] == [{name: one[name] for name in ("target", "ahead", "mae", "rmse")} for one in plain]
    assert np.shape(ran["numbers"]) == (LEAD + 120, 2)


def test_the_figures_are_those_of_the_held_out_samples_alone(rows, capsys):
    """By scikit-learn, of what the estimator says after having read the part that was trained on."""
    assert train("--horizon", "2", "--json") == 0
    figures = told(capsys)["figures"]
    model = polychron.StreamForecaster.load("forecast.safetensors")
    assert (model.tables, model.pairs, model.epochs, model.lags, model.horizon) == (64, 4, 30, 3, 2)
    assert model.targets_.tolist() == [0, 1]
    signal = rows[["load", "level"]].to_numpy()
    (found,) = model.predict(signal[360 - LEAD :])
    for one in figures["targets"]:
        ahead, channel = one["ahead"], ("load", "level").index(one["target"])
        due = signal[360:, channel]
        guess = found[LEAD - ahead :, ahead - 1, channel][: len(due)]
        assert one["r2"] == pytest.approx(r2_score(due, guess), abs=1e-4)
        assert one["mae"] == pytest.approx(mean_absolute_error(due, guess), rel=1e-4)
        assert one["rmse"] == pytest.approx(root_mean_squared_error(due, guess), rel=1e-4)


def test_what_is_held_out_has_no_part_in_the_training(rows, capsys):
    assert train() == 0
    rows.loc[360:, ["load", "level"]] = 7.0
    rows.loc[479, "load"] = -5.0
    rows.to_csv("w.csv", index=False)
    before = load(Path("forecast.safetensors"))
    assert train() == 0
    after = load(Path("forecast.safetensors"))
    assert before.card["data"]["held_out"] == "the last quarter of each signal"
    assert before.card["inputs"] == after.card["inputs"]
    assert before.card["targets"] == after.card["targets"]
    assert all(
        np.array_equal(one.tables, two.tables)
        for layers in zip(before.layers().values(), after.layers().values(), strict=True)
        for one, two in zip(*(layer.groups for layer in layers), strict=True)
    )
    rows.loc[359, "load"] = 30.0  # negative control: the last sample that is trained on
    rows.to_csv("w.csv", index=False)
    assert train() == 0
    assert load(Path("forecast.safetensors")).card["targets"] != before.card["targets"]


def test_the_report_names_others(rows, capsys):
    rows.loc[[50, 51, 400], "load"] = np.nan
    rows.to_csv("w.csv", index=False)
    assert train("--target", "load", "--compare") == 0
    out = capsys.readouterr().out
    assert "1 signal: 360 samples trained on, 120 held out; 2 channels, 1 told, 1 sample ahead\n" in out
    scores = {}
    for name in ("this network", "ridge regression", "gradient boosting", "the newest sample"):
        found = re.search(rf"^held out, {name}: R2 (\S+) \(\S+ to \S+\), MAE \S+ \(\S+ to \S+\), RMSE \S+ \(\S+ to \S+\)$", out, re.M)
        assert found
        scores[name] = float(found[1])
    assert scores["this network"] > 0.9
    assert min(scores["ridge regression"], scores["gradient boosting"]) > 0.9 > scores["the newest sample"]
    assert re.search(r"^on the icebreaker: \d+ clocks a step by the cycle model", out, re.M)
    assert main(["sim", "--network", "forecast.safetensors", "--data", "w.csv"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^1 held-out signal: MAE \S+, RMSE \S+\n1 signal, 184 steps: \d+\.\d\d clocks a step", out, re.M)


def test_a_flipped_bit_of_a_table_is_found(rows, capsys, monkeypatch):
    assert train() == 0
    damage_tables(monkeypatch)
    capsys.readouterr()
    assert main(["sim", "--network", "forecast.safetensors", "--data", "w.csv"]) == 1
    assert "DIFFERENT from the golden model: step " in capsys.readouterr().out


def test_shuffled_rows_are_not_learnt(rows, capsys):
    """The negative control of the figures: without an order nothing is to be told."""
    rows.sample(frac=1, random_state=0).to_csv("w.csv", index=False)
    assert train("--target", "load", "--json") == 0
    assert told(capsys)["figures"]["r2"] < 0.2


def machines():
    """Eight signals of 80 steps and more, rows of all between one another; two machines a plant."""
    parts = [waves(80 + 4 * number, seed=number).assign(machine=f"m{number}", plant=number // 2) for number in range(8)]
    return pandas.concat(parts).drop(columns="day").sort_index(kind="stable")


def test_the_end_of_each_series_is_held_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    machines().drop(columns="plant").to_csv("w.csv", index=False)
    assert main(["train", "forecast", "--data", "w.csv", "--series", "machine", *QUICK]) == 0
    trained = sum(60 + 3 * number for number in range(8))
    held = sum(20 + number for number in range(8))
    assert f"8 signals: {trained} samples trained on, {held} held out; 2 channels" in capsys.readouterr().out
    assert main(["sim", "--network", "forecast.safetensors", "--data", "w.csv", "--samples", "3", "--json"]) == 0
    ran = told(capsys)
    assert (ran["equal"], ran["signals"], ran["steps"]) == (True, 3, (60 + 20) + (63 + 21) + (LEAD + 22))
    assert main(["eval", "forecast.safetensors", "--data", "w.csv", "--json"]) == 0
    assert told(capsys)["signals"] == 8


def test_groups_are_held_out_as_a_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    machines().to_csv("w.csv", index=False)
    assert main(["train", "forecast", "--data", "w.csv", "--series", "machine", "--group", "plant", *QUICK]) == 0
    found = re.search(r"^8 signals: (\d+) samples trained on, (\d+) held out; 2 channels", capsys.readouterr().out, re.M)
    assert found
    assert int(found[1]) + int(found[2]) == len(machines())
    assert load(Path("forecast.safetensors")).card["data"]["held_out"] == "a quarter, drawn by the seed"
    assert main(["eval", "forecast.safetensors", "--data", "w.csv", "--json"]) == 0
    assert told(capsys)["signals"] == 2


def test_another_file_is_held_out(rows, capsys):
    waves(200, seed=2).to_csv("next.csv", index=False)
    assert train("--test", "next.csv") == 0
    assert "2 signals: 480 samples trained on, 200 held out" in capsys.readouterr().out
    assert main(["eval", "forecast.safetensors", "--data", "w.csv"]) == 2
    assert "the network was trained on all of it" in capsys.readouterr().err
    assert main(["eval", "forecast.safetensors", "--data", "next.csv", "--json"]) == 0
    assert told(capsys)["signals"] == 1
    waves(200, seed=2).drop(columns="day").to_csv("next.csv", index=False)  # the moments need not be there
    assert main(["eval", "forecast.safetensors", "--data", "next.csv"]) == 0
    waves(200, seed=2)[["level", "load"]].to_csv("next.csv", index=False)
    capsys.readouterr()
    assert main(["eval", "forecast.safetensors", "--data", "next.csv"]) == 2
    assert "next.csv: the columns must be those that the network was trained on: load, level" in capsys.readouterr().err


def test_arrays_are_read_like_tables(rows, capsys):
    """The same signals as rows, as arrays, and with an axis of signals whose ends are of no length alike."""
    numbers = rows[["load", "level"]].to_numpy()
    np.save("w.npy", numbers)
    np.savez("w.npz", X=numbers)
    np.savez("one.npz", X=numbers[None], y=[0])
    padded = np.full((2, 480, 2), np.nan)
    padded[0], padded[1, :200] = numbers, waves(200, seed=2)[["load", "level"]]
    np.savez("two.npz", X=padded)
    np.save("load.npy", numbers[:, 0])
    assert train() == 0
    made = load(Path("forecast.safetensors"))
    for name in ("w.npy", "w.npz", "one.npz"):
        assert main(["train", "forecast", "--data", name, *QUICK]) == 0
        again = load(Path("forecast.safetensors"))
        assert again.card["inputs"]["edges"] == made.card["inputs"]["edges"]
        assert again.card["targets"] == made.card["targets"]
        assert again.card["figures"] == made.card["figures"]
    capsys.readouterr()
    assert main(["train", "forecast", "--data", "two.npz", "--target", "X1", *QUICK]) == 0
    assert "2 signals: 510 samples trained on, 170 held out; 2 channels, 1 told" in capsys.readouterr().out
    assert main(["train", "forecast", "--data", "load.npy", *QUICK]) == 0
    assert "1 signal: 360 samples trained on, 120 held out; 1 channel, 1 told" in capsys.readouterr().out


def test_missing_numbers_are_nothing_to_be_told(rows, capsys):
    rows.loc[370:379, "load"] = np.nan
    rows.loc[100, ["load", "level"]] = np.nan
    rows.to_csv("w.csv", index=False)
    assert train("--json") == 0
    figures = told(capsys)["figures"]
    assert all(np.isfinite(one["r2"]) for one in figures["targets"])
    assert figures["targets"][0]["r2"] > 0.8


REFUSED = [
    ([], {"load": "a"}, "w.csv: column 'load' must hold numbers; make numbers of what it holds, or leave it out by --time\n"),
    (["--target", "lead"], {}, "w.csv: --target: there is no column 'lead'; the columns are: day, load, level"),
    (["--target", "load,load"], {}, "w.csv: --target must name each column once"),
    (["--target", "day"], {}, "w.csv: --time must name another column than that of the channels to tell, 'day'"),
    (["--series", "machine"], {}, "w.csv: --series: there is no column 'machine'; the columns are: day, load, level"),
    (["--group", "level"], {}, "w.csv: --group is for several signals: name the column that tells them apart with --series"),
    (["--horizon", "0"], {}, "--horizon must be 1..256, not 0"),
    (["--horizon", "129"], {}, "w.csv: --horizon times the channels that are told must be at most 256, not 258"),
    (
        ["--horizon", "200", "--target", "load"],
        {},
        "w.csv: channel 'load': of what is held out, at least 2 numbers must be there to be told 183 ahead, not 1",
    ),
    (["--lags", "65"], {}, "--lags must be 1..64, not 65"),
    ([], {"load": 1e101}, "w.csv: channel 'load': numbers that are told must be at most 1e+100, not 1e+101"),
    ([], {"load": np.inf}, "w.csv: column 'load': sample 1 is infinite"),
    ([], {"load": np.nan}, "w.csv: channel 'load': of what is trained on, at least 1 number must be there to be told 1 ahead, not 0"),
    (["--test", "w.csv"], {}, "--test: w.csv is the file that is trained on; what is held out must be another"),
]


@pytest.mark.parametrize(("words", "columns", "sentence"), REFUSED)
def test_what_cannot_be_told_is_refused_by_name(words, columns, sentence, rows, capsys):
    rows.assign(**columns).to_csv("w.csv", index=False)
    assert train(*words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}")
    assert error.count("\n") == 1
    assert not Path("forecast.safetensors").exists()


def test_arrays_and_images_that_are_no_signals_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    np.savez("none.npz", Y=np.zeros((4, 3)))
    np.savez("two.npz", X=np.zeros((2, 30, 2)))
    np.savez("value.npz", X=np.float64(3))
    for words, sentence in (
        (["none.npz"], "none.npz: it must have the array X, a row for each sample"),
        (["value.npz"], "value.npz: X must have a row for each sample, and is a single value"),
        (["two.npz", "--target", "X3"], "two.npz: --target: there is no channel 'X3'; the channels are: X0, X1"),
        (["two.npz", "--series", "X3"], "two.npz: --series is for tables whose rows are steps; X has an axis of signals"),
        (["two.npz", "--time", "X0"], "two.npz: --time is for tables whose rows are steps; X has an axis of signals"),
        (["."], ".: signals must be numbers in a table or an array, and these are images"),
    ):
        assert main(["train", "forecast", "--data", *words]) == 2
        assert capsys.readouterr().err == f"error: {sentence}\n"


def test_a_card_that_tells_of_other_channels_is_refused(rows, capsys):
    assert train() == 0
    network = load(Path("forecast.safetensors"))
    card = network.card | {"targets": network.card["targets"] | {"channels": [0, 5]}}
    save_network(replace(network, card=card), Path("other.safetensors"))
    capsys.readouterr()
    assert main(["eval", "other.safetensors", "--data", "w.csv"]) == 2
    assert "card field targets.channels must be numbers below 2, the channels, not 5" in capsys.readouterr().err


def test_blocks_of_steps():
    assert (block_of(1000, ahead=1), block_of(1000, ahead=30), block_of(5, ahead=30)) == (20, 30, 3)
    steps = np.arange(50.0)
    seen = []

    def figure(some, axis):
        seen.append(some)
        return some.mean(axis=axis)

    low, high = interval_of_steps(figure, steps, ahead=1)
    assert low < 24.5 < high
    drawn = np.concatenate(seen)
    assert drawn.shape == (1000, 50)
    length = block_of(50, ahead=1)
    assert ((np.diff(drawn[:, :length], axis=1) % 50) == 1).all()
    assert 0 < (drawn[:, 0] > 50 - length).mean() < 1  # blocks go on at the beginning


def test_the_interval_covers_errors_that_hang_together():
    """Of the mean absolute error of normal errors of which each keeps six tenths of the last, in about nineteen cases of twenty; as if they
    were independent it covers in far fewer."""
    rng = np.random.default_rng(3)
    covered = {"blocks": 0, "single": 0}
    kinds = {"blocks": {"ends": partial(interval_of_steps, ahead=1)}, "single": {}}
    for _ in range(50):
        errors_of, last = [], rng.normal()
        for _ in range(300):
            last = 0.6 * last + 0.8 * rng.normal()
            errors_of.append(last)
        due = rng.normal(size=300)
        for name, how in kinds.items():
            figures = with_intervals(due, due + np.array(errors_of), **how)
            covered[name] += figures["mae_low"] <= np.sqrt(2 / np.pi) <= figures["mae_high"]
    assert covered["blocks"] >= 43
    assert covered["single"] < covered["blocks"]


def test_the_interval_is_that_of_the_figures():
    due = np.sin(np.arange(300) / 9)
    found = due + np.random.default_rng(4).normal(0, 0.3, 300)
    values, (low, high) = errors(due, found), interval_of_steps(errors, due, found, ahead=2)
    assert ((low < values) & (values < high)).all()
