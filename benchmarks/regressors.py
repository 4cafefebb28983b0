"""R2 of LutRegressor beside scikit-learn's own regressors: four-fold cross-validation of the training part of data sets, and the quarter
that is held out of each; what the networks take on an iCEBreaker.

python -m benchmarks.regressors
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from golden.tasks.tables.regress import Regress
from polychron import LutRegressor, Network

Numbers = npt.NDArray[np.float64]


def sets() -> dict[str, tuple[Numbers, Numbers]]:
    """Samples and (samples, targets) numbers by name: one measured set, and made ones that are curved, noisy, or straight."""
    from sklearn import datasets

    straight = {"n_features": 20, "n_informative": 8, "noise": 20, "n_targets": 3}
    whole = {
        "diabetes": datasets.load_diabetes(return_X_y=True),
        "friedman1": datasets.make_friedman1(1000, noise=1.0, random_state=0),
        "friedman3": datasets.make_friedman3(600, noise=0.1, random_state=0),
        "straight": datasets.make_regression(600, random_state=0, **straight),
    }
    return {name: (X, y.reshape(len(y), -1)) for name, (X, y) in whole.items()}


def main() -> None:
    from sklearn.model_selection import KFold, cross_val_score, train_test_split

    warnings.simplefilter("ignore")
    sizes: list[str] = []
    folds = KFold(4, shuffle=True, random_state=1)
    models: dict[str, Any] = {"LutRegressor": LutRegressor(random_state=0), **dict(Regress().peers())}
    print("| set | samples | inputs | targets | measured | " + " | ".join(models) + " |")
    print("| --- " * (5 + len(models)) + "|")
    for name, (X, y) in sets().items():
        train, test, known, due = train_test_split(X, y, test_size=0.25, random_state=0)
        crossed = [cross_val_score(model, train, known, cv=folds).mean() for model in models.values()]
        held = [model.fit(train, known).score(test, due) for model in models.values()]
        for what, count, scores in (("cross-validated", len(train), crossed), ("held out", len(test), held)):
            shape = f"{count} | {X.shape[1]} | {y.shape[1]}"
            print(f"| {name} | {shape} | {what} | " + " | ".join(f"{score:.3f}" for score in scores) + " |", flush=True)
        sizes.append(_size(name, models["LutRegressor"].network_))
    print("\n".join(sizes))


def _size(name: str, network: Network) -> str:
    clocks = network.compile(board="icebreaker").estimate().clocks_per_step
    return f"{name}: {network.integer.table_bytes()} bytes of tables, {clocks} clocks a sample"


if __name__ == "__main__":
    main()
