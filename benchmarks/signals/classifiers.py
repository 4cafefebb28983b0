"""Accuracy of StreamClassifier on data sets of signals that come with aeon, split as they are published, beside other classifiers.

python -m benchmarks.signals.classifiers [SET ...]    (pip install 'polychron[series]')

How many samples a step is given, and whether it is given its number, is chosen for each set by four-fold cross-validation of the part that
is trained on. What is held out is looked at once.
"""

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from golden.tasks.inputs import listed
from golden.tasks.tables.classify import accuracies
from golden.tasks.tables.stream import Stream, as_tables
from polychron import StreamClassifier
from polychron.command.app import make_app, run
from polychron.command.options import option

SETS = ("JapaneseVowels", "BasicMotions", "ItalyPowerDemand", "GunPoint", "PickupGestureWiimoteZ")
SEEDS = range(5)
CHOICES = {"lags": [1, 3, 8, 16], "timed": [True, False]}

Signals = npt.NDArray[Any]
"""(signals,), each (steps, channels) numbers."""

app = make_app(
    "python -m benchmarks.signals.classifiers",
    "Compare StreamClassifier with other classifiers on signals that come with aeon.",
    examples=["python -m benchmarks.signals.classifiers", "python -m benchmarks.signals.classifiers GunPoint"],
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Signals and their labels."""

    x: Signals
    y: npt.NDArray[Any]

    @classmethod
    def load(cls, name: str, split: str) -> "Part":
        """As aeon's package has it, lengths included."""
        try:
            from aeon.datasets import load_classification
        except ImportError:
            raise ValueError("the data sets are aeon's: pip install 'polychron[series]'") from None
        found, labels = load_classification(name, split=split, load_equal_length=False)
        return cls(x=listed([np.asarray(signal, np.float64).T for signal in found]), y=np.asarray(labels))


def chosen(train: Part) -> dict[str, Any]:
    """Of :data:`CHOICES` those with the best accuracy."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    folds = StratifiedKFold(4, shuffle=True, random_state=1)
    return dict(GridSearchCV(StreamClassifier(random_state=0), CHOICES, cv=folds).fit(train.x, train.y).best_params_)


def others(train: Part, test: Part) -> Iterator[tuple[str, float]]:
    """Names of other classifiers and their accuracies. Each is given signals stretched to one length, but the one that warps time."""
    from aeon.classification.convolution_based import MiniRocketClassifier
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier
    from sklearn.neighbors import KNeighborsClassifier

    table, held = as_tables(train.x, test.x)
    peers = dict(Stream().peers())
    flat: dict[str, Any] = {"1-NN": KNeighborsClassifier(1), **{name: peers[name] for name in ("logistic regression", "gradient boosting")}}
    for name, model in flat.items():
        yield name, float(model.fit(table, train.y).score(held, test.y))
    near = KNeighborsTimeSeriesClassifier(distance="dtw", distance_params={"window": 0.1})
    yield "1-NN, time warped", float(near.fit(_turned(train.x), train.y).score(_turned(test.x), test.y))
    channels = train.x[0].shape[1]
    cubes = [rows.reshape(len(rows), -1, channels).transpose(0, 2, 1) for rows in (table, held)]
    yield "MiniRocket", float(MiniRocketClassifier(random_state=0).fit(cubes[0], train.y).score(cubes[1], test.y))


def _turned(signals: Signals) -> list[npt.NDArray[np.float64]]:
    return [signal.T.copy() for signal in signals]


def line(name: str) -> dict[str, str]:
    """What is told of a set, by column."""
    train, test = Part.load(name, "train"), Part.load(name, "test")
    options = chosen(train)
    models = [StreamClassifier(random_state=seed, **options).fit(train.x, train.y) for seed in SEEDS]
    right = [float(model.score(test.x, test.y)) for model in models]
    first = accuracies(test.y, models[0].predict(test.x))
    cost = models[0].network_.compile(board="icebreaker").estimate()
    steps = sorted({len(signal) for part in (train, test) for signal in part.x})
    return {
        "set": name,
        "signals": f"{len(train.x)} + {len(test.x)}",
        "channels": str(train.x[0].shape[1]),
        "steps": f"{steps[0]} to {steps[-1]}" if len(steps) > 1 else str(steps[0]),
        "classes": str(len(np.unique(train.y))),
        "lags, timed": f"{options['lags']}, {'yes' if options['timed'] else 'no'}",
        "StreamClassifier": f"{np.mean(right):.1%} ({min(right):.1%} to {max(right):.1%})",
        "95 % interval": f"{first['accuracy_low']:.1%} to {first['accuracy_high']:.1%}",
        **{other: f"{score:.1%}" for other, score in others(train, test)},
        "clocks a step": str(cost.clocks_per_step),
    }


@app.default
def compare(
    sets: Annotated[tuple[str, ...], option(f"names of aeon's sets; left out: {', '.join(SETS)}", metavar="SET")] = (),
    /,
) -> None:
    """A line a set."""
    warnings.simplefilter("ignore")  # such as of a regression that has not converged
    for number, name in enumerate(sets or SETS):
        told = line(name)
        if not number:
            print(f"| {' | '.join(told)} |\n{'| --- ' * len(told)}|")
        print(f"| {' | '.join(told.values())} |", flush=True)


def main(argv: list[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
