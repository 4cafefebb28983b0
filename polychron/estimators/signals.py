"""What the estimators of signals share: their parameters, and a recurrent network's latencies."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from golden.integer.layer import Int16
from golden.integer.signal import SignalNetwork, outputs_of_signals, signal_network
from golden.tasks.fitting.card import Fitted
from golden.tasks.inputs import listed
from golden.tasks.signals.recipe import SignalRecipe
from golden.tasks.signals.steps import MOST_LAGS

from ..network import Network
from .contract import check_is_fitted
from .numbers import check_number
from .trained import NetworkEstimator

LIMITS = {"tables": (4, 1023), "pairs": (1, 16), "lags": (1, MOST_LAGS), "epochs": (1, 1_000_000)}
Signals = Sequence[npt.ArrayLike] | npt.NDArray[Any]


class SignalEstimator(NetworkEstimator):
    """A recurrent network (Eq. 11) that is given one sample of a signal a step.

    A signal is an array (steps, channels); ``X`` is a list of them, of any lengths, or an array (signals, steps, channels).

    Attributes
    ----------
    network_ : the :class:`polychron.Network`; ``network_.compile().stream(model.latencies(X))`` runs the gateware.
    steps_ : the map from numbers to latencies.
    stopped_ : whether ``seconds`` ended the training.
    """

    tables: int
    pairs: int
    lags: int
    epochs: int

    @classmethod
    def _integer(cls, network: Network) -> SignalNetwork:
        return signal_network(network.integer, name=network.name)

    def _set(self, network: Network, fitted: Fitted, *, stopped: bool) -> Self:
        self.steps_ = fitted.inputs
        return super()._set(network, fitted, stopped=stopped)

    def latencies(self, X: Signals) -> list[Int16]:
        """Of each signal the (steps, inputs) latencies that the network takes."""
        return self._latencies(self._read(X))

    def outputs(self, X: Signals) -> list[Int16]:
        """Of each signal the (steps, outputs) output latencies, after each step, bit for bit a core's."""
        x = self.latencies(X)
        return outputs_of_signals(signal_network(self.network_.integer), x)

    def _read(self, X: Signals) -> npt.NDArray[Any]:
        """Signals for a network that is trained."""
        check_is_fitted(self)
        signals = read_signals(X)
        if signals[0].shape[1] != self.steps_.columns:
            raise ValueError(f"X must have signals of {self.steps_.columns} channels, not {signals[0].shape[1]}")
        return signals

    def _latencies(self, signals: npt.NDArray[Any]) -> list[Int16]:
        return list(self._fitted.latencies(signals))

    def _recipe(self) -> SignalRecipe:
        for name, (low, high) in LIMITS.items():
            check_number(name, getattr(self, name), low=low, high=high)
        check_number("seconds", self.seconds, low=0, high=None, whole=False)
        return SignalRecipe.of(tables=int(self.tables), pairs=int(self.pairs), epochs=int(self.epochs))


def read_signals(X: Signals) -> npt.NDArray[Any]:
    """(signals,): those of ``X``, each (steps, channels) numbers, finite or NaN."""
    found = listed([np.asarray(signal, np.float64) for signal in X])
    if not len(found):
        raise ValueError("X must have at least one signal")
    channels = found[0].shape[1] if found[0].ndim == 2 else 0
    for number, signal in enumerate(found):
        if signal.ndim != 2 or not signal.size or signal.shape[1] != channels:
            raise ValueError(f"signal {number} of X must be (steps, channels) with the channels of the first, not {signal.shape}")
        if np.isinf(signal).any():
            raise ValueError(f"signal {number} of X must be finite or NaN, and has an infinite number")
    return found
