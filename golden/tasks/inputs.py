"""What all maps from samples to a network's latencies have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..integer.layer import Int16

X = npt.NDArray[Any]
"""Samples: (samples, inputs) numbers, or (samples,) signals, each (steps, channels) numbers; NaN where one is missing."""

Latencies = Int16 | list[Int16]
"""What a network takes of them: (samples, inputs), or of each signal (steps, inputs)."""


@dataclass(frozen=True, kw_only=True)
class Inputs(ABC):
    """A map of each column; a sample is a row of columns, a signal has one at each step. ``edges``: the bounds of each, rising."""

    edges: tuple[npt.NDArray[np.float64], ...]

    @property
    @abstractmethod
    def count(self) -> int:
        """Inputs of the network."""

    @property
    @abstractmethod
    def columns(self) -> int:
        """Numbers of a sample, or of a step of a signal."""

    @abstractmethod
    def latencies(self, x: X) -> Latencies:
        """Samples as latencies."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """Their part of a card, JSON alone."""

    @classmethod
    @abstractmethod
    def of_card(cls, about: Mapping[str, Any], *, inputs: int) -> Self:
        """From the field ``inputs`` of the card of a network with so many; ``NetworkError`` where it doesn't fit."""


def listed(signals: Sequence[npt.NDArray[np.float64]]) -> X:
    """(signals,), whose entries are arrays."""
    found = np.empty(len(signals), object)
    for number, signal in enumerate(signals):
        found[number] = signal
    return found
