"""A classifier of the rows of a table: its figures are accuracy with its interval, those of each class, and others' beside it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from polychron.command.terminal import printable

from ...integer.forward import earliest
from ...integer.layer import Int16, NetworkError
from ...model.layer import Floats
from ..fitting.accuracy import Labels as Numbered
from ..fitting.card import Fitted
from ..fitting.learning import Learning
from ..fitting.outputs.base import Answers
from ..fitting.outputs.calibration import BINS, calibration_error
from ..fitting.outputs.classes import Classes
from ..fitting.quantiles import Numbers
from ..fitting.recipe import MAX_OUTPUTS
from ..fitting.training import Training
from ..held_out import Labelled
from ..inputs import Latencies
from .kind import LISTED, Judge, Kind, Peer, Said
from .labels import are_texts, numbered
from .options import ClassifyOptions
from .read import Samples
from .target import Labels, Target


def accuracies(due: Numbered, found: Numbered) -> dict[str, float]:
    """``accuracy_integer`` and the ends of its interval (95 %, Wilson's), and the share of the commonest class."""
    from scipy.stats import binomtest

    right = int((due == found).sum())
    low, high = binomtest(right, len(due)).proportion_ci(method="wilson")
    commonest = np.unique(due, return_counts=True)[1].max() / len(due)
    shares = {"accuracy_integer": right / len(due), "accuracy_low": low, "accuracy_high": high, "commonest_class": commonest}
    return {name: round(float(value), 4) for name, value in shares.items()}


@dataclass(frozen=True, kw_only=True)
class ClassJudge(Labelled, Judge):
    """``labels``: numbers of ``classes``, those of the network and then those that are new. ``outputs`` of the network, whose latencies
    are in units of ``unit``."""

    classes: Sequence[Any]
    outputs: Classes
    unit: float

    def found(self, outputs: Int16 | Floats) -> Answers:
        return earliest(outputs)

    def score(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """Besides the accuracy ``calibration_error``, at the temperature if there is one."""
        return {**super().score(outputs), "calibration_error": self._calibration_error(outputs, self.outputs)}

    def figures(self, found: Answers) -> dict[str, Any]:
        return accuracies(self.labels, found)

    def of_network(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """Besides the accuracy ``calibration_error`` of the probabilities as the outputs give them; if there is one, the ``temperature``
        that was fitted on other samples, and the error at it."""
        temperature = self.outputs.temperature
        at_it = None if temperature is None else self._calibration_error(outputs, self.outputs)
        error = self._calibration_error(outputs, replace(self.outputs, temperature=None))
        calibration = {"calibration_error": error, "temperature": temperature, "calibration_error_at_temperature": at_it}
        return self.figures(self.found(outputs)) | calibration

    def _calibration_error(self, outputs: Int16 | Floats, classes: Classes) -> float:
        return round(calibration_error(classes.probabilities(outputs, unit=self.unit), self.labels[: len(outputs)]), 4)

    def report(self, outputs: Int16 | Floats, others: Sequence[Peer]) -> None:
        """Accuracy, that of others, of each class precision, recall and what it was taken for, and calibration."""
        found = self.found(outputs)
        self._tell_accuracy(found, others)
        self._tell_classes(found)
        figures = self.of_network(outputs)
        text = f"held out, expected calibration error over {BINS} bins: {figures['calibration_error']:.2%}"
        if figures["temperature"] is None:
            print(f"{text} (--calibrate fits a temperature)")
        else:
            print(f"{text}, and {figures['calibration_error_at_temperature']:.2%} at temperature {figures['temperature']:g}")

    def _tell_accuracy(self, found: Answers, others: Sequence[Peer]) -> None:
        for name, given in (Peer("this network", found), *others):
            own = self.figures(given)
            between = f"{own['accuracy_low']:.2%} to {own['accuracy_high']:.2%}"
            print(f"held out, {name}: {own['accuracy_integer']:.2%} right (95 % interval {between})")
        print(f"held out, the commonest class: {own['commonest_class']:.2%} of the {self.what}")

    def _tell_classes(self, found: Answers) -> None:
        import pandas
        from sklearn.metrics import classification_report, confusion_matrix

        values = np.unique(np.concatenate([self.labels, found]))
        if len(values) > LISTED:
            return
        names = [printable(self.classes[value], limit=24) for value in values]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that were never found, and of one that is alone
            print(classification_report(self.labels, found, labels=values, target_names=names, zero_division=0.0), end="")
            matrix = confusion_matrix(self.labels, found, labels=values)
        print(pandas.DataFrame(matrix, index=names, columns=pandas.Index(names, name="taken for")).to_string())


Found = TypeVar("Found", bound=Classes)


class OfClasses(Kind[Found, Said]):
    """What classifiers share."""

    def target(self, known: Found | None) -> Target:
        return Labels(texts=known is not None and are_texts(known.labels))

    def again(self, train: Samples) -> Target:
        return Labels(texts=are_texts(train.answers))

    def check(self, samples: Samples) -> None:
        if (count := len(np.unique(samples.answers))) > MAX_OUTPUTS:
            raise NetworkError(f"column {printable(samples.targets[0])!r} must have at most {MAX_OUTPUTS} classes, not {count}")

    def strata(self, answers: Answers) -> Answers | None:
        return answers

    def judge(self, x: Latencies, samples: Samples, *, outputs: Found, unit: float) -> Judge:
        labels, classes = numbered(samples.answers, outputs.labels.tolist())
        return ClassJudge(x=x, what=self.what, labels=labels, classes=classes, outputs=outputs, unit=unit)

    def described(self, outputs: Found) -> str:
        return f"{outputs.count} classes"

    def peers(self) -> list[tuple[str, Any]]:
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

    def lesson(self, fitted: Fitted, train: Samples, test: Samples) -> tuple[Numbers, Answers, Numbers]:
        assert isinstance(fitted.outputs, Classes)
        return train.x, np.searchsorted(fitted.outputs.labels, train.answers), test.x


class Classify(OfClasses[Classes, ClassifyOptions]):
    outputs = Classes

    def training(self, train: Samples, options: ClassifyOptions) -> Training:
        return Learning(
            answers=train.answers,
            outputs=Classes.of(train.answers),
            tables=options.tables,
            pairs=options.pairs,
            epochs=options.epochs,
            gentle=options.gentle,
        )
