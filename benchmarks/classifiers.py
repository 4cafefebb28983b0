"""Accuracy of LutClassifier beside scikit-learn's own classifiers, by four-fold cross-validation of the training part of data sets.

python -m benchmarks.classifiers
"""

import warnings
from typing import Any

import numpy as np

from golden.tasks.tables.classify import Classify
from polychron import LutClassifier


def sets() -> dict[str, tuple[Any, Any]]:
    """Samples and labels by name: three quarters of each set; the made one has clusters that no plane separates."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    whole = {name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in ("iris", "wine", "breast_cancer", "digits")}
    shape = {"n_features": 20, "n_informative": 10, "n_classes": 4, "n_clusters_per_class": 3}
    whole["made"] = datasets.make_classification(4000, random_state=0, **shape)
    return {name: train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)[::2] for name, (X, y) in whole.items()}


def main() -> None:
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    warnings.simplefilter("ignore")  # such as of a regression that has not converged
    folds = StratifiedKFold(4, shuffle=True, random_state=1)
    models = {"LutClassifier": LutClassifier(random_state=0), **dict(Classify().peers())}
    print("| set | samples | inputs | classes | " + " | ".join(models) + " |")
    print("| --- " * (4 + len(models)) + "|")
    for name, (X, y) in sets().items():
        scores = [100 * cross_val_score(model, X, y, cv=folds).mean() for model in models.values()]
        print(
            f"| {name} | {len(X)} | {X.shape[1]} | {len(np.unique(y))} | " + " | ".join(f"{score:.1f} %" for score in scores) + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
