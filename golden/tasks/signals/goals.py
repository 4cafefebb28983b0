"""What a network that reads signals is trained for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...model.layer import Float32
from ..fitting.aims import SOFTMAX

Lengths = npt.NDArray[np.int64]


class Goal(ABC):
    @property
    @abstractmethod
    def count(self) -> int:
        """Scores of a step, the larger the earlier the spike."""

    @abstractmethod
    def loss(self, scores: Float32, lengths: Lengths, chosen: npt.NDArray[np.int64]) -> tuple[float, Float32]:
        """Of (B, T, count) scores of the signals ``chosen``, of these lengths, 0 behind them: the mean loss of a signal, and its
        gradient."""


@dataclass(frozen=True, kw_only=True)
class WholeSignal(Goal):
    """The class of a whole signal. ``targets``: (signals, classes), 1 for a signal's class and 0 for the others."""

    targets: Float32

    @property
    def count(self) -> int:
        return self.targets.shape[1]

    def loss(self, scores: Float32, lengths: Lengths, chosen: npt.NDArray[np.int64]) -> tuple[float, Float32]:
        """In nats; a signal's scores are the means of its steps'."""
        means = (scores.sum(axis=1) / lengths[:, None]).astype(np.float32)
        slope, _ = SOFTMAX.slope(means, self.targets[chosen])
        there = np.arange(scores.shape[1]) < lengths[:, None]
        change = -slope[:, None] * there[:, :, None] / (lengths[:, None, None] * len(chosen))
        return SOFTMAX.loss(means, self.targets[chosen]), change.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class EachStep(Goal):
    """Numbers after each step. ``targets``: of each signal (steps, count) scores that are due, NaN where none is."""

    targets: Sequence[Float32]

    @property
    def count(self) -> int:
        return self.targets[0].shape[1]

    def loss(self, scores: Float32, lengths: Lengths, chosen: npt.NDArray[np.int64]) -> tuple[float, Float32]:
        """Half the sum of squared errors a step, over the steps that have a target."""
        error = np.zeros_like(scores)
        for found, number in zip(error, chosen, strict=True):
            found[: len(self.targets[number])] = self.targets[number]
        known = ~np.isnan(error)
        known[np.arange(scores.shape[1])[None] >= lengths[:, None]] = False
        error = np.where(known, scores - error, np.float32(0))
        steps = np.float32(max(1, int(known.any(axis=2).sum())))
        return float(0.5 * (error**2).sum() / steps), error / steps
