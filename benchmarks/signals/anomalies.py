"""ROC AUC of LutAnomaly beside an isolation forest on the series with labelled anomalies that come with aeon and sktime.

python -m benchmarks.signals.anomalies    (pip install --no-deps aeon sktime: files alone are read)

Both are fitted to windows of the samples before the part that is held out, in which nothing is anomalous, and know no labels.
"""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from golden.tasks.tables.anomaly import Anomaly, area
from polychron import LutAnomaly
from polychron.command.app import make_app, run

Numbers = npt.NDArray[np.float64]

WINDOW = 32
"""Samples that are looked at, the newest and those before it; set before any figure was known, for all series alike."""

SEEDS = range(5)

app = make_app(
    "python -m benchmarks.signals.anomalies",
    "Compare LutAnomaly with an isolation forest on series that come with aeon and sktime.",
    examples=["python -m benchmarks.signals.anomalies"],
)


class Series(NamedTuple):
    """Samples that are trained on; those that are held out, and which of them are labelled anomalous."""

    name: str
    train: Numbers
    test: Numbers
    anomalous: npt.NDArray[np.bool_]


def rows(package: str, *names: str) -> Numbers:
    """Of a CSV file among the data of a package, which is not imported; a ``ValueError`` where it isn't installed."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ValueError(f"{package} has the series: pip install --no-deps aeon sktime")
    return np.loadtxt(Path(found.submodule_search_locations[0], "datasets", "data", *names), delimiter=",", skiprows=1)


def divided(name: str, samples: Numbers, labels: Numbers) -> Series:
    """A third of the series is trained on, in which there must be no anomaly."""
    end = len(samples) // 3
    if labels[:end].any():
        raise ValueError(f"{name} must begin with {end} samples that are normal")
    return Series(name, samples[:end], samples[end:], labels[end:] > 0)


def series() -> Iterator[Series]:
    """All of which labels and an anomaly are in the package: blood pressure with a part for training of its own (of the UCR's archive), an
    electrocardiogram (of the MIT-BIH arrhythmia database), and the load of a service (of Yahoo's)."""
    pressure, name = ("aeon", "KDD-TSAD_135"), "135_UCR_Anomaly_InternalBleeding16_{}.csv"
    train, test = (rows(*pressure, name.format(part)) for part in ("TRAIN", "TEST"))
    held = test[len(train) :]  # the test file begins with what is trained on
    yield Series("KDD-TSAD_135", train[:, 1], held[:, 1], held[:, 2] > 0)
    for name in ("mitdb", "yahoo"):
        yield divided(name, *rows("sktime", name, f"{name}.csv").T)


def windows(samples: Numbers) -> Numbers:
    """(windows, :data:`WINDOW`) samples, one for each that has so many up to it."""
    return np.lib.stride_tricks.sliding_window_view(samples, WINDOW)


def areas(make: Any, some: Series) -> Numbers:
    """Of each seed; a window with an anomalous sample in it is to be found rarer than one without."""
    due = np.lib.stride_tricks.sliding_window_view(some.anomalous, WINDOW).any(axis=1)
    found = []
    for seed in SEEDS:
        rarity = Anomaly().asked(make(random_state=seed).fit(windows(some.train)), windows(some.test))
        found.append(area(rarity[due], rarity[~due]))
    return np.array(found)


@app.default
def compare() -> None:
    """A line a series."""
    from sklearn.ensemble import IsolationForest

    print("| series | trained on | held out | of them anomalous | LutAnomaly | isolation forest |\n" + "| --- " * 6 + "|")
    for some in series():
        told = [
            f"{found.mean():.3f} ({found.min():.3f} to {found.max():.3f})"
            for found in (areas(LutAnomaly, some), areas(IsolationForest, some))
        ]
        print(f"| {some.name} | {len(some.train):,} | {len(some.test):,} | {some.anomalous.sum()} | {' | '.join(told)} |", flush=True)


def main(argv: list[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
