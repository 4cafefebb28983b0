"""What the outputs of a layer are trained for: classes, by the softmax loss, or numbers, by least squares."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from ...model.layer import Float32, Floats


def lanes_of(outputs: int) -> int:
    """Numbers that are kept for a gradient of so many outputs and, last, the curvature: a multiple of 16, whole vectors."""
    return -(-(outputs + 1) // 16) * 16


def softmax(scores: Floats) -> Floats:
    """(batch, classes) logits to probabilities."""
    powers: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


class Aim(ABC):
    """A loss of ``scores`` (batch, outputs) beside ``target`` of the same shape. ``squares``: whether it is the squares' (the compiled
    passes ask); ``unit``: of :meth:`loss`."""

    squares: ClassVar[bool]
    unit: ClassVar[str]

    @abstractmethod
    def slope(self, scores: Float32, target: Float32) -> tuple[Float32, Float32]:
        """(batch, outputs): the negative gradient, and (batch,): the curvature that all outputs share."""

    @abstractmethod
    def loss(self, scores: Float32, target: Float32) -> float:
        """Mean over the samples."""

    @abstractmethod
    def error(self, scores: Floats, target: Float32) -> float:
        """What a rounded network is judged by; 0 where all is right."""

    def terms(self, scores: Float32, target: Float32) -> Float32:
        """(batch, lanes): :meth:`slope`, zeros between the gradient and, last, the curvature."""
        terms = np.zeros((len(scores), lanes_of(scores.shape[1])), np.float32)
        terms[:, : scores.shape[1]], terms[:, -1] = self.slope(scores, target)
        return terms


class Softmax(Aim):
    """``target``: rows that sum to 1, the probabilities of the classes; scores are nats."""

    squares = False
    unit = "nats a sample"

    def slope(self, scores: Float32, target: Float32) -> tuple[Float32, Float32]:
        """The curvature: twice the mean of p (1 - p)."""
        p = softmax(scores)
        return np.asarray(target - p, np.float32), 2 * (p * (1 - p)).mean(axis=1)

    def loss(self, scores: Float32, target: Float32) -> float:
        return float(-(target * np.log(softmax(scores) + 1e-9)).sum(axis=1).mean())

    def error(self, scores: Floats, target: Float32) -> float:
        """The part of the samples whose largest score is another's."""
        return float((scores.argmax(axis=1) != target.argmax(axis=1)).mean())


class Squares(Aim):
    """``target``: numbers, of mean 0 and variance 1 in each output."""

    squares = True
    unit = "half the sum of squared errors a sample"

    def slope(self, scores: Float32, target: Float32) -> tuple[Float32, Float32]:
        return target - scores, np.ones(len(scores), np.float32)

    def loss(self, scores: Float32, target: Float32) -> float:
        return float(0.5 * ((scores - target) ** 2).sum(axis=1).mean())

    def error(self, scores: Floats, target: Float32) -> float:
        return float(((scores - target) ** 2).mean())


SOFTMAX, SQUARES = Softmax(), Squares()
