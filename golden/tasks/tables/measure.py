"""What a classifier gets right: accuracy with its interval, the figures of each class, and others beside it."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from polychron.command.terminal import printable

from ...model.layer import Floats
from ..classes.calibration import BINS, calibration_error
from ..classes.gain import softmax

LISTED = 30
"""Classes that are told one by one, at most."""

Found = npt.NDArray[Any]


class Peer(NamedTuple):
    """Another classifier and the classes (samples,) that it gives."""

    name: str
    found: Found


def figures_of(labels: Found, found: Found) -> dict[str, float]:
    """``accuracy_integer`` and the ends of its interval (95 %, Wilson's), and the share of the commonest class."""
    from scipy.stats import binomtest

    right = int((labels == found).sum())
    low, high = binomtest(right, len(labels)).proportion_ci(method="wilson")
    commonest = np.unique(labels, return_counts=True)[1].max() / len(labels)
    shares = {"accuracy_integer": right / len(labels), "accuracy_low": low, "accuracy_high": high, "commonest_class": commonest}
    return {name: round(float(value), 4) for name, value in shares.items()}


def calibration_of(labels: Found, nats: Floats, temperature: float | None) -> dict[str, float | None]:
    """``calibration_error`` of the softmax of (samples, classes) ``nats``; if there is one, the ``temperature`` that was fitted on other
    samples, and the error at it."""
    at_it = None if temperature is None else round(calibration_error(softmax(nats / temperature), labels), 4)
    error = round(calibration_error(softmax(nats), labels), 4)
    return {"calibration_error": error, "temperature": temperature, "calibration_error_at_temperature": at_it}


def described(figures: dict[str, Any]) -> str:
    """The figures of :func:`calibration_of` in a line."""
    text = f"held out, expected calibration error over {BINS} bins: {figures['calibration_error']:.2%}"
    if figures["temperature"] is None:
        return f"{text} (--calibrate fits a temperature)"
    return f"{text}, and {figures['calibration_error_at_temperature']:.2%} at temperature {figures['temperature']:g}"


def peers() -> list[tuple[str, Any]]:
    """Classifiers of scikit-learn, with their defaults."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return [
        ("logistic regression", make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000))),
        ("gradient boosting", HistGradientBoostingClassifier(random_state=0)),
        ("1-NN", make_pipeline(SimpleImputer(), StandardScaler(), KNeighborsClassifier(1))),
    ]


def report(labels: Found, found: Found, others: Sequence[Peer], classes: Sequence[Any]) -> None:
    """Print the figures: accuracy, that of others, and of each class precision, recall and what it was taken for. ``classes``: the labels
    that the numbers in ``labels`` and ``found`` stand for."""
    import pandas
    from sklearn.metrics import classification_report, confusion_matrix

    for name, given in (("this network", found), *others):
        own = figures_of(labels, given)
        between = f"{own['accuracy_low']:.2%} to {own['accuracy_high']:.2%}"
        print(f"held out, {name}: {own['accuracy_integer']:.2%} right (95 % interval {between})")
    print(f"held out, the commonest class: {own['commonest_class']:.2%} of the samples")
    values = np.unique(np.concatenate([labels, found]))
    if len(values) > LISTED:
        return
    names = [printable(classes[value], limit=24) for value in values]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that were never found, and of one that is alone
        print(classification_report(labels, found, labels=values, target_names=names, zero_division=0.0), end="")
        matrix = confusion_matrix(labels, found, labels=values)
    print(pandas.DataFrame(matrix, index=names, columns=pandas.Index(names, name="taken for")).to_string())
