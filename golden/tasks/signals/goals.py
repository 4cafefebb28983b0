"""What a network that reads signals is trained for."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from ...model.layer import Float32
from ..fitting.aims import SOFTMAX

Lengths = npt.NDArray[np.int64]


class Goal(ABC):
    """``count``: scores of a step, the larger the earlier the spike."""

    count: int
    unit: str

    @abstractmethod
    def loss(self, scores: Float32, lengths: Lengths, chosen: npt.NDArray[np.int64]) -> tuple[float, Float32]:
        """Of (B, T, count) scores of the signals ``chosen``, of these lengths, 0 behind them: the loss of one, and its gradient."""


class WholeSignal(Goal):
    """``targets``: (signals, classes), 1 for a signal's class and 0 for the others; its scores are the means of its steps'."""

    unit = "nats a signal"

    def __init__(self, targets: Float32) -> None:
        self.targets, self.count = targets, targets.shape[1]

    def loss(self, scores: Float32, lengths: Lengths, chosen: npt.NDArray[np.int64]) -> tuple[float, Float32]:
        means = (scores.sum(axis=1) / lengths[:, None]).astype(np.float32)
        slope, _ = SOFTMAX.slope(means, self.targets[chosen])
        there = np.arange(scores.shape[1]) < lengths[:, None]
        change = -slope[:, None] * there[:, :, None] / (lengths[:, None, None] * len(chosen))
        return SOFTMAX.loss(means, self.targets[chosen]), change.astype(np.float32)
