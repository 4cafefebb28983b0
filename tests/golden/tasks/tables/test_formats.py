"""``train classify``, ``train regress``, ``eval`` and ``sim`` on every kind of source: the same part is held out by all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_wine

from golden.integer.file import load, save_network
from polychron.cli import main

from ..images.test_mnist import write_files
from ..readers.test_idx import idx

QUICK = ["--tables", "12", "--pairs", "4", "--epochs", "10"]
SIZE = (9, 14)
TRAIN = "train-images-idx3-ubyte"


def a_table(folder, kind):
    wine = load_wine(as_frame=kind in ("csv", "parquet"))
    match kind:
        case "csv":
            wine.frame.to_csv(folder / "w.csv", index=False)
        case "parquet":
            pytest.importorskip("pyarrow")
            wine.frame.to_parquet(folder / "w.parquet")
        case "npz":
            np.savez(folder / "w.npz", X=wine.data, y=wine.target)
        case "npy":
            np.save(folder / "w.npy", np.column_stack([wine.data, wine.target]))
    return f"w.{kind}"


def some_images(folder, kind):
    write_files(folder, size=SIZE)
    if kind == "IDX file":
        return TRAIN
    if kind == "IDX folder":
        return "."
    images = np.frombuffer((folder / TRAIN).read_bytes(), np.uint8, offset=16).reshape(300, *SIZE)
    for number, image in enumerate(images):
        path = folder / "classes" / "abcdefghij"[number % 10] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return "classes"


KINDS = {
    **dict.fromkeys(["csv", "parquet", "npz", "npy"], (a_table, 45)),
    "IDX file": (some_images, 75),
    "IDX folder": (some_images, 100),
    "images": (some_images, 75),
}


def told(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", KINDS)
def test_train_eval_and_sim_agree(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make, count = KINDS[kind]
    source = make(tmp_path, kind)
    assert main(["train", "classify", "--data", source, *QUICK, "--json"]) == 0
    accuracy = told(capsys)["figures"]["accuracy_integer"]
    assert accuracy > 0.6
    assert main(["eval", "classify.safetensors", "--data", source, "--json"]) == 0
    scored = told(capsys)
    assert (scored["samples"], round(scored["accuracy_integer"], 4)) == (count, accuracy)
    assert main(["sim", "--network", "classify.safetensors", "--data", source, "--samples", "20", "--json"]) == 0
    ran = told(capsys)
    assert ran["equal"]
    assert len(ran["classes"]) == 20
    assert ran["right"] >= 10


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "images"])
def test_numbers_are_learnt_from_every_kind_but_folders_of_images(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make, count = KINDS[kind]
    source = make(tmp_path, kind)
    assert main(["train", "regress", "--data", source, *QUICK, "--json"]) == 0
    figures = told(capsys)["figures"]
    assert figures["r2"] > 0.2
    assert main(["eval", "regress.safetensors", "--data", source, "--json"]) == 0
    scored = told(capsys)
    assert (scored["samples"], scored["r2"]) == (count, figures["r2"])
    assert main(["sim", "--network", "regress.safetensors", "--data", source, "--samples", "20", "--json"]) == 0
    ran = told(capsys)
    assert ran["equal"]
    assert len(ran["numbers"]) == 20


@pytest.mark.parametrize("source", ["classes", "empty"])
def test_no_numbers_are_learnt_from_a_folder_of_images(source, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    some_images(tmp_path, "images")
    (tmp_path / "empty").mkdir()
    assert main(["train", "regress", "--data", source]) == 2
    expected = "there must be IDX files in a folder that numbers are learnt from; folders of images are for train classify"
    assert capsys.readouterr().err == f"error: {source}: {expected}\n"


@pytest.mark.parametrize(("kind", "targets"), [("npy", "0,13,4"), ("parquet", "alcohol,target,magnesium"), ("npz", "X0,y,X4")])
def test_several_columns_of_any_format_are_targets(kind, targets, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source = a_table(tmp_path, kind)
    assert main(["train", "regress", "--data", source, "--target", targets, *QUICK, "--json"]) == 0
    found = told(capsys)["figures"]["targets"]
    assert [one["target"] for one in found] == targets.split(",")
    a_table(tmp_path, "csv")
    names = "alcohol,target,magnesium"
    assert main(["train", "regress", "--data", "w.csv", "--target", names, *QUICK, "--json"]) == 0
    assert [one["rmse"] for one in told(capsys)["figures"]["targets"]] == [one["rmse"] for one in found]


def test_the_size_of_images_is_on_the_card_and_asked_of_others(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    some_images(tmp_path, "images")
    assert main(["train", "classify", "--data", "classes", "--size", "5x7", *QUICK]) == 0
    assert "225 samples trained on, 75 held out; 35 inputs (5 x 7), 10 classes" in capsys.readouterr().out
    card = load(Path("classify.safetensors")).card
    assert card["data"]["size"] == "5 x 7"
    assert card["command"] == "python -m golden.train classify --data classes --tables 12 --pairs 4 --epochs 10 --size 5x7"
    assert main(["eval", "classify.safetensors", "--data", "classes"]) == 0
    assert main(["eval", "classify.safetensors", "--data", TRAIN]) == 2
    assert capsys.readouterr().err == f"error: {TRAIN}: the images are 9 x 14, and must be 5 x 7\n"


@pytest.mark.parametrize("word", ["5", "5x", "0x5", "200x200", "5x7x1", "-5x7", "x" * 100_000])
def test_a_size_that_is_none_is_refused(word, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    some_images(tmp_path, "images")
    assert main(["train", "classify", "--data", "classes", f"--size={word}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: --size must be height x width, such as 28x28, of 1..32000 pixels, not ")
    assert len(error) < 200
    assert not (tmp_path / "classify.safetensors").exists()


def test_a_network_of_a_folder_scores_a_file_as_a_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, size=SIZE)
    assert main(["train", "classify", "--data", ".", *QUICK, "--json"]) == 0
    trained = told(capsys)
    assert load(Path("classify.safetensors")).card["data"]["held_out"] == "the t10k files"
    assert main(["eval", "classify.safetensors", "--data", "t10k-images-idx3-ubyte", "--json"]) == 0
    scored = told(capsys)
    assert (scored["samples"], round(scored["accuracy_integer"], 4)) == (100, trained["figures"]["accuracy_integer"])


def test_what_is_held_out_is_named_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, size=SIZE)
    assert main(["train", "classify", "--data", ".", "--test", "t10k-images-idx3-ubyte", *QUICK]) == 2
    assert "--test: . has the t10k files to be held out; name its file of training images with --data" in capsys.readouterr().err
    assert main(["train", "classify", "--data", TRAIN, "--test", "t10k-images-idx3-ubyte", *QUICK]) == 0
    assert "300 samples trained on, 100 held out" in capsys.readouterr().out


def test_no_file_that_was_read_is_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, size=SIZE)
    before = (tmp_path / "train-labels-idx1-ubyte").read_bytes()
    assert main(["train", "classify", "--data", TRAIN, "--out", "train-labels-idx1-ubyte", *QUICK]) == 2
    assert "train-labels-idx1-ubyte is the file of the samples, and would be overwritten" in capsys.readouterr().err
    assert (tmp_path / "train-labels-idx1-ubyte").read_bytes() == before


def test_an_mnist_network_scores_a_file_of_images(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    scores = []
    for source in (".", "t10k-images-idx3-ubyte"):
        assert main(["eval", "mnist", "--data", source, "--json"]) == 0
        scores.append(told(capsys))
    assert scores[0] == scores[1]
    assert scores[0]["images"] == 100
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(100) % 11))
    assert main(["sim", "--network", "mnist", "--data", "t10k-images-idx3-ubyte", "--digits", "1"]) == 2
    assert "needs a label 0..9 for each of its 100 images" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["9 x", "9 x 9999", 7, "\x1b[2J"])
def test_a_card_may_say_anything_of_a_size(size, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, size=SIZE)
    assert main(["train", "classify", "--data", TRAIN, *QUICK]) == 0
    network = load(Path("classify.safetensors"))
    save_network(replace(network, card=network.card | {"data": network.card["data"] | {"size": size}}), tmp_path / "classify.safetensors")
    capsys.readouterr()
    code = main(["eval", "classify.safetensors", "--data", TRAIN])
    assert code == (0 if size == 7 else 2)
    if code:
        assert "card field data.size must be height x width" in capsys.readouterr().err
