"""A classifier of signals for scikit-learn: series of samples in, labels out, a recurrent network for the core in between."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from golden.integer.layer import Int16, NetworkError
from golden.integer.signal import signal_network, signal_outputs
from golden.model.layer import Floats
from golden.tasks.fitting.aims import softmax
from golden.tasks.fitting.outputs.classes import Classes
from golden.tasks.fitting.progress import Progress
from golden.tasks.signals.goals import WholeSignal
from golden.tasks.signals.recipe import SignalRecipe
from golden.tasks.signals.steps import MOST_LAGS, Steps
from golden.tasks.signals.train import fit_signals
from golden.training.stop import StopRequest

from ..network import Network
from ..network import load as load_network
from ..system.progress import bar, shown
from .contract import BaseEstimator, ClassifierMixin, check_classification_targets, check_is_fitted, check_random_state
from .numbers import check_number

TASK = "stream"
LIMITS = {"tables": (4, 1023), "pairs": (1, 16), "lags": (1, MOST_LAGS), "epochs": (1, 1_000_000)}
Signals = Sequence[npt.ArrayLike] | npt.NDArray[Any]


class StreamClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of signals: a recurrent network (Eq. 11) that is given one sample a step, and an output for each class.

    A signal is an array (steps, channels); ``X`` is a list of them, of any lengths, or an array (signals, steps, channels). The class is
    the one whose latencies, summed over the steps, are the least: who reads along can tell it after each step.

    Parameters
    ----------
    tables : look-up tables, of which three eighths read the state for the outputs, and the others write it. It has a quarter as many
        neurons.
    pairs : anchor pairs of each: it has 2**pairs rows of int4.
    lags : samples that a step is given, the newest and those before it.
    timed : whether a step is given its number, too; for signals that begin at a known moment.
    epochs : how often training looks at each signal; half as many follow with rounded tables.
    seconds : end the training after so long, and keep what is trained by then; None: no end.
    random_state : seed of the training; the same seed and data make the same network.
    verbose : show progress, on a terminal.

    Attributes
    ----------
    network_ : the :class:`polychron.Network`; ``network_.compile().stream(model.latencies(X))`` runs the gateware.
    classes_ : the labels, rising.
    steps_ : the map from numbers to latencies.
    stopped_ : whether ``seconds`` ended the training.
    """

    def __init__(
        self,
        *,
        tables: int = 128,
        pairs: int = 6,
        lags: int = 3,
        timed: bool = True,
        epochs: int = 60,
        seconds: float | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.tables = tables
        self.pairs = pairs
        self.lags = lags
        self.timed = timed
        self.epochs = epochs
        self.seconds = seconds
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Signals, y: Any) -> Self:
        """Train on signals, NaN where a number is missing, and (signals,) labels of any type."""
        recipe = self._recipe()
        signals, labels = read_signals(X), np.asarray(y)
        check_classification_targets(labels)
        if len(signals) != len(labels):
            raise ValueError(f"y must have a label for each of the {len(signals)} signals, not {len(labels)}")
        classes = Classes.of(labels)
        steps = Steps.fit(signals, lags=int(self.lags), timed=bool(self.timed))
        seed = int(check_random_state(self.random_state).randint(1 << 31))
        minutes = None if self.seconds is None else min(self.seconds, 1e9) / 60
        goal = WholeSignal(targets=classes.targets(labels))
        with shown() if self.verbose else nullcontext(), bar(recipe.steps, unit="round") as line:
            tick = Progress(line, StopRequest(), minutes)  # not entered: Ctrl-C is the caller's
            made = fit_signals([steps.latencies(signal) for signal in signals], goal, recipe, seed=seed, tick=tick)
        plain = {name: value for name, value in self.get_params().items() if isinstance(value, int | float | None)}
        card = {"task": TASK, "inputs": steps.fields(), "parameters": plain, **classes.fields()}
        self.stopped_ = made.stopped
        return self._set(Network(integer=replace(made.network, card=card), name="stream"), steps, classes)

    def latencies(self, X: Signals) -> list[Int16]:
        """Of each signal the (steps, inputs) latencies that the network takes."""
        check_is_fitted(self)
        signals = read_signals(X)
        if signals[0].shape[1] != self.steps_.channels:
            raise ValueError(f"X must have signals of {self.steps_.channels} channels, not {signals[0].shape[1]}")
        return [self.steps_.latencies(signal) for signal in signals]

    def outputs(self, X: Signals) -> list[Int16]:
        """Of each signal the (steps, classes) output latencies, after each step, bit for bit a core's."""
        latencies = self.latencies(X)
        network = signal_network(self.network_.integer)
        return [signal_outputs(network, signal[None])[0] for signal in latencies]

    def decode(self, outputs: Sequence[Int16]) -> npt.NDArray[Any]:
        """The labels that outputs stand for, the model's or a core's, each (steps, classes)."""
        check_is_fitted(self)
        return np.asarray(self.classes_[[_total(one).argmin() for one in outputs]])

    def predict(self, X: Signals) -> npt.NDArray[Any]:
        """(signals,) labels."""
        return self.decode(self.outputs(X))

    def decision_function(self, X: Signals) -> Floats:
        """(signals, classes) nats, means over the steps: the larger, the likelier; of two classes (signals,)."""
        nats = self._nats(X)
        return nats[:, 1] - nats[:, 0] if nats.shape[1] == 2 else nats

    def predict_proba(self, X: Signals) -> Floats:
        """(signals, classes) probabilities: the softmax of these nats."""
        return softmax(self._nats(X))

    def save(self, path: Path | str) -> None:
        """Write a network file, which every command takes, with the maps of inputs and outputs and the parameters in its card."""
        check_is_fitted(self)
        if "labels" not in self.network_.integer.card:
            raise NetworkError(f"labels must be texts, truth values, or numbers of at most 64 bits to be saved, not {self.classes_.dtype}")
        self.network_.save(path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """A classifier as :meth:`save` has left it. What else a file may be is a ``NetworkError`` of one sentence."""
        network = load_network(Path(path))
        try:
            integer = signal_network(network.integer, name=network.name)
            if integer.card.get("task") != TASK or not isinstance(integer.card.get("parameters"), dict):
                raise NetworkError(f"card fields task and parameters must be {TASK} and an object")
            steps = Steps.read(integer.card, inputs=integer.n_in)
            classes = Classes.read(integer.card, count=integer.n_out)
        except NetworkError as error:
            raise NetworkError(f"{path}: {error}") from None
        known = cls().get_params()
        self = cls(**{name: value for name, value in integer.card["parameters"].items() if name in known})
        self.stopped_ = False
        return self._set(network, steps, classes)

    def _set(self, network: Network, steps: Steps, classes: Classes) -> Self:
        self.network_, self.steps_, self.classes_ = network, steps, classes.labels
        return self

    def _nats(self, X: Signals) -> Floats:
        outputs = self.outputs(X)
        unit = 2.0**-self.network_.integer.out_frac
        return np.array([_total(one) * (-unit / max(1, len(one))) for one in outputs], np.float64)

    def _recipe(self) -> SignalRecipe:
        for name, (low, high) in LIMITS.items():
            check_number(name, getattr(self, name), low=low, high=high)
        check_number("seconds", self.seconds, low=0, high=None, whole=False)
        epochs = int(self.epochs)
        shape = {name: int(getattr(self, name)) for name in ("tables", "pairs")}
        return SignalRecipe(**shape, epochs=epochs, rounded_epochs=-(-epochs // 2))


def read_signals(X: Signals) -> list[npt.NDArray[np.float64]]:
    """The signals of ``X``, each (steps, channels) numbers, finite or NaN."""
    signals = [np.asarray(signal, np.float64) for signal in X]
    if not signals:
        raise ValueError("X must have at least one signal")
    channels = signals[0].shape[1] if signals[0].ndim == 2 else 0
    for number, signal in enumerate(signals):
        if signal.ndim != 2 or not signal.size or signal.shape[1] != channels:
            raise ValueError(f"signal {number} of X must be (steps, channels) with the channels of the first, not {signal.shape}")
        if np.isinf(signal).any():
            raise ValueError(f"signal {number} of X must be finite or NaN, and has an infinite number")
    return signals


def _total(outputs: Int16) -> npt.NDArray[np.int64]:
    """(classes,): latencies summed over the steps."""
    return outputs.sum(axis=0, dtype=np.int64)
