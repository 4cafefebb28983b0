"""A classifier for scikit-learn: numbers in, labels out, a network for the core in between."""

from dataclasses import replace
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
    scikit-learn, and the parameter

    gentle : fit with few and small steps, as numbers are fitted, for classes that overlap: noise in the labels is learnt by heart
        otherwise. ``epochs`` are 10 then, where nothing else is said. None: with those steps that get more right of 500 samples (of all
        if there are fewer), each quarter of the samples judged by networks of the three others; two to eight more trainings.
    """

    _kind: ClassVar[type[Outputs]] = Classes
    _name: ClassVar[str] = "classifier"

    def __init__(
        self,
        *,
        tables: int = 64,
        pairs: int = 6,
        epochs: int | None = None,
        gentle: bool | None = False,
        seconds: float | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(tables=tables, pairs=pairs, epochs=epochs, seconds=seconds, random_state=random_state, verbose=verbose)
        self.gentle = gentle

    def fit(self, X: Any, y: Any) -> Self:
        """Train on (samples, features) numbers, NaN where one is missing, and (samples,) labels of any type."""
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        return self._train(X, replace(self._learning(y, Classes.of(y)), gentle=self.gentle))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not (self.gentle is None or isinstance(self.gentle, bool | np.bool_)):
            raise ValueError(f"gentle must be True, False or None, not {self.gentle!r}")

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
