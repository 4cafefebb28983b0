"""LutAnomaly on series of packages that are made: what is trained on and held out, what must be normal, and areas by label."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.signals import anomalies

KDD = "135_UCR_Anomaly_InternalBleeding16_{}.csv"


def write(path: Path, *columns: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, np.stack(columns, axis=1), delimiter=",", header="header", comments="")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sine, at one place ten times as high, as both packages have it."""
    t = np.arange(600)
    wave, labels = np.sin(t / 5) + np.random.default_rng(0).normal(0, 0.05, 600), (t // 10 == 45).astype(int)
    wave[labels > 0] *= 10
    for package in ("aeon", "sktime"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise ImportError('files alone are to be read')")
    folder = tmp_path / "aeon" / "datasets" / "data" / "KDD-TSAD_135"
    write(folder / KDD.format("TRAIN"), t[:200], wave[:200], labels[:200])
    write(folder / KDD.format("TEST"), t, wave, labels)
    for name in ("mitdb", "yahoo"):
        write(tmp_path / "sktime" / "datasets" / "data" / name / f"{name}.csv", wave, labels)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(anomalies, "SEEDS", range(1))
    return tmp_path


def test_without_a_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(anomalies, "find_spec", lambda name: None)
    assert anomalies.main([]) == 2
    assert capsys.readouterr().err == "error: aeon has the series: pip install --no-deps aeon sktime\n"


def test_what_is_rare_is_found(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert anomalies.main([]) == 0
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[:4] for line in lines] == [[name, "200", "400", "10"] for name in ("KDD-TSAD_135", "mitdb", "yahoo")]
    assert min(float(line[4].split()[0]) for line in lines) > 0.95


def test_areas_are_of_the_labels(made: Path) -> None:
    """Labels of another place: the area is no longer near 1."""
    some = next(anomalies.series())
    moved = some._replace(anomalous=np.roll(some.anomalous, 100))
    assert anomalies.areas(anomalies.LutAnomaly, some)[0] > 0.95
    assert anomalies.areas(anomalies.LutAnomaly, moved)[0] < 0.8


def test_what_is_trained_on_must_be_normal() -> None:
    labels = np.zeros(30)
    assert len(anomalies.divided("made", np.arange(30.0), labels).train) == 10
    labels[9] = 1
    with pytest.raises(ValueError, match="made must begin with 10 samples that are normal"):
        anomalies.divided("made", np.arange(30.0), labels)
