"""The comparison on published signals: without aeon one sentence, with it the published parts."""

import sys

import numpy as np
import pytest

from benchmarks.signals import classifiers


def test_without_aeon_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "aeon.datasets", None)
    assert classifiers.main(["GunPoint"]) == 2
    assert capsys.readouterr().err == "error: the data sets are aeon's: pip install 'polychron[series]'\n"


def test_the_better_options_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The class is the sign of the samples, which a single epoch is too short for."""
    rng, labels = np.random.default_rng(0), np.arange(40) % 2
    x = np.empty(40, object)
    x[:] = [rng.normal(2 * label - 1, 1, (int(rng.integers(4, 7)), 1)) for label in labels]
    monkeypatch.setattr(classifiers, "CHOICES", {"lags": [1], "epochs": [1, 40]})
    assert classifiers.chosen(classifiers.Part(x=x, y=labels)) == {"lags": 1, "epochs": 40}


def test_the_published_parts_are_read() -> None:
    pytest.importorskip("aeon")
    train, test = (classifiers.Part.load("JapaneseVowels", split) for split in ("train", "test"))
    assert (len(train.x), len(test.x), len(np.unique(train.y))) == (270, 370, 9)
    assert {signal.shape[1] for signal in train.x} == {12}
    assert (min(map(len, train.x)), max(map(len, test.x))) == (7, 29)
