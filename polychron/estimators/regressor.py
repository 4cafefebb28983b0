"""A regressor for scikit-learn: numbers in, numbers out, a network for the core in between."""

from typing import Any, ClassVar, Self

import numpy as np

from golden.integer.layer import Int16
from golden.tasks.fitting.outputs.base import Answers, Outputs
from golden.tasks.fitting.outputs.values import Values

from .contract import RegressorMixin, check_array, validate_data
from .learner import LutLearner


class LutRegressor(RegressorMixin, LutLearner):  # type: ignore[misc]
    """A regressor: an output for each target, whose latency is the number, ``offset_ + scale_ * latency``.

    Parameters, attributes and the training are those of :class:`polychron.estimators.learner.LutLearner`; least squares take the place of
    the classes' loss, on targets of mean 0 and variance 1. Besides:

    Attributes
    ----------
    offset_, scale_ : (targets,) the number at latency 0, and how much more one unit of latency is; the scale is 0 where all targets of
        the training part are the same.
    n_outputs_ : how many targets there are.
    """

    _kind: ClassVar[type[Outputs]] = Values
    _name: ClassVar[str] = "regressor"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on (samples, features) numbers, NaN where one is missing, and (samples,) or (samples, targets) numbers of at most 1e100."""
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", multi_output=True, y_numeric=True)
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        y = y[:, None] if y.ndim == 1 else y
        return self._train(X, self._learning(y, Values.of(y)))

    def _told(self, outputs: Values) -> None:
        self.offset_, self.scale_, self.n_outputs_ = outputs.offset, outputs.scale * self._unit, outputs.count

    def decode(self, outputs: Int16) -> Answers:
        """(samples,) numbers, or (samples, targets) of more than one target, that (samples, outputs) latencies stand for."""
        found = super().decode(outputs)
        return found[:, 0] if found.shape[1] == 1 else found
