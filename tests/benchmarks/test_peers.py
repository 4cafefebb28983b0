"""Circuits beside the core: what feeds them, the integer models, the choice; conifer's and da4ml's circuits where these are installed."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import __main__ as peers
from benchmarks.peers import choice, data, flow, mlp, ours, trees
from benchmarks.peers.circuit import Circuit, Field

RNG = np.random.default_rng(0)
X = RNG.integers(0, 16, (240, 4))
Y = (X[:, 0] + X[:, 1] > 15) + (X[:, 2] > 11).astype(np.int64)
PART = data.Set(data.Part(X[:200].astype(float), X[:200], Y[:200]), data.Part(X[200:].astype(float), X[200:], Y[200:]), bits=4)

icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="circuits are simulated by Icarus Verilog")

SUMS = """
module model(input clk, input [11:0] x, output reg [14:0] y);
  wire signed [4:0] difference = x[3:0] - x[7:4];
  always @(posedge clk) y <= {5'd7, {1'b0, x[11:8]}, difference};
endmodule
"""
MODEL = Circuit(
    module="model",
    verilog=SUMS,
    ports=("clk", "x", "y"),
    inputs=(Field(0, 4), Field(4, 4), Field(8, 4)),
    outputs=(Field(0, 5, signed=True), Field(5, 5, shift=-1), Field(10, 5, shift=-1)),
    latency=1,
)


def leaf_or(feature: int, bound: float, left: float, right: float) -> dict[str, list[float]]:
    """A tree of one split."""
    return {
        "feature": [feature, -2, -2],
        "threshold": [bound, -2, -2],
        "children_left": [1, -1, -1],
        "children_right": [2, -1, -1],
        "value": [0, left, right],
    }


ENSEMBLE = {
    "trees": [[leaf_or(0, 3.5, 1.25, -1.0)], [leaf_or(1, 0.5, -0.5, 0.25)]],
    "init_predict": [0.25],
    "n_trees": 2,
    "n_features": 2,
    "max_depth": 1,
    "n_classes": 2,
}


@icarus
def test_what_feeds_a_circuit_gives_the_class_of_each_sample_in_its_clock(tmp_path: Path) -> None:
    """Scores of different units and signs, ties, and one clock for each code, without a gap."""
    codes = np.concatenate([RNG.integers(0, 16, (60, 3)), [[7, 0, 14], [7, 0, 15], [3, 0, 7], [0, 15, 0]]])
    seen = flow.simulated(MODEL, codes, bits=4, folder=tmp_path, note=print)
    scores = np.stack([2 * (codes[:, 0] - codes[:, 1]), codes[:, 2], np.full(len(codes), 7)], axis=1)
    assert [one.scores for one in seen] == scores.tolist()
    assert [one.label for one in seen] == scores.argmax(axis=1).tolist()
    assert [one.label for one in seen[-4:]] == [0, 1, 1, 2]
    assert {one.delay for one in seen} == {MODEL.delay} == {1 + 1 + 2}


@icarus
def test_a_circuit_with_one_bit_flipped_is_refused_by_name(tmp_path: Path) -> None:
    part = PART._replace(test=PART.test._replace(codes=X[:8, :3]))
    scores = np.stack([2 * (X[:8, 0] - X[:8, 1]), X[:8, 2], np.full(8, 7)], axis=1)
    peers.checked(MODEL, scores, scores.argmax(axis=1), part, tmp_path)
    scores[5, 1] ^= 1
    due = f"sample 5, number 1: {scores[5, 1] ^ 1} where {scores[5, 1]} is due"
    with pytest.raises(ValueError, match=f"the circuit differs from its integer model: {due}"):
        peers.checked(MODEL, scores, scores.argmax(axis=1), part, tmp_path)


def test_where_lists_part() -> None:
    assert choice.different([[1, 2], [3, 4]], [[1, 2], [3, 4]]) is None
    assert choice.different([[1, 2], [3, 4]], [[1, 2], [3, 5]]) == "sample 1, number 1: 5 where 4 is due"
    assert choice.different([[1, 2], [3, 4]], [[1, 2]]) == "1 samples where 2 are due"


def test_what_is_chosen() -> None:
    tried = {
        "large": choice.Tried([0.9, 0.8], [900, 900]),
        "small": choice.Tried([0.8, 0.8], [100, 120]),
        "smaller": choice.Tried([0.8, 0.8], [90, 90]),
    }
    assert choice.best(tried) == "large"
    assert choice.fitting(tried, limit=110) == "smaller"
    assert choice.fitting(tried, limit=1000) == "large"
    with pytest.raises(ValueError, match="no candidate costs 10 or less"):
        choice.fitting(tried, limit=10)


def test_every_sample_judges_once() -> None:
    judged: list[tuple[int, ...]] = []

    def judge(x: data.Integers, y: data.Integers, rest: data.Integers, due: data.Integers) -> dict[str, tuple[float, float]]:
        assert len(x) == len(y) == 150
        judged.extend(map(tuple, rest.tolist()))
        return {"a": (float(len(due)), 1.0)}

    assert choice.tried(PART.train.codes, PART.train.y, judge) == {"a": choice.Tried([50.0] * 4, [1.0] * 4)}
    assert sorted(judged) == sorted(map(tuple, PART.train.codes.tolist()))


def test_codes_are_even_steps_between_percentiles() -> None:
    like = np.arange(101.0)[:, None]
    assert data.codes_of(np.array([[-5.0], [1.0], [50.0], [99.0], [1e9]]), like)[:, 0].tolist() == [0, 0, 128, 255, 255]
    assert data.codes_of(np.array([[3.0]]), np.full((9, 1), 3.0)).tolist() == [[0]]


def test_trees_in_integers() -> None:
    """By hand: units of a quarter; 3 goes left at 3.5, 4 right."""
    whole = trees.rounded(ENSEMBLE, fraction=2)
    x = np.array([[3, 0], [4, 0], [3, 1], [4, 1]])
    assert trees.staged(whole, x)[:, :, 0].tolist() == [[6, -3, 6, -3], [4, -5, 7, -2]]
    assert trees.label(trees.scores(whole, x)).tolist() == [1, 0, 1, 0]
    assert trees.label(np.array([[0], [1]])).tolist() == [0, 1]
    assert trees.label(np.array([[1, 2, 2]])).tolist() == [1]
    assert trees.splits(whole) == [1, 2]
    assert trees.width(whole, bits=3) == 5  # 1 + 5 + 2 = 8 has a sign bit too
    assert trees.width(whole, bits=8) == 9
    assert ENSEMBLE["init_predict"] == [0.25]


def test_a_small_network_in_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp, "STEPS", 600)
    monkeypatch.setattr(mlp, "ROUNDED_FROM", 300)
    model = mlp.trained(PART.train.codes, PART.train.y, mlp.Shape(8, 3), bits=PART.bits)
    assert max(np.abs(model.first).max(), np.abs(model.second).max()) <= 3
    assert choice.accuracy(PART.test.y, mlp.scores(model, PART.test.codes).argmax(axis=1)) > 0.8
    made = mlp.Mlp(np.array([[1, -1], [2, 0]]), np.array([1, 0]), 1, np.array([[1, 0], [0, 1]]), np.array([0, 3]))
    assert mlp.scores(made, np.array([[2, 3], [0, 15], [3, 0]])).tolist() == [[5, 3], [15, 3], [2, 3]]


def test_digits_of_weights() -> None:
    """7 is 8 - 1, 5 is 4 + 1, 0 is nothing."""
    weights = np.array([[7, -5, 0, 2]])
    assert mlp.digits_set(mlp.Mlp(weights, np.zeros(4, int), 0, np.array([[-7]]), np.zeros(1, int))) == 2 + 2 + 0 + 1 + 2


CELLS = {"system.core.index": 10, "system.loader": 4, "uart_tx$35": 1, "flash.cs": 2, "pll": 3}
BLOCKS = {name: {"lc": count} for name, count in CELLS.items()}


def test_cells_of_a_build_by_what_they_are_for() -> None:
    assert ours.cells(BLOCKS) == {"core": 10, "host": 5, "flash": 2, "rest": 3}
    seeds = [{"fmax_mhz": 39.0}, {"fmax_mhz": 38.5}]
    built = {"device": "iCE40UP5K", "lut4": 1, "ff": 2, "lc": 20, "ebr": 1, "spram": 4, "blocks": BLOCKS, "seeds": seeds}
    assert "20 logic cells (core 10, host 5, flash 2, rest 3)" in ours.told(built)
    assert ours.told(built).endswith("38.5 MHz at the least of 2 seeds")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["iris"], "the set must be one of digits, magic, not iris"),
        (["--models", "svm"], "--models must be one of lut, trees, mlp, not svm"),
        (["--seeds", "0"], r"--seeds must be 1..100, not 0"),
        (["--report", "absent.json"], "--report: absent.json can't be read: "),
    ],
)
def test_one_sentence_and_exit_code_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert peers.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1


def test_without_the_packages_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("conifer.backends.vhdl.writer", "conifer.converters.sklearn", "da4ml.trace"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=re.escape(trees.INSTALL)):
        trees.grown(X, Y, 1, 1)
    made = mlp.Mlp(np.array([[1]]), np.array([1]), 1, np.array([[1]]), np.array([3]))
    with pytest.raises(ValueError, match=re.escape(mlp.INSTALL)):
        mlp.circuit(made, highest=15, folder=tmp_path)


@icarus
@pytest.mark.skipif(importlib.util.find_spec("conifer") is None or shutil.which("ghdl") is None, reason="needs conifer and GHDL")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # conifer leaves files to be closed by the collector
def test_trees_of_conifer_are_their_integers(tmp_path: Path) -> None:
    """An odd and an even number of terms to add; one leaf changed in the integers alone is found."""
    for rounds in (2, 3):
        ensemble = trees.fitted(PART, trees.Trees(2, rounds, 2))
        scores = trees.scores(ensemble, PART.test.codes)
        circuit = trees.circuit(ensemble, bits=PART.bits, folder=tmp_path / f"conifer{rounds}")
        peers.checked(circuit, scores, trees.label(scores), PART, tmp_path / str(rounds))
    tree = ensemble["trees"][0][1]
    tree["value"] = [value ^ 1 for value in tree["value"]]
    changed = trees.scores(ensemble, PART.test.codes)
    with pytest.raises(ValueError, match="sample 0, number 1"):
        peers.checked(circuit, changed, trees.label(changed), PART, tmp_path)


@icarus
@pytest.mark.skipif(importlib.util.find_spec("da4ml") is None, reason="needs da4ml")
def test_a_network_of_da4ml_is_its_integers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp, "STEPS", 300)
    monkeypatch.setattr(mlp, "ROUNDED_FROM", 150)
    model = mlp.trained(PART.train.codes, PART.train.y, mlp.Shape(4, 3), bits=PART.bits)
    scores = mlp.scores(model, PART.test.codes)
    circuit = mlp.circuit(model, highest=15, folder=tmp_path / "da4ml")
    peers.checked(circuit, scores, trees.label(scores), PART, tmp_path)
    model.second_bias[2] ^= 1
    changed = mlp.scores(model, PART.test.codes)
    with pytest.raises(ValueError, match="sample 0, number 2"):
        peers.checked(circuit, changed, trees.label(changed), PART, tmp_path)
