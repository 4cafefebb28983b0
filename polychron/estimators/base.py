"""What the estimators of samples share: their parameters, latencies and answers."""

from typing import Any, Self

import numpy as np

from golden.integer.deep import DeepNetwork, classifier, deep_outputs
from golden.integer.layer import Int16
from golden.tasks.fitting.card import Fitted
from golden.tasks.fitting.outputs.base import Answers

from ..network import Network
from .contract import check_is_fitted, validate_data
from .numbers import check_number
from .trained import NetworkEstimator


class LutEstimator(NetworkEstimator):
    """A network of one look-up-table layer, trained on numbers of any scale.

    Each input becomes the latency of a spike, its place among bounds that the training part sets, in 240 steps; a missing one (NaN) spikes
    last. Tables compare inputs with one another and with reference neurons. Rows are int4, summed as integers.

    Attributes
    ----------
    network_ : the :class:`polychron.Network`: compile it for a board, save it, predict bit for bit what the core does.
    quantiles_ : the map from numbers to latencies.
    n_features_in_, feature_names_in_ : as in scikit-learn.
    stopped_ : whether ``seconds`` ended the training.
    """

    tables: int
    pairs: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @classmethod
    def _integer(cls, network: Network) -> DeepNetwork:
        return classifier(network.integer, name=network.name)

    def _set(self, network: Network, fitted: Fitted, *, stopped: bool) -> Self:
        self.quantiles_, self.n_features_in_ = fitted.inputs, fitted.inputs.columns
        if fitted.names is not None:
            self.feature_names_in_ = np.array(fitted.names, object)
        return super()._set(network, fitted, stopped=stopped)

    def latencies(self, X: Any) -> Int16:
        """(samples, features) numbers as the latencies that the network takes: ``network_.compile().classify(...)`` runs the gateware."""
        check_is_fitted(self)
        numbers = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(self._fitted.latencies(numbers), np.int16)

    def decode(self, outputs: Int16) -> Answers:
        """What (samples, outputs) output latencies of the network stand for, the model's or a core's: what :meth:`predict` gives."""
        check_is_fitted(self)
        return self._fitted.meaning(classifier(self.network_.integer), outputs)

    def predict(self, X: Any) -> Answers:
        """What the network says of (samples, features) numbers: (samples,) labels or numbers, or (samples, targets) numbers."""
        return self.decode(self._outputs(X))

    def _check_parameters(self) -> None:
        check_number("tables", self.tables, low=1, high=1023)
        check_number("pairs", self.pairs, low=1, high=16)
        check_number("seconds", self.seconds, low=0, high=None, whole=False)

    def _outputs(self, X: Any) -> Int16:
        x = self.latencies(X)
        return deep_outputs(classifier(self.network_.integer), x)
