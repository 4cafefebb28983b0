"""``python -m golden.digits_table``: accuracy of integer digits networks over stratified hold-outs, one row a variant.

``--compare`` adds what each part of the recipe is worth, ``--references`` other classifiers on the same splits, ``--inner`` splits the
training parts once more and leaves the held-out quarters alone: choices between variants are made there.
"""

import argparse
import sys
from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from .integer.layer import NetworkError
from .tasks.images.classifier import float_accuracy, integer_accuracy
from .tasks.images.digits import Holdout, holdout, inner_holdout, train_digits
from .tasks.images.recipe import DIGITS_PRESETS, RECIPES, Recipe

__all__ = ["main", "reference_score", "variants"]

REFERENCE_NEURONS = (1, 4, 8, 12)


def variants(recipe: Recipe) -> dict[str, Recipe]:
    """The parts of a recipe taken away or added, one at a time."""
    return {
        "random anchors": replace(recipe, anchors="random"),
        "covering anchors": replace(recipe, anchors="covering"),
        "reference neurons at " + ", ".join(map(str, REFERENCE_NEURONS)): replace(recipe, constants=REFERENCE_NEURONS),
        "no joint fitting": replace(recipe, epochs=0, rounded_epochs=0),
        "no rounding in training": replace(recipe, epochs=recipe.epochs + recipe.rounded_epochs, rounded_epochs=0),
        "no distorted images": replace(recipe, distort=False, views=1),
        "no jitter": replace(recipe, jitter=0.0),
        "no dropped tables": replace(recipe, drop=0.0),
    }


def _references() -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    return {
        "SVC (gamma 0.001)": SVC(gamma=0.001),
        "1-NN": KNeighborsClassifier(1),
        "logistic regression": LogisticRegression(max_iter=5000),
    }


def reference_score(model: Any, split: Holdout) -> float:
    """Accuracy of one of scikit-learn's classifiers on the split."""
    return float(model.fit(split.train_x, split.train_y).score(split.test_x, split.test_y))


def _row(name: str, pairs: str, exact: list[float], real: list[float]) -> str:
    values = np.array(exact) * 100
    rounded = f"{np.mean(real) * 100:.2f}" if real else "-"
    return f"| {name} | {pairs} | {values.mean():.2f} | {rounded} | {values.min():.2f} .. {values.max():.2f} |"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m golden.digits_table", description=__doc__)
    parser.add_argument("--preset", choices=DIGITS_PRESETS, action="append", help="a preset, repeatable (default: all)")
    parser.add_argument("--seeds", type=int, default=10, help="hold-outs, seeds 0 and up (default: %(default)s)")
    parser.add_argument("--compare", action="store_true", help="also what each part of the recipe is worth")
    parser.add_argument("--references", action="store_true", help="also other classifiers")
    parser.add_argument("--inner", action="store_true", help="hold-outs inside the training parts")
    arguments = parser.parse_args(argv)
    split = inner_holdout if arguments.inner else holdout
    try:
        if arguments.seeds < 1:
            raise NetworkError(f"--seeds must be at least 1, not {arguments.seeds}")
        splits = [split(seed) for seed in range(arguments.seeds)]
    except NetworkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("| variant | anchor pairs | integer % | float % | integer, worst .. best |\n| --- | --- | --- | --- | --- |", flush=True)
    for preset in arguments.preset or list(DIGITS_PRESETS):
        recipe = RECIPES[preset]
        rows = {f"{preset}: {recipe.n_t} x 2^{recipe.n_c}": recipe}
        if arguments.compare:
            rows |= {f"{preset}, {name}": variant for name, variant in variants(recipe).items()}
        for name, variant in rows.items():
            exact, real = [], []
            for seed, part in enumerate(tqdm(splits, desc=name, leave=False)):
                trained = train_digits(part, variant, seed=seed)
                if trained.stopped:
                    print("stopped", file=sys.stderr)
                    return 2
                exact.append(integer_accuracy(trained.network, part.test_x, part.test_y))
                real.append(float_accuracy(trained.layer, part.test_x, part.test_y, constants=variant.constants))
            print(_row(name, str(variant.pairs), exact, real), flush=True)
    if arguments.references:
        for name, model in _references().items():
            print(_row(name, "-", [reference_score(model, part) for part in splits], []), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
