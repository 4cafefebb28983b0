"""What all estimators share: the training of a network, and its file."""

from abc import abstractmethod
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar, Self

from golden.integer.latencies import LatencyNetwork
from golden.integer.layer import NetworkError
from golden.tasks.fitting.card import Fitted, read_card
from golden.tasks.fitting.outputs.base import Outputs
from golden.tasks.fitting.outputs.classes import Classes
from golden.tasks.fitting.progress import Progress
from golden.tasks.fitting.training import Training, fit_numbers
from golden.tasks.inputs import X as Samples
from golden.training.stop import StopRequest

from ..network import Network
from ..network import load as load_network
from ..system.progress import bar, shown
from .contract import BaseEstimator, check_is_fitted, check_random_state


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]
    """Trains a network, and is kept in the network's file."""

    _kind: ClassVar[type[Outputs]]
    _name: ClassVar[str]

    seconds: float | None
    random_state: Any
    verbose: bool

    @classmethod
    @abstractmethod
    def _integer(cls, network: Network) -> LatencyNetwork:
        """The integers of a network of the estimator's kind; ``NetworkError`` of another."""

    @abstractmethod
    def _told(self, outputs: Any) -> None:
        """Sets the attributes that say what the network's outputs stand for, ``outputs`` of the estimator's kind."""

    def _train(self, x: Samples, training: Training) -> Self:
        names = getattr(self, "feature_names_in_", None)
        known = {"names": None if names is None else tuple(map(str, names)), "parameters": self.get_params()}
        seed = int(check_random_state(self.random_state).randint(1 << 31))
        minutes = None if self.seconds is None else min(self.seconds, 1e9) / 60
        inputs = training.inputs(x)
        with shown() if self.verbose else nullcontext(), bar(training.steps, unit="round") as line:
            tick = Progress(line, StopRequest(), minutes)  # not entered: Ctrl-C is the caller's
            fit = fit_numbers(x, training, inputs, **known, seed=seed, tick=tick)
        return self._set(Network(integer=fit.network, name=self._name), fit.fitted, stopped=fit.stopped)

    def _set(self, network: Network, fitted: Fitted, *, stopped: bool) -> Self:
        self.network_, self.stopped_, self._fitted = network, stopped, fitted
        self._told(fitted.outputs)
        return self

    def save(self, path: Path | str) -> None:
        """Write a network file, which every command takes, with the maps of inputs and outputs and the parameters in its card."""
        check_is_fitted(self)
        if issubclass(self._kind, Classes) and "labels" not in self.network_.integer.card:
            raise NetworkError(f"labels must be texts, truth values, or numbers of at most 64 bits to be saved, not {self.classes_.dtype}")
        self.network_.save(path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """An estimator as :meth:`save` has left it. What else a file may be is a ``NetworkError`` of one sentence."""
        network = load_network(Path(path))
        try:
            integer = cls._integer(network)
            fitted = read_card(integer.card, inputs=integer.n_in, outputs=integer.n_out, kinds=(cls._kind,))
        except NetworkError as error:
            raise NetworkError(f"{path}: {error}") from None
        known = cls().get_params()
        self = cls(**{name: value for name, value in fitted.parameters.items() if name in known})
        return self._set(network, fitted, stopped=False)

    @property
    def _unit(self) -> float:
        """Of the network's output latencies."""
        return float(2.0**-self.network_.integer.out_frac)
