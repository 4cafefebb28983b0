"""What the estimators of signals share: the training of a recurrent network, its latencies and its file."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from golden.integer.layer import Int16, NetworkError
from golden.integer.signal import outputs_of_signals, signal_network
from golden.tasks.fitting.card import read_card
from golden.tasks.fitting.outputs.base import Outputs
from golden.tasks.fitting.progress import Progress
from golden.tasks.fitting.training import Training, fit_numbers
from golden.tasks.signals.recipe import SignalRecipe
from golden.tasks.signals.steps import MOST_LAGS, Steps
from golden.training.stop import StopRequest

from ..network import Network
from ..network import load as load_network
from ..system.progress import bar, shown
from .contract import BaseEstimator, check_is_fitted, check_random_state
from .numbers import check_number

LIMITS = {"tables": (4, 1023), "pairs": (1, 16), "lags": (1, MOST_LAGS), "epochs": (1, 1_000_000)}
Signals = Sequence[npt.ArrayLike] | npt.NDArray[Any]


class SignalEstimator(BaseEstimator):  # type: ignore[misc]
    """A recurrent network (Eq. 11) that is given one sample of a signal a step.

    A signal is an array (steps, channels); ``X`` is a list of them, of any lengths, or an array (signals, steps, channels).

    Attributes
    ----------
    network_ : the :class:`polychron.Network`; ``network_.compile().stream(model.latencies(X))`` runs the gateware.
    steps_ : the map from numbers to latencies.
    stopped_ : whether ``seconds`` ended the training.
    """

    _kind: ClassVar[type[Outputs]]

    tables: int
    pairs: int
    lags: int
    epochs: int
    seconds: float | None
    random_state: Any
    verbose: bool

    @abstractmethod
    def _told(self, outputs: Any) -> None:
        """Sets the attributes that say what the network's outputs stand for, ``outputs`` of the estimator's kind."""

    def _train(self, signals: npt.NDArray[Any], training: Training) -> Self:
        """Train on signals as :func:`read_signals` gives them."""
        seed = int(check_random_state(self.random_state).randint(1 << 31))
        minutes = None if self.seconds is None else min(self.seconds, 1e9) / 60
        inputs = training.inputs(signals)
        with shown() if self.verbose else nullcontext(), bar(training.steps, unit="round") as line:
            tick = Progress(line, StopRequest(), minutes)  # not entered: Ctrl-C is the caller's
            fit = fit_numbers(signals, training, inputs, names=None, parameters=self.get_params(), seed=seed, tick=tick)
        self.stopped_ = fit.stopped
        return self._set(Network(integer=fit.network, name=self._kind.task), inputs, fit.fitted.outputs)

    def _set(self, network: Network, steps: Any, outputs: Outputs) -> Self:
        self.network_, self.steps_ = network, steps
        self._told(outputs)
        return self

    def latencies(self, X: Signals) -> list[Int16]:
        """Of each signal the (steps, inputs) latencies that the network takes."""
        return self._latencies(self._read(X))

    def outputs(self, X: Signals) -> list[Int16]:
        """Of each signal the (steps, outputs) output latencies, after each step, bit for bit a core's."""
        return outputs_of_signals(signal_network(self.network_.integer), self.latencies(X))

    def save(self, path: Path | str) -> None:
        """Write a network file, which every command takes, with the maps of inputs and outputs and the parameters in its card."""
        check_is_fitted(self)
        self.network_.save(path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """An estimator as :meth:`save` has left it. What else a file may be is a ``NetworkError`` of one sentence."""
        network = load_network(Path(path))
        try:
            integer = signal_network(network.integer, name=network.name)
            fitted = read_card(integer.card, inputs=integer.n_in, outputs=integer.n_out, kinds=(cls._kind,))
        except NetworkError as error:
            raise NetworkError(f"{path}: {error}") from None
        known = cls().get_params()
        self = cls(**{name: value for name, value in fitted.parameters.items() if name in known})
        self.stopped_ = False
        return self._set(network, fitted.inputs, fitted.outputs)

    def _read(self, X: Signals) -> npt.NDArray[Any]:
        """Signals for a network that is trained."""
        check_is_fitted(self)
        signals = read_signals(X)
        if signals[0].shape[1] != self.steps_.columns:
            raise ValueError(f"X must have signals of {self.steps_.columns} channels, not {signals[0].shape[1]}")
        return signals

    def _latencies(self, signals: npt.NDArray[Any]) -> list[Int16]:
        steps: Steps = self.steps_
        return steps.latencies(signals)

    @property
    def _unit(self) -> float:
        """Of the network's output latencies."""
        return float(2.0**-self.network_.integer.out_frac)

    def _recipe(self) -> SignalRecipe:
        for name, (low, high) in LIMITS.items():
            check_number(name, getattr(self, name), low=low, high=high)
        check_number("seconds", self.seconds, low=0, high=None, whole=False)
        return SignalRecipe.of(tables=int(self.tables), pairs=int(self.pairs), epochs=int(self.epochs))


def read_signals(X: Signals) -> npt.NDArray[Any]:
    """(signals,): those of ``X``, each (steps, channels) numbers, finite or NaN."""
    found = np.empty(len(X), object)
    for number, signal in enumerate(X):
        found[number] = np.asarray(signal, np.float64)
    if not len(found):
        raise ValueError("X must have at least one signal")
    channels = found[0].shape[1] if found[0].ndim == 2 else 0
    for number, signal in enumerate(found):
        if signal.ndim != 2 or not signal.size or signal.shape[1] != channels:
            raise ValueError(f"signal {number} of X must be (steps, channels) with the channels of the first, not {signal.shape}")
        if np.isinf(signal).any():
            raise ValueError(f"signal {number} of X must be finite or NaN, and has an infinite number")
    return found
