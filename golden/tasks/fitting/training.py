"""How a network for numbers of any scale is made of samples, whatever its outputs stand for."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from ...integer.latencies import LatencyNetwork
from ..inputs import Inputs, X
from .card import Fitted
from .outputs.base import Answers, Outputs
from .recipe import MAX_INPUTS
from .train import Tick


@dataclass(frozen=True, kw_only=True)
class Made:
    """A network, what its outputs stand for, and whether ``tick`` cut its training short."""

    network: LatencyNetwork
    outputs: Outputs
    stopped: bool


class Training(ABC):
    """``phases`` of it, in words."""

    phases: ClassVar[str] = "growing, then fitting"

    @property
    @abstractmethod
    def unit(self) -> str | None:
        """Of the loss that ``tick`` hears, for a learning curve; None where none is drawn."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Calls of ``tick`` in a whole training."""

    @abstractmethod
    def inputs(self, x: X) -> Inputs:
        """The map of samples."""

    @abstractmethod
    def of(self, answers: Answers) -> Self:
        """The same, of other samples with these answers."""

    @abstractmethod
    def train(self, x: X, inputs: Any, *, seed: int, tick: Tick) -> Made:
        """Of the same samples, and their map."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A network whose card has the maps, ``fitted``; whether its training was cut short."""

    network: LatencyNetwork
    fitted: Fitted
    stopped: bool


def fit_numbers(
    x: X,
    training: Training,
    inputs: Inputs,
    *,
    names: Sequence[str] | None,
    parameters: Mapping[str, Any],
    seed: int,
    more: Mapping[str, Any] | None = None,
    tick: Tick,
) -> Fit:
    """Train on samples of the map ``inputs``. ``names`` of the columns, ``parameters`` of the training and ``more`` go into the network's
    card."""
    if inputs.count > MAX_INPUTS:
        raise ValueError(f"X must have at most {MAX_INPUTS} features, not {inputs.count}")
    made = training.train(x, inputs, seed=seed, tick=tick)
    listed = None if names is None else tuple(names)
    fitted = Fitted(inputs=inputs, outputs=made.outputs, names=listed, parameters=parameters)
    network = replace(made.network, card=fitted.card() | dict(more or {}))
    return Fit(network=network, fitted=fitted, stopped=made.stopped)
