"""What the estimators share: the training of a network, its latencies and its file."""

from abc import abstractmethod
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from golden.integer.deep import classifier, deep_outputs
from golden.integer.layer import Int16, NetworkError
from golden.tasks.fitting.card import Fitted, read_card
from golden.tasks.fitting.outputs.base import Answers, Outputs
from golden.tasks.fitting.progress import Progress
from golden.tasks.fitting.quantiles import Numbers
from golden.tasks.fitting.training import Training, fit_numbers
from golden.training.stop import StopRequest

from ..network import Network
from ..network import load as load_network
from ..system.progress import bar, shown
from .contract import BaseEstimator, check_is_fitted, check_random_state, validate_data
from .numbers import check_number


class LutEstimator(BaseEstimator):  # type: ignore[misc]
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

    _kind: ClassVar[type[Outputs]]
    _name: ClassVar[str]

    tables: int
    pairs: int
    seconds: float | None
    random_state: Any
    verbose: bool

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @abstractmethod
    def _told(self, outputs: Any) -> None:
        """Sets the attributes that say what the network's outputs stand for, ``outputs`` of the estimator's kind."""

    def _train(self, X: Numbers, training: Training) -> Self:
        """Train on (samples, features) numbers."""
        names = getattr(self, "feature_names_in_", None)
        known = {"names": None if names is None else tuple(map(str, names)), "parameters": self.get_params()}
        seed = int(check_random_state(self.random_state).randint(1 << 31))
        minutes = None if self.seconds is None else min(self.seconds, 1e9) / 60
        inputs = training.inputs(X)
        with shown() if self.verbose else nullcontext(), bar(training.steps, unit="round") as line:
            tick = Progress(line, StopRequest(), minutes)  # not entered: Ctrl-C is the caller's
            fit = fit_numbers(X, training, inputs, **known, seed=seed, tick=tick)
        self.stopped_ = fit.stopped
        return self._set(Network(integer=fit.network, name=self._name), fit.fitted)

    def _set(self, network: Network, fitted: Fitted) -> Self:
        self.network_, self.quantiles_, self._fitted = network, fitted.inputs, fitted
        self._told(fitted.outputs)
        return self

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

    def save(self, path: Path | str) -> None:
        """Write a network file, which every command takes, with the maps of inputs and outputs and the parameters in its card."""
        check_is_fitted(self)
        self.network_.save(path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """An estimator as :meth:`save` has left it. What else a file may be is a ``NetworkError`` of one sentence."""
        network = load_network(Path(path))
        try:
            integer = classifier(network.integer, name=network.name)
            fitted = read_card(integer.card, inputs=integer.n_in, outputs=integer.n_out, kinds=(cls._kind,))
        except NetworkError as error:
            raise NetworkError(f"{path}: {error}") from None
        known = cls().get_params()
        self = cls(**{name: value for name, value in fitted.parameters.items() if name in known})
        self.n_features_in_, self.stopped_ = integer.n_in, False
        if fitted.names is not None:
            self.feature_names_in_ = np.array(fitted.names, object)
        return self._set(network, fitted)

    def _check_parameters(self) -> None:
        check_number("tables", self.tables, low=1, high=1023)
        check_number("pairs", self.pairs, low=1, high=16)
        check_number("seconds", self.seconds, low=0, high=None, whole=False)

    @property
    def _unit(self) -> float:
        """Of the network's output latencies."""
        return float(2.0**-self.network_.integer.out_frac)

    def _outputs(self, X: Any) -> Int16:
        x = self.latencies(X)
        return deep_outputs(classifier(self.network_.integer), x)
