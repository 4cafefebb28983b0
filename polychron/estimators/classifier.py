"""A classifier for scikit-learn: numbers in, labels out, a network for the core in between."""

from typing import Any, ClassVar, Self

import numpy as np

from golden.model.layer import Floats
from golden.tasks.fitting.outputs.base import Outputs, scores_of
from golden.tasks.fitting.outputs.classes import Classes

from .contract import ClassifierMixin, check_classification_targets, validate_data
from .learner import LutLearner


class LutClassifier(ClassifierMixin, LutLearner):  # type: ignore[misc]
    """A classifier: an output for each class, and the one that spikes first is the class.

    Parameters, attributes and the training are those of :class:`polychron.estimators.learner.LutLearner`; besides ``classes_``, as in
    scikit-learn.
    """

    _kind: ClassVar[type[Outputs]] = Classes
    _name: ClassVar[str] = "classifier"

    def fit(self, X: Any, y: Any) -> Self:
        """Train on (samples, features) numbers, NaN where one is missing, and (samples,) labels of any type."""
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        return self._train(X, self._learning(y, Classes.of(y)))

    def _told(self, outputs: Classes) -> None:
        self._classes, self.classes_ = outputs, outputs.labels

    def decision_function(self, X: Any) -> Floats:
        """(samples, classes) nats, the larger the likelier, up to a sum for each sample; of two classes (samples,): of the second over the
        first."""
        nats = self._nats(X)
        return nats[:, 1] - nats[:, 0] if nats.shape[1] == 2 else nats

    def predict_proba(self, X: Any) -> Floats:
        """(samples, classes) probabilities: the softmax of the negative latencies of the outputs, at the temperature of a network that
        ``polychron train classify --calibrate`` has fitted one for."""
        outputs = self._outputs(X)
        return self._classes.probabilities(outputs, unit=self._unit)

    def _nats(self, X: Any) -> Floats:
        outputs = self._outputs(X)
        return scores_of(outputs, unit=self._unit)
