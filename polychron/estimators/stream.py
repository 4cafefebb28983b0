"""A classifier of signals for scikit-learn: series of samples in, labels out, a recurrent network for the core in between."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from golden.integer.layer import Int16
from golden.model.layer import Floats
from golden.tasks.asking import means
from golden.tasks.fitting.outputs.base import Outputs, scores_of
from golden.tasks.signals.classes import SignalClasses
from golden.tasks.signals.learning import SignalLearning

from .contract import ClassifierMixin, check_classification_targets, check_is_fitted
from .signals import SignalEstimator, Signals, read_signals


class StreamClassifier(ClassifierMixin, SignalEstimator):  # type: ignore[misc]
    """A classifier of signals: a recurrent network (Eq. 11) that is given one sample a step, and an output for each class.

    A signal is an array (steps, channels); ``X`` is a list of them, of any lengths, or an array (signals, steps, channels). The class is
    the one whose latencies, over the steps, are the least: who reads along can tell it after each step.

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

    _kind: ClassVar[type[Outputs]] = SignalClasses
    _name: ClassVar[str] = "stream"

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
        classes = SignalClasses.of(labels)
        learning = SignalLearning(answers=labels, outputs=classes, recipe=recipe, lags=int(self.lags), timed=bool(self.timed))
        return self._train(signals, learning)

    def _told(self, outputs: SignalClasses) -> None:
        self._classes, self.classes_ = outputs, outputs.labels

    def decode(self, outputs: Sequence[Int16]) -> npt.NDArray[Any]:
        """The labels that outputs stand for, the model's or a core's, each (steps, classes)."""
        check_is_fitted(self)
        return self._classes.answers(means(outputs), unit=self._unit)

    def predict(self, X: Signals) -> npt.NDArray[Any]:
        """(signals,) labels."""
        return self.decode(self.outputs(X))

    def decision_function(self, X: Signals) -> Floats:
        """(signals, classes) nats, means over the steps: the larger, the likelier; of two classes (signals,)."""
        nats = scores_of(means(self.outputs(X)), unit=self._unit)
        return nats[:, 1] - nats[:, 0] if nats.shape[1] == 2 else nats

    def predict_proba(self, X: Signals) -> Floats:
        """(signals, classes) probabilities: the softmax of these nats, at the temperature of a network that ``polychron train stream
        --calibrate`` has fitted one for."""
        return self._classes.probabilities(means(self.outputs(X)), unit=self._unit)
