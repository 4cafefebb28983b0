"""Accuracy of LutClassifier beside scikit-learn's own classifiers, by four-fold cross-validation of the training part of data sets.

python -m benchmarks.classifiers
"""

import warnings

import numpy as np

from benchmarks.sets import sets
from golden.tasks.tables.classify import Classify
from polychron import LutClassifier


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
