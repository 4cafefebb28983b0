"""StreamClassifier: what it learns, its contract, its file, and the gateware beside it."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import polychron
from golden.integer.layer import NetworkError

SMALL = {"tables": 36, "pairs": 4, "epochs": 20, "random_state": 0}


def signals_of(count: int, *, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Two channels with a pulse each, among noise; the class is whose pulse comes first."""
    rng = np.random.default_rng(seed)
    signals, labels = [], []
    for _ in range(count):
        steps = int(rng.integers(10, 16))
        signal = rng.normal(0, 0.3, (steps, 2))
        first = int(rng.integers(2))
        signal[rng.integers(1, steps // 2 - 1), first] += 4
        signal[rng.integers(steps // 2 + 1, steps), 1 - first] += 4
        signals.append(signal)
        labels.append("ab"[first])
    return signals, np.array(labels)


@pytest.fixture(scope="module")
def fitted() -> polychron.StreamClassifier:
    return polychron.StreamClassifier(**SMALL).fit(*signals_of(400, seed=1))


def test_it_tells_which_pulse_comes_first(fitted: polychron.StreamClassifier) -> None:
    signals, labels = signals_of(60, seed=2)
    assert fitted.score(signals, labels) >= 0.8
    shuffled = [np.random.default_rng(3).permutation(signal) for signal in signals]
    assert fitted.score(shuffled, labels) < 0.7  # negative control: without their order


def test_the_gateware_gives_the_same_labels(fitted: polychron.StreamClassifier) -> None:
    signals, _ = signals_of(6, seed=4)
    run = fitted.network_.compile(board="icebreaker").stream(fitted.latencies(signals))
    assert run.equal
    assert run.used.steps == sum(map(len, signals))
    assert list(fitted.decode(run.outputs)) == list(fitted.predict(signals))
    assert all(np.array_equal(a, b) for a, b in zip(run.outputs, fitted.outputs(signals), strict=True))


def test_the_default_shape_fits_the_memory_on_chip() -> None:
    """No neuron of the state needs a second column, so that a row has as many beats as 32 columns of int4."""
    signals, labels = signals_of(8, seed=9)
    model = polychron.StreamClassifier(epochs=1, random_state=0).fit(signals, labels)
    program = model.network_.compile(board="icebreaker")
    assert [run.tier for run in program.code.runs] == [0] * len(program.code.runs)
    assert {run.row_beats for run in program.code.runs if not run.sort} == {2}
    assert program.estimate().placement.tiers[0].used == 80 * 64 * 16 + 48 * 64 * 8


def test_the_contract(fitted: polychron.StreamClassifier) -> None:
    signals, labels = signals_of(40, seed=5)
    one, two = (clone(fitted).set_params(epochs=2).fit(signals, labels) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.outputs(signals), two.outputs(signals), strict=True))
    assert fitted.predict_proba(signals).sum(axis=1) == pytest.approx(np.ones(40))
    assert ((fitted.decision_function(signals) > 0) == (fitted.predict(signals) == "b")).all()
    short = polychron.StreamClassifier(**{**SMALL, "epochs": 1})
    assert cross_val_score(short, np.array(signals, object), labels, cv=2).shape == (2,)
    stopped = polychron.StreamClassifier(**SMALL, seconds=0).fit(signals, labels)
    assert stopped.stopped_


def test_a_file_keeps_it(fitted: polychron.StreamClassifier, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    fitted.save(path)
    again, (signals, _) = polychron.StreamClassifier.load(path), signals_of(20, seed=6)
    assert list(again.predict(signals)) == list(fitted.predict(signals))
    assert again.get_params() | {"random_state": 0} == fitted.get_params()
    with pytest.raises(NetworkError, match=r"digits is a deep network: it reads no signals$"):
        polychron.StreamClassifier.load(Path(polychron.load("digits").path or ""))


def test_what_takes_no_signals_says_so(fitted: polychron.StreamClassifier, tmp_path: Path) -> None:
    program = fitted.network_.compile(board="icebreaker")
    with pytest.raises(NetworkError, match=r"^a network of a table needs --data, the file or folder of the signals$"):
        fitted.network_.accuracy()
    with pytest.raises(NetworkError, match=r"^stream reads signals, which a page has nothing to draw with$"):
        program.page(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_missing_numbers_and_constant_channels() -> None:
    signals, labels = signals_of(30, seed=7)
    padded = [np.concatenate([signal, np.ones((len(signal), 1))], axis=1) for signal in signals]
    padded[0][0, 0] = np.nan
    model = polychron.StreamClassifier(**{**SMALL, "epochs": 2}).fit(padded, labels)
    assert len(model.predict(padded)) == 30
    one = polychron.StreamClassifier(**{**SMALL, "epochs": 1, "timed": False, "lags": 1}).fit([signals[0][:, :1]], ["a"])
    assert list(one.predict([signals[1][:, :1]])) == ["a"]


def test_refusals(fitted: polychron.StreamClassifier) -> None:
    signals, labels = signals_of(4, seed=8)
    cases = [
        ({"pairs": 17}, signals, labels, r"^pairs must be 1\.\.16, not 17$"),
        ({"tables": 3}, signals, labels, r"^tables must be 4\.\.1023, not 3$"),
        ({"epochs": True}, signals, labels, r"^epochs must be 1\.\.1000000, not True$"),
        ({"seconds": -1}, signals, labels, r"^seconds must be 0 or more, or None, not -1$"),
        ({"seconds": "1"}, signals, labels, r"^seconds must be 0 or more, or None, not '1'$"),
        ({}, [], labels, r"^X must have at least one signal$"),
        ({}, signals, labels[:3], r"^y must have a label for each of the 4 signals, not 3$"),
        ({}, [signals[0], signals[1][:, :1]], labels[:2], r"^signal 1 of X must be \(steps, channels\) with the channels of the first"),
        ({}, [np.zeros((0, 2))], labels[:1], r"^signal 0 of X must be \(steps, channels\)"),
        ({}, [np.full((3, 2), np.inf)], labels[:1], r"^signal 0 of X must be finite or NaN, and has an infinite number$"),
    ]
    for change, given, told, message in cases:
        with pytest.raises(ValueError, match=message):
            polychron.StreamClassifier(**{**SMALL, **change}).fit(given, told)
    with pytest.raises(ValueError, match=r"^X must have signals of 2 channels, not 1$"):
        fitted.predict([signals[0][:, :1]])
