"""A class more, learned from a few examples: what it costs the classes that were there, with and without rehearsal.

python -m benchmarks.new_class [--data DIR] [--new 9] [--out new-class.png]

A classifier is trained on all classes but one. An output of zeros is added for that one, and examples of it are learned one at a time by
the learning rule's margin; in rehearsal, so many samples of the classes it knows follow each of them.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np

from golden.integer.deep import DeepNetwork, deep_outputs
from golden.integer.file import write_atomic
from golden.integer.forward import earliest
from golden.integer.layer import TableGroup
from golden.learning.classes import ClassLearner
from golden.learning.compiled_classes import learn_classes_compiled
from golden.tasks.images import digits, mnist
from golden.tasks.images.classifier import CLASSES, Split, train_images
from golden.tasks.images.recipe import DIGITS_PRESETS, MNIST_PRESETS
from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import printable
from polychron.system.files import check_output
from polychron.system.progress import bar

EXAMPLES = (1, 2, 5, 10, 20, 50)
REHEARSED = (0, 1, 3, 9)
DRAWS = 5
"""Choices of the examples; figures are their means."""

PASSES = 5
"""Through the examples, each time with other samples rehearsed."""

BELOW = 2

app = make_app("new_class", "Learn a class more from a few examples.", examples=["python -m benchmarks.new_class --data DIR"])


class Found(NamedTuple):
    """The parts of the held-out samples that are right: of the classes that were there, of the new one, of all."""

    old: float
    new: float
    whole: float


def without(split: Split, new: int) -> Split:
    """The same samples to train on, but for those of class ``new``."""
    kept = split.train_y != new
    return replace(split, train_x=split.train_x[kept], train_y=split.train_y[kept])


def with_output(network: DeepNetwork, new: int) -> DeepNetwork:
    """Zeros in the column of output ``new``."""
    groups = []
    for group in network.output.groups:
        tables = group.tables.copy()
        tables[:, :, new] = 0
        groups.append(TableGroup(anchors=group.anchors, tables=tables))
    return replace(network, output=replace(network.output, groups=tuple(groups))).validate()


def scored(network: DeepNetwork, split: Split, new: int) -> Found:
    right = earliest(deep_outputs(network, split.test_x)) == split.test_y
    mine = split.test_y == new
    return Found(float(right[~mine].mean()), float(right[mine].mean()), float(right.mean()))


def learned(network: DeepNetwork, split: Split, new: int, *, examples: int, rehearsed: int, draw: int) -> Found:
    """``examples`` of class ``new`` learned by ``network``, so many samples of the others behind each of them."""
    rng = np.random.default_rng([draw, examples, rehearsed])
    mine, others = np.flatnonzero(split.train_y == new), np.flatnonzero(split.train_y != new)
    chosen = np.random.default_rng([draw, examples]).choice(mine, examples, replace=False)
    learner = ClassLearner.start(network, below=BELOW)
    for _ in range(PASSES):
        order = np.concatenate([rng.permutation(chosen)[:, None], rng.choice(others, (examples, rehearsed))], axis=1).reshape(-1)
        learner.learn(split.train_x[order], split.train_y[order].astype(np.int32), learner.margin(), engine=learn_classes_compiled)
    return scored(learner.now(), split, new)


def measured(network: DeepNetwork, split: Split, new: int) -> Iterator[tuple[int, int, Found]]:
    """Rehearsed, examples, and the means of what was found."""
    with bar(len(REHEARSED) * len(EXAMPLES) * DRAWS, unit=" runs") as line:
        for rehearsed in REHEARSED:
            for examples in EXAMPLES:
                found = []
                for draw in range(DRAWS):
                    found.append(learned(network, split, new, examples=examples, rehearsed=rehearsed, draw=draw))
                    line.update()
                yield rehearsed, examples, Found(*np.mean(found, axis=0).tolist())


@app.default
def new_class(
    *,
    data: Annotated[Path | None, option("folder of MNIST's IDX files; left out: scikit-learn's digits", metavar="DIR")] = None,
    new: Annotated[int, option("the class that is new", low=0, high=CLASSES - 1, metavar="N")] = 9,
    out: Annotated[Path, option("the plot", metavar="FILE")] = Path("new-class.png"),
) -> None:
    check_output(out)
    split: Split = digits.holdout(0) if data is None else mnist.read_mnist(data)
    recipe = (DIGITS_PRESETS["digits"] if data is None else MNIST_PRESETS["mnist"]).recipe
    known = without(split, new)
    with bar(recipe.steps, unit="round") as line:
        trained = train_images(known, recipe, seed=0, tick=lambda phase, loss: bool(line.update()))
    assert isinstance(trained.network, DeepNetwork)
    network = with_output(trained.network, new)
    begun = scored(network, split, new)
    print(f"before: {begun.old:.2%} of the classes that are known, {begun.new:.2%} of class {new}, {begun.whole:.2%} of all")
    print("| rehearsed for each | examples | known classes | new class | all |\n| --- | --- | --- | --- | --- |")
    found = []
    for rehearsed, examples, figures in measured(network, split, new):
        found.append((rehearsed, examples, figures))
        print(f"| {rehearsed} | {examples} | {' | '.join(f'{figure:.1%}' for figure in figures)} |", flush=True)
    write_atomic(out, _picture(found, begun, title=f"class {new} of {'digits' if data is None else 'MNIST'}"))
    print(f"plot: {printable(out)}")


def _picture(found: list[tuple[int, int, Found]], begun: Found, *, title: str) -> bytes:
    import io

    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(8, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, what in zip(panels, ("new", "old"), ("the new class", "the classes known before"), strict=True):
        for rehearsed in REHEARSED:
            points = [(examples, getattr(figures, name)) for one, examples, figures in found if one == rehearsed]
            label = f"{rehearsed} rehearsed for each" if rehearsed else "no rehearsal"
            axes.plot(*zip(*points, strict=True), marker="o", markersize=4, label=label)
        axes.axhline(getattr(begun, name), color="0.6", linestyle=":", linewidth=1, label="before any example")
        axes.set(title=what, xscale="log", xlabel="examples of the new class")
        axes.set_xticks(EXAMPLES, [str(count) for count in EXAMPLES])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("right, held out")
    panels[1].legend(fontsize=8)
    figure.suptitle(title)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return stream.getvalue()


main = partial(run, app)

if __name__ == "__main__":
    sys.exit(main())
