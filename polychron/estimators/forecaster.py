"""A forecaster of signals for scikit-learn: series of samples in, the next ones out, a recurrent network for the core in between."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from golden.integer.layer import Int16
from golden.integer.signal import outputs_of_signals, signal_network
from golden.tasks.fitting.outputs.base import Outputs
from golden.tasks.signals.forecasting import Forecasting
from golden.tasks.signals.values import NextValues

from .numbers import check_number
from .signals import SignalEstimator, Signals, read_signals

Numbers = npt.NDArray[np.float64]
MOST_AHEAD = 256


class StreamForecaster(SignalEstimator):
    """A forecaster of signals: a recurrent network (Eq. 11) that is given one sample a step, and tells the next ones of each channel.

    A signal is an array (steps, channels); ``X`` is a list of them, of any lengths, an array (signals, steps, channels), or one signal
    alone, an array or a frame (steps, channels) or (steps,), which is as good as a list of it. There is an output for each channel that is
    told and each step ahead, and its latency is the number, or how far the number moves from the newest sample.

    Parameters
    ----------
    horizon : how many samples ahead are told.
    tables : look-up tables, of which three eighths read the state for the outputs, and the others write it. It has a quarter as many
        neurons.
    pairs : anchor pairs of each: it has 2**pairs rows of int4.
    lags : samples that a step is given, the newest and those before it.
    epochs : how often training looks at each step; half as many follow with rounded tables.
    seconds : end the training after so long, and keep what is trained by then; None: no end.
    random_state : seed of the training; the same seed and data make the same network.
    verbose : show progress, on a terminal.

    Attributes
    ----------
    Those of :class:`polychron.estimators.signals.SignalEstimator`, and

    targets_ : the numbers of the channels that are told.
    offset_, scale_ : (horizon, told channels) the number at latency 0, and how much more one unit of latency is.
    follows_ : (horizon, told channels) whether this number is the change since the channel's newest sample: where that is the better guess
        than the mean, over the signals that were trained on.
    """

    _kind: ClassVar[type[Outputs]] = NextValues
    _name: ClassVar[str] = "forecast"

    def __init__(
        self,
        *,
        horizon: int = 1,
        tables: int = 128,
        pairs: int = 6,
        lags: int = 3,
        epochs: int = 30,
        seconds: float | None = None,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.horizon = horizon
        self.tables = tables
        self.pairs = pairs
        self.lags = lags
        self.epochs = epochs
        self.seconds = seconds
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Signals, y: Any = None, *, targets: Sequence[int] | None = None) -> Self:
        """Train on signals, NaN where a number is missing; ``y`` is ignored. ``targets``: the numbers of the channels that are told; None:
        all. The others are read, too."""
        recipe = self._recipe()
        check_number("horizon", self.horizon, low=1, high=MOST_AHEAD)
        signals = read_signals(_listed(X))
        outputs = NextValues.ahead(signals, horizon=int(self.horizon), channels=_chosen(targets, signals[0].shape[1]))
        return self._train(signals, Forecasting(outputs=outputs, recipe=recipe, lags=int(self.lags)))

    def _told(self, outputs: NextValues) -> None:
        self._values = outputs
        self.targets_ = np.array(outputs.channels)
        shape = outputs.horizon, -1
        self.offset_, self.scale_ = outputs.offset.reshape(shape), (outputs.scale * self._unit).reshape(shape)
        self.follows_ = outputs.follows.reshape(shape)

    def _read(self, X: Signals) -> npt.NDArray[Any]:
        return super()._read(_listed(X))

    def decode(self, outputs: Sequence[Int16], X: Signals) -> list[Numbers]:
        """What outputs say, the model's or a core's, each (steps, outputs), after the steps of the signals ``X``: of each (steps, horizon,
        told channels) numbers."""
        return self._numbers(outputs, self._read(X))

    def predict(self, X: Signals) -> list[Numbers]:
        """Of each signal (steps, horizon, told channels): after each step the next samples, the first of them that of the next step."""
        signals = self._read(X)
        return self._numbers(outputs_of_signals(signal_network(self.network_.integer), self._latencies(signals)), signals)

    def forecast(self, X: Signals) -> Numbers:
        """(signals, horizon, told channels): what follows the end of each signal."""
        return np.stack([found[-1] for found in self.predict(X)])

    def score(self, X: Signals, y: Any = None) -> float:
        """R2, the part of the variance that is told, over all steps whose next samples are known: the mean over outputs. ``y`` is
        ignored."""
        from sklearn.metrics import r2_score

        signals = self._read(X)
        due = np.concatenate([self._values.known(signal) for signal in signals])
        found = np.concatenate([one.reshape(len(one), -1) for one in self.predict(X)])
        there = ~np.isnan(due) & ~np.isnan(found)
        return float(np.mean([r2_score(due[known, place], found[known, place]) for place, known in enumerate(there.T)]))

    def _numbers(self, outputs: Sequence[Int16], signals: npt.NDArray[Any]) -> list[Numbers]:
        pairs = zip(outputs, signals, strict=True)
        return [self._values.numbers(one, signal, unit=self._unit) for one, signal in pairs]


def _listed(X: Signals) -> Signals:
    """``X``, or a list of the one signal that it is."""
    if len(getattr(X, "shape", ())) not in (1, 2):
        return X
    numbers = np.asarray(X)
    return X if numbers.dtype.kind == "O" else [numbers.reshape(len(numbers), -1)]


def _chosen(targets: Sequence[int] | None, channels: int) -> list[int] | None:
    """The numbers of the channels that are told, of so many; None: all."""
    if targets is None:
        return None
    found = np.asarray(targets)
    if found.ndim != 1 or not found.size or found.dtype.kind not in "iu" or not set(found.tolist()) <= set(range(channels)):
        raise ValueError(f"targets must be numbers of channels, 0..{channels - 1}, or None, not {targets!r}")
    if len(set(found.tolist())) < len(found):
        raise ValueError(f"targets must name each channel once, not {targets!r}")
    return [int(one) for one in found]
