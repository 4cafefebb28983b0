import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from golden import train
from golden.integer.file import load
from golden.integer.layer import NetworkError
from golden.integer.shipped import FOLDER
from golden.tasks.fitting.accuracy import integer_accuracy
from golden.tasks.images import classifier, digits, mnist
from golden.tasks.images.recipe import DIGITS_PRESETS, MNIST_PRESETS, RECIPES, Growth, ImageOptions, ImageRecipe
from golden.tasks.scoring import evaluate

from .test_mnist import write_files

TINY = ImageRecipe(n_t=10, n_c=4, growth=Growth(pool=60, rows=400), views=1, epochs=4, rounded_epochs=2)


PRESETS = {**DIGITS_PRESETS, **MNIST_PRESETS}


@pytest.fixture(autouse=True)
def tiny_presets(monkeypatch):
    for presets, recipe in ((DIGITS_PRESETS, TINY), (MNIST_PRESETS, replace(TINY, frac=4, batch=32))):
        for name, options in presets.items():
            monkeypatch.setitem(RECIPES, name, recipe)
            monkeypatch.setitem(presets, name, replace(options, tables=recipe.n_t, pairs=recipe.n_c))


def test_train_digits_writes_network_card_and_curve(tmp_path, capsys):
    out = tmp_path / "d.safetensors"
    assert train.main(["digits", "--out", str(out), "--seed", "3", "--tables", "12", "--constants", "4,8"]) == 0
    network = load(out)
    assert network.output.n_t == 12
    assert network.constants.tolist() == [4, 8]
    card = network.card
    assert card["command"] == "python -m golden.train digits --seed 3 --tables 12 --constants 4,8"
    assert card["data"]["sha256"] == digits.data_sha256()
    assert (tmp_path / "d.png").read_bytes()[:4] == b"\x89PNG"
    split = digits.holdout(3)
    exact = integer_accuracy(network, split.test_x, split.test_y)
    assert card["figures"]["accuracy_integer"] == pytest.approx(exact, abs=1e-4)
    assert f"held out, accuracy integer: {exact:.2%}" in capsys.readouterr().out
    assert evaluate(network, data=None) == {"images": 450.0, "accuracy_integer": exact}
    other = replace(network, card={**card, "seed": 4})
    assert evaluate(other, data=None)["accuracy_integer"] != exact  # its training digits are among them


def test_the_same_command_gives_the_same_bytes(tmp_path):
    for name in "ab":
        assert train.main(["digits", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert train.main(["digits", "--out", str(tmp_path / "c"), "--seed", "1"]) == 0
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_train_mnist(tmp_path):
    write_files(tmp_path)
    out = tmp_path / "m.safetensors"
    assert train.main(["mnist", "--data", str(tmp_path), "--out", str(out)]) == 0
    network = load(out)
    assert network.n == 784
    assert evaluate(network, data=tmp_path)["accuracy_integer"] == network.card["figures"]["accuracy_integer"]
    assert network.card["data"]["sha256"] == mnist.read_mnist(tmp_path).sha256
    with pytest.raises(NetworkError, match="an mnist network needs --data"):
        evaluate(network, data=None)


@pytest.mark.parametrize(("options", "tables"), [((), 1), (("--anchors", "random"), TINY.n_t)])
def test_a_time_limit_keeps_what_is_trained(options, tables, tmp_path, capsys):
    out = tmp_path / "d.safetensors"
    assert train.main(["digits", "--out", str(out), "--minutes", "0", *options]) == 0
    assert "note: stopped early; the network is what was trained by then" in capsys.readouterr().out
    network = load(out)
    assert network.output.n_t == tables
    assert out.with_suffix(".png").exists()
    assert evaluate(network, data=None)["accuracy_integer"] == pytest.approx(network.card["figures"]["accuracy_integer"], abs=1e-4)
    assert train.main(["digits", "--out", str(out), "--minutes", "60", *options]) == 0
    assert "stopped early" not in capsys.readouterr().out
    assert load(out).output.n_t == TINY.n_t


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("view", "tables"), [(0, 1), (1, TINY.n_t)])
def test_a_signal_keeps_what_is_trained(number, view, tables, tmp_path, capsys, monkeypatch):
    """It arrives while images are distorted: before the first table is grown, or before all are fitted together."""
    made = classifier.views_of

    def views(x, size, warp, *, seed):
        view_of, asked = made(x, size, warp, seed=seed), []

        def watched(index):
            asked.append(index)
            if len(asked) == 2 + view:  # after the images themselves were looked at
                os.kill(os.getpid(), number)
            return view_of(index)

        return watched

    monkeypatch.setattr(classifier, "views_of", views)
    out = tmp_path / "d.safetensors"
    assert train.main(["digits", "--out", str(out)]) == 0
    assert "note: stopped early" in capsys.readouterr().out
    network = load(out)
    assert network.output.n_t == tables
    assert network.card["figures"]["accuracy_integer"] > (0.1 if view == 0 else 0.5)


def test_a_second_signal_leaves_at_once(tmp_path, capsys, monkeypatch):
    def views(x, size, warp, *, seed):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(classifier, "views_of", views)
    out = tmp_path / "d.safetensors"
    assert train.main(["digits", "--out", str(out)]) == 130
    assert capsys.readouterr().err.endswith("stopped\n")
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["digits", "--preset", "mnist"], "--preset must be one of digits, digits-wide, not 'mnist'"),
        (["digits", "--tables", "0"], "--tables must be 1..1023, not 0"),
        (["digits", "--pairs", "17"], "--pairs must be 1..16, not 17"),
        (["digits", "--seed", "-1"], "--seed must be 0..4294967295, not -1"),
        (["digits", "--minutes", "nan"], "--minutes must be 0..1e+06, not nan"),
        (["digits", "--constants", "1,x"], "--constants must be whole numbers between commas, not '1,x'"),
        (["digits", "--constants", "40000"], "--constants must be -32767..32767, not 40000"),
        (["digits", "--out", "/nowhere/x.safetensors"], "--out: there is no folder /nowhere"),
        (["mnist", "--data", "/nowhere"], "/nowhere: there is no train-images-idx3-ubyte (plain or .gz)"),
    ],
)
def test_wrong_options_are_one_sentence(options, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train.main(options) == 2
    assert capsys.readouterr().err.strip() == f"error: {message}"
    assert not list(tmp_path.iterdir())


def test_foreign_networks_are_refused(rnn, deep):
    with pytest.raises(NetworkError, match="card field task must be digits or mnist"):
        evaluate(rnn, data=None)
    with pytest.raises(NetworkError, match="the network must be deep with 64 inputs and 10 outputs"):
        evaluate(replace(deep, card={"task": "digits", "seed": 0}), data=None)
    with pytest.raises(NetworkError, match="card field seed must be"):
        evaluate(replace(deep, card={"task": "digits", "seed": "x"}), data=None)


def test_an_option_stands_in_for_the_recipes(monkeypatch):
    monkeypatch.undo()
    options = ImageOptions(preset="digits", tables=7, pairs=5, anchors="covering", constants=(4, 8))
    assert options.recipe == replace(RECIPES["digits"], n_t=7, n_c=5, anchors="covering", constants=(4, 8))
    for name, preset in PRESETS.items():
        assert preset.recipe == RECIPES[name]


def test_presets_respect_the_core(monkeypatch):
    monkeypatch.undo()
    for name in PRESETS:
        recipe = RECIPES[name]
        assert recipe.pairs <= 1000
        assert recipe.n_t * (1 << recipe.n_c) * 8 <= 128 * 1024
        assert np.all(np.abs(recipe.constants) <= 32767)


def test_the_shipped_network_is_what_its_card_says():
    network = load(FOLDER / "digits.safetensors")
    assert network.card["data"]["sha256"] == digits.data_sha256()
    figures = evaluate(network, data=None)
    assert round(figures["accuracy_integer"], 4) == network.card["figures"]["accuracy_integer"] >= 0.975
    assert network.card["command"] == "python -m golden.train digits"
    group = network.output.groups[0]
    tables = group.tables.copy()
    tables[:, :, :5] = 0
    broken = replace(network, output=replace(network.output, groups=(replace(group, tables=tables),)))
    assert evaluate(broken, data=None)["accuracy_integer"] < 0.9  # it can tell
