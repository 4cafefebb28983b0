"""``python -m golden.digits_table``: accuracy of integer digits networks over stratified hold-outs, one row a variant.

``--compare`` adds what each part of the recipe is worth, ``--references`` other classifiers on the same splits, ``--inner`` splits the
training parts once more and leaves the held-out quarters alone: choices between variants are made there.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from polychron.command.app import make_app, run
from polychron.command.options import option

from .tasks.images.recipe import DIGITS_PRESETS, RECIPES, ImageRecipe

if TYPE_CHECKING:
    from .tasks.images.classifier import Split

REFERENCE_NEURONS = (1, 4, 8, 12)

app = make_app(
    "python -m golden.digits_table",
    "Accuracy of integer digits networks over stratified hold-outs, one row a variant.\n\n"
    "With --inner the training parts are split once more and the held-out quarters left alone: choices are made there.",
    examples=["python -m golden.digits_table", "python -m golden.digits_table --preset digits --compare --inner"],
)


def variants(recipe: ImageRecipe) -> dict[str, ImageRecipe]:
    """The parts of a recipe taken away or added, one at a time."""
    return {
        "random anchors": replace(recipe, anchors="random"),
        "covering anchors": replace(recipe, anchors="covering"),
        "reference neurons at " + ", ".join(map(str, REFERENCE_NEURONS)): replace(recipe, constants=REFERENCE_NEURONS),
        "no joint fitting": replace(recipe, epochs=0, rounded_epochs=0),
        "no rounding in training": replace(recipe, epochs=recipe.epochs + recipe.rounded_epochs, rounded_epochs=0),
        "no distorted images": replace(recipe, warp=None, views=1),
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


def _row(name: str, pairs: str, exact: list[float], real: list[float]) -> str:
    values = np.array(exact) * 100
    rounded = f"{np.mean(real) * 100:.2f}" if real else "-"
    return f"| {name} | {pairs} | {values.mean():.2f} | {rounded} | {values.min():.2f} .. {values.max():.2f} |"


@app.default
def table(
    *,
    preset: Annotated[tuple[str, ...], option("a preset, repeatable; left out: all", metavar="NAME")] = (),
    seeds: Annotated[int, option("hold-outs, seeds 0 and up", low=1, high=1000, metavar="N")] = 10,
    compare: Annotated[bool, option("also measure the effect of removing each part of the recipe")] = False,
    references: Annotated[bool, option("also other classifiers")] = False,
    inner: Annotated[bool, option("hold-outs inside the training parts")] = False,
) -> None:
    from .tasks.images.digits import holdout, inner_holdout

    for name in preset:
        if name not in RECIPES:
            raise ValueError(f"--preset must be one of {', '.join(DIGITS_PRESETS)}, not {name!r}")
    splits = [(inner_holdout if inner else holdout)(seed) for seed in range(seeds)]
    print("| variant | anchor pairs | integer % | float % | integer, worst .. best |\n| --- | --- | --- | --- | --- |", flush=True)
    for name in preset or DIGITS_PRESETS:
        recipe = RECIPES[name]
        rows = {f"{name}: {recipe.n_t} x 2^{recipe.n_c}": recipe}
        if compare:
            rows |= {f"{name}, {part}": variant for part, variant in variants(recipe).items()}
        for label, variant in rows.items():
            print(_row(label, str(variant.pairs), *_measured(label, variant, splits)), flush=True)
    if references:
        for name, model in _references().items():
            scores = [float(model.fit(part.train_x, part.train_y).score(part.test_x, part.test_y)) for part in splits]
            print(_row(name, "-", scores, []), flush=True)


def _measured(label: str, recipe: ImageRecipe, splits: Sequence["Split"]) -> tuple[list[float], list[float]]:
    """Accuracy of the integer and of the float network on each split."""
    from polychron.system.progress import bar

    from .tasks.fitting.accuracy import float_accuracy, integer_accuracy
    from .tasks.images.classifier import train_images

    exact, real = [], []
    for seed, part in enumerate(bar(None, iterable=splits, desc=label)):
        trained = train_images(part, recipe, seed=seed)
        if trained.stopped:
            raise KeyboardInterrupt
        exact.append(integer_accuracy(trained.network, part.test_x, part.test_y))
        real.append(float_accuracy(trained.layer, part.test_x, part.test_y, constants=recipe.constants))
    return exact, real


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
