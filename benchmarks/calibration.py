"""How far the probabilities of a classifier can be believed before and after a temperature is fitted, by four-fold cross-validation of the
training part of data sets; the temperature of each fold is fitted within the other three.

python -m benchmarks.calibration
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.sets import sets
from golden.model.layer import Floats
from golden.tasks.asking import ask
from golden.tasks.fitting.accuracy import Labels
from golden.tasks.fitting.cross_validation import folds, unseen
from golden.tasks.fitting.learning import Learning
from golden.tasks.fitting.outputs.base import Answers
from golden.tasks.fitting.outputs.calibration import calibration_error
from golden.tasks.fitting.outputs.classes import Classes
from golden.tasks.fitting.quantiles import Numbers
from golden.tasks.fitting.training import Fit, fit_numbers


class Fold(NamedTuple):
    """Of its samples the classes (samples,) and the probabilities (samples, classes) ``before`` and ``after`` a ``temperature``."""

    labels: Labels
    before: Floats
    after: Floats
    temperature: float


def fitted_folds(X: Numbers, y: Answers) -> Iterator[Fold]:
    """Of (samples, inputs) numbers and (samples,) labels."""
    classes = Classes.of(y)

    def train(x: Numbers, answers: Answers) -> Fit:
        training = Learning(answers=answers, outputs=classes, tables=64, pairs=6, epochs=None)
        return fit_numbers(x, training, training.inputs(x), names=None, parameters={}, seed=0, tick=lambda phase, loss: None)

    for some, rest in folds(y, None, seed=1):
        fit = train(X[some], y[some])
        outputs, unit = ask(fit.network, fit.fitted.latencies(X[rest])), 2.0**-fit.network.out_frac
        found = unseen(X[some], y[some], None, train, seed=0)
        assert found is not None
        fixed = classes.calibrated(*found)
        before, after = (one.probabilities(outputs, unit=unit) for one in (classes, fixed))
        yield Fold(np.searchsorted(classes.labels, y[rest]), before, after, fixed.temperature or 1.0)


def log_loss(probabilities: Floats, labels: Labels) -> float:
    """Nats a sample."""
    return float(-np.log(probabilities[np.arange(len(labels)), labels]).mean())


def main() -> None:
    columns = ("set", "samples", "error", "log loss", "temperatures", "error at them", "log loss at them")
    print(f"| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|")
    for name, (X, y) in sets().items():
        labels, before, after, temperatures = zip(*fitted_folds(X, y), strict=True)
        due = np.concatenate(labels)
        told = [
            f"{100 * calibration_error(given, due):.1f} % | {log_loss(given, due):.2f}"
            for given in (np.concatenate(before), np.concatenate(after))
        ]
        print(f"| {name} | {len(X)} | {told[0]} | {min(temperatures):.1f} to {max(temperatures):.1f} | {told[1]} |", flush=True)


if __name__ == "__main__":
    main()
