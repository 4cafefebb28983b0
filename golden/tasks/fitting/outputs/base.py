"""What all outputs have in common, whatever they stand for."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ....integer.layer import Int16
from ....model.layer import Float32, Floats
from ...inputs import Inputs
from ..aims import Aim
from ..quantiles import Quantiles

Answers = npt.NDArray[Any]
"""What is known or predicted of samples: (samples,) labels, (samples, targets) numbers, or (samples,) 1 and -1, normal and not."""


def scores_of(outputs: Int16 | Floats, *, unit: float) -> Floats:
    """(samples, outputs) latencies of ``unit`` as scores: the larger, the earlier the spike."""
    return -outputs.astype(np.float64) * unit


class Outputs(ABC):
    """``task``: the card's; ``inputs``: the kind of map that such a network has."""

    task: ClassVar[str]
    inputs: ClassVar[type[Inputs]] = Quantiles

    @property
    @abstractmethod
    def count(self) -> int:
        """Outputs of the network."""

    @abstractmethod
    def answers(self, outputs: Int16 | Floats, *, unit: float) -> Answers:
        """What (samples, count) output latencies of ``unit`` mean."""

    def check(self, inputs: Inputs) -> None:
        """``NetworkError`` where outputs that were read from a card don't fit its inputs; they do unless a subclass says otherwise."""
        return

    def calibrated(self, scores: Floats, answers: Answers) -> Self:
        """With what is fitted to (samples, count) :func:`scores_of` samples that their networks were not trained on, beside their answers:
        nothing, unless a subclass says so."""
        return self

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """Their part of the card, JSON alone."""

    @classmethod
    @abstractmethod
    def read(cls, card: Mapping[str, Any], *, count: int) -> Self:
        """From a card of a network with so many outputs; ``NetworkError`` where it doesn't fit."""


class Learnt(Outputs):
    """Outputs that are fitted to what is known of samples. ``aim``: what the network is trained for."""

    aim: ClassVar[Aim]

    @abstractmethod
    def targets(self, answers: Answers) -> Float32:
        """(samples, count): the scores that are due; the larger one is, the earlier its output spikes."""
