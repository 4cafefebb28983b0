"""How a network for numbers of any scale is made of samples, whatever its outputs stand for."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from ...integer.deep import DeepNetwork
from .card import Fitted
from .outputs.base import Answers, Outputs
from .quantiles import Numbers, Quantiles
from .recipe import MAX_INPUTS
from .train import Tick


@dataclass(frozen=True, kw_only=True)
class Made:
    """A network, what its outputs stand for, and whether ``tick`` cut its training short."""

    network: DeepNetwork
    outputs: Outputs
    stopped: bool


class Training(ABC):
    @property
    @abstractmethod
    def unit(self) -> str | None:
        """Of the loss that ``tick`` hears, for a learning curve; None where none is drawn."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Calls of ``tick`` in a whole training."""

    @abstractmethod
    def quantiles(self, x: Numbers) -> Quantiles:
        """The map of (samples, inputs) numbers, NaN where one is missing."""

    @abstractmethod
    def of(self, answers: Answers) -> Self:
        """The same, of other samples with these answers."""

    @abstractmethod
    def train(self, x: Numbers, quantiles: Quantiles, *, seed: int, tick: Tick) -> Made:
        """Of the same samples, and their map."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A network whose card has the maps, ``fitted``; whether its training was cut short."""

    network: DeepNetwork
    fitted: Fitted
    stopped: bool


def fit_numbers(
    x: Numbers,
    training: Training,
    quantiles: Quantiles,
    *,
    names: Sequence[str] | None,
    parameters: Mapping[str, Any],
    seed: int,
    more: Mapping[str, Any] | None = None,
    tick: Tick,
) -> Fit:
    """Train on (samples, inputs) numbers, NaN where one is missing, of the map ``quantiles``. ``names`` of the inputs, ``parameters`` of
    the training and ``more`` go into the network's card."""
    if x.shape[1] > MAX_INPUTS:
        raise ValueError(f"X must have at most {MAX_INPUTS} features, not {x.shape[1]}")
    made = training.train(x, quantiles, seed=seed, tick=tick)
    listed = None if names is None else tuple(names)
    fitted = Fitted(quantiles=quantiles, outputs=made.outputs, names=listed, parameters=parameters)
    network = replace(made.network, card=fitted.card() | dict(more or {}))
    return Fit(network=network, fitted=fitted, stopped=made.stopped)
