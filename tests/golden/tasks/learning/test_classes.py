"""``golden.learn classify``: products, repetition, going on, refusals."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine

from golden import eval, train
from golden.integer.file import LEARN, load, load_extra, save_network
from golden.integer.shipped import find_network
from golden.learn import main
from golden.learning.classes import ClassLearner
from sim.run import main as simulate

from ..images.test_mnist import write_files


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def learn(*options: str, out: str = "net.safetensors", code: int = 0) -> Path:
    assert main(["classify", "--out", out, *options]) == code
    return Path(out)


def test_digits_are_learned_from_zeros(capsys):
    path = learn("--network", "digits", "--zero", "--passes", "3")
    network = load(path)
    figures = network.card["figures"]
    assert figures["accuracy_integer"] > 0.95
    assert figures["before_learning"] < 0.2
    assert figures["samples_learned"] == 3 * 1347
    assert network.card["learned"]["words"] == {"output": "int4+2"}
    assert "learned: output (int4+2)" in capsys.readouterr().out
    assert eval.main([str(path)]) == 0
    assert f"accuracy_integer: {figures['accuracy_integer']}"[:22] in capsys.readouterr().out
    assert simulate(["--network", str(path), "--digits", "5"]) == 0
    assert learn("--network", "digits", "--zero", "--passes", "3", out="again.st").read_bytes() == path.read_bytes()
    anchors = [load(name).output.groups[0].anchors for name in (path, find_network("digits"))]
    assert np.array_equal(*anchors)


def test_learning_goes_on_where_it_was(capsys):
    first = learn("--network", "digits", "--zero", "--bits", "8", "--below", "3")
    assert load(first).output.bits == 8
    second = learn("--network", str(first), out="second.st")
    assert load(second).card["learned"]["words"] == {"output": "int8+3"}
    assert load(second).card["figures"]["before_learning"] == load(first).card["figures"]["accuracy_integer"]
    assert "zeros" not in capsys.readouterr().out


def test_two_runs_are_one_long_run():
    whole = learn("--network", "digits", "--zero", "--passes", "2")
    first = learn("--network", "digits", "--zero", out="first.st")
    second = learn("--network", str(first), out="second.st")
    one, two = ({**load(path).arrays(), **load_extra(path, prefix=LEARN)} for path in (whole, second))
    assert one.keys() == two.keys()
    assert all(np.array_equal(array, two[name]) for name, array in one.items())
    assert not np.array_equal(load_extra(first, prefix=LEARN)["output"], two["output"])


def test_a_wider_margin_writes_more(capsys):
    writes = []
    for margin in ("1", "60"):
        assert main(["classify", "--network", "digits", "--zero", "--margin", margin, "--json"]) == 0
        writes.append(json.loads(capsys.readouterr().out)["parts"][0]["writes"])
    assert 0 < writes[0] < writes[1]


def test_a_second_signal_ends_it_at_once_and_leaves_the_old_file(monkeypatch):
    path = learn("--network", "digits", "--zero")
    before = path.read_bytes()

    def signalled(self, *rest, **options):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(ClassLearner, "learn", signalled)
    learn("--network", "digits", "--passes", "9", code=143)
    assert path.read_bytes() == before
    assert sorted(each.name for each in Path().iterdir()) == ["net.png", "net.safetensors"]


def test_minutes_end_it(capsys):
    path = learn("--network", "digits", "--minutes", "0", "--passes", "100")
    assert load(path).card["figures"]["samples_learned"] == 1000
    assert "note: stopped early" in capsys.readouterr().out


def test_images_of_idx_files(tmp_path):
    write_files(tmp_path)
    path = learn("--network", "mnist", "--data", ".")
    assert load(path).card["data"]["sha256"] != load(find_network("mnist")).card["data"]["sha256"]
    assert eval.main([str(path), "--data", "."]) == 0


def test_rows_of_a_table(capsys):
    frame = load_wine(as_frame=True).frame
    frame.to_csv("wine.csv", index=False)
    frame[::2].to_csv("some.csv", index=False)
    assert train.main("classify --data wine.csv --tables 16 --pairs 3 --epochs 2 --out wine.st".split()) == 0
    path = learn("--network", "wine.st", "--zero", "--passes", "5", "--data", "wine.csv")
    assert load(path).card["figures"]["accuracy_integer"] > 0.8
    assert eval.main([str(path), "--data", "wine.csv"]) == 0
    other = load(learn("--network", str(path), "--data", "some.csv", "--seed", "3", out="some.st")).card
    assert (other["data"]["name"], other["seed"]) == ("some.csv", 3)
    assert other["data"]["held_out"] == "a quarter, drawn by the seed"
    capsys.readouterr()
    assert eval.main(["some.st", "--data", "some.csv"]) == 0
    assert "samples: 23.0" in capsys.readouterr().out
    frame.assign(target=frame["target"] + 1).to_csv("new.csv", index=False)
    learn("--network", str(path), "--data", "new.csv", out="new.st", code=2)
    assert "new.csv: the label 3 is none of the network's classes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--network", "digits", "--data", "."), "--data is for mnist networks"),
        (("--network", "mnist"), "an mnist network needs --data, the folder of the IDX files"),
        (("--network", "shakespeare"), "shakespeare.safetensors is a text network: it classifies nothing"),
        (("--network", "digits", "--margin", "0"), "--margin must be 1..32767, not 0"),
        (("--network", "digits", "--minutes", "-1"), "--minutes must be"),
        (("--network", "digits", "--seed", "4294967296"), "--seed must be 0..4294967295"),
        (("--network", "digits", "--passes", "0"), "--passes must be 1..100000, not 0"),
        (("--network", "digits", "--below", "13"), "--below must be 0..12, not 13"),
        (("--network", "digits", "--bits", "8", "--below", "9"), "at most 16 in all, not int8+9"),
        (("--network", "digits", "--bits", "5"), "--bits"),
        (("--network", "nowhere.st"), "nowhere.st: cannot be read"),
        ((), "--network"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(options, message, capsys):
    learn(*options, code=2)
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_large_entries_do_not_become_small_ones(capsys):
    network = load(find_network("digits"))
    output = replace(network.output, bits=8)
    tables = output.groups[0].tables.copy()
    tables[0, 0, 0] = 8
    save_network(replace(network, output=replace(output, groups=(replace(output.groups[0], tables=tables),))), Path("wide.st"))
    learn("--network", "wide.st", "--bits", "4", code=2)
    assert "wide.st: --bits 4 holds no entry of magnitude 8: begin with --zero, or keep 8 bits" in capsys.readouterr().err
