"""What a network that reads signals is trained for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...model.layer import Float32
from ..fitting.aims import SOFTMAX

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class WholeSignal:
    """The class of a whole signal. ``targets``: (signals, classes), 1 for a signal's class and 0 for the others."""

    targets: Float32

    @property
    def count(self) -> int:
        """Scores of a step, the larger the earlier the spike."""
        return self.targets.shape[1]

    def loss(self, scores: Float32, lengths: Lengths, chosen: npt.NDArray[np.int64]) -> tuple[float, Float32]:
        """Of (B, T, count) scores of the signals ``chosen``, of these lengths, 0 behind them: nats a signal, whose scores are the means of
        its steps', and their gradient."""
        means = (scores.sum(axis=1) / lengths[:, None]).astype(np.float32)
        slope, _ = SOFTMAX.slope(means, self.targets[chosen])
        there = np.arange(scores.shape[1]) < lengths[:, None]
        change = -slope[:, None] * there[:, :, None] / (lengths[:, None, None] * len(chosen))
        return SOFTMAX.loss(means, self.targets[chosen]), change.astype(np.float32)
