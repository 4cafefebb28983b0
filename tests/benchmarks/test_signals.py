"""The comparison on published signals: without aeon one sentence; in an environment with it, the published parts and a row of the page."""

import sys

import numpy as np
import pytest

from benchmarks.signals import classifiers

from ..environments import ROOT, Environment

PAGE = ROOT / "docs" / "user" / "own-data.md"


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


PARTS = """
from benchmarks.signals.classifiers import Part
for split in ("train", "test"):
    part = Part.load("JapaneseVowels", split)
    lengths = [len(signal) for signal in part.x]
    print(len(lengths), min(lengths), max(lengths), *{signal.shape[1] for signal in part.x}, len(set(part.y)))
"""

OURS = ("set", "signals", "channels", "steps", "classes", "lags, timed", "StreamClassifier", "95 % interval", "clocks a step")


def rows(text: str) -> dict[str, dict[str, str]]:
    """The table of sets in a page, by set and column."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    start = next(at for at, (first, *_) in enumerate(cells) if first == "set" and "MiniRocket" in cells[at])
    found = cells[start + 2 :]
    return {row[0]: dict(zip(cells[start], row, strict=True)) for row in found if len(row) == len(cells[start])}


@pytest.fixture(scope="module")
def with_aeon(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment as the page has it made: aeon wants an older numba than the project's."""
    return Environment.make(tmp_path_factory.mktemp("aeon"), interpreter=sys.executable, extra="series")


@pytest.mark.slow
def test_the_published_parts_are_read(with_aeon: Environment) -> None:
    told = with_aeon.run("-c", PARTS)
    assert told.stdout.splitlines() == ["270 7 26 12 9", "370 7 29 12 9"], told.stderr


@pytest.mark.slow
def test_a_set_of_the_page(with_aeon: Environment) -> None:
    """What is the network's, to the last digit; the others, whose versions change, must be far better than chance, a quarter."""
    told = with_aeon.run("-m", "benchmarks.signals.classifiers", "BasicMotions")
    assert told.returncode == 0, told.stderr
    found, due = rows(told.stdout)["BasicMotions"], rows(PAGE.read_text(encoding="utf-8"))["BasicMotions"]
    assert list(found) == list(due)
    assert {name: found[name] for name in OURS} == {name: due[name] for name in OURS}
    others = {name: float(value.removesuffix("%")) for name, value in found.items() if name not in OURS}
    assert len(others) == 5
    assert min(others.values()) > 50
