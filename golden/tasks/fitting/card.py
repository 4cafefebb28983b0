"""What a network fitted to numbers keeps in its card: the map of its inputs, what its outputs stand for, and its parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...integer.latencies import LatencyNetwork
from ...integer.layer import Int16, NetworkError
from ...model.layer import Floats
from ..inputs import Inputs, Latencies, X
from ..signals.classes import SignalClasses
from ..signals.values import NextValues
from .outputs.base import Answers, Outputs
from .outputs.classes import Classes
from .outputs.rarity import Rarity
from .outputs.values import Values
from .quantiles import LEVELS, MISSING

KINDS: tuple[type[Outputs], ...] = (Classes, Values, Rarity, SignalClasses, NextValues)


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The way from samples to latencies, ``inputs``, and from latencies to answers, ``outputs``. ``names`` of the columns or None;
    ``parameters`` of the training, numbers."""

    inputs: Inputs
    outputs: Outputs
    names: tuple[str, ...] | None
    parameters: Mapping[str, Any]

    def card(self) -> dict[str, Any]:
        """The card, JSON alone."""
        inputs = self.inputs.fields()
        if self.names is not None:
            inputs["names"] = list(self.names)
        values = {name: value.item() if isinstance(value, np.generic) else value for name, value in self.parameters.items()}
        plain = {name: value for name, value in values.items() if isinstance(value, int | float | None)}
        return {"task": self.outputs.task, "inputs": inputs, "parameters": plain, **self.outputs.fields()}

    def latencies(self, x: X) -> Latencies:
        """Samples as the network takes them."""
        return self.inputs.latencies(x)

    def meaning(self, network: LatencyNetwork, outputs: Int16 | Floats) -> Answers:
        """What ``network`` says of samples, by its (samples, outputs) output latencies."""
        return self.outputs.answers(outputs, unit=2.0**-network.out_frac)


def read_card(card: Mapping[str, Any], *, inputs: int, outputs: int, kinds: Sequence[type[Outputs]] = KINDS) -> Fitted:
    """The card of a network with so many inputs and outputs, of one of the ``kinds``; ``NetworkError`` where it is another's, or doesn't
    fit."""
    task, tasks = card.get("task"), [kind.task for kind in kinds]
    if task not in tasks:
        raise NetworkError(f"card field task must be {' or '.join(tasks)}, not {task!r:.60}")
    kind = kinds[tasks.index(task)]
    about, parameters = card.get("inputs"), card.get("parameters")
    if not isinstance(about, dict) or not isinstance(parameters, dict):
        raise NetworkError("card fields inputs and parameters must be objects")
    if (about.get("levels"), about.get("missing")) != (LEVELS, MISSING):
        raise NetworkError(f"card field inputs must have {LEVELS} levels, and {MISSING} where one is missing")
    read = kind.inputs.of_card(about, inputs=inputs)
    names, columns = about.get("names"), read.columns
    if names is not None and not (isinstance(names, list) and len(names) == columns and all(isinstance(name, str) for name in names)):
        raise NetworkError(f"card field inputs.names must have the names of {columns} inputs")
    found = kind.read(card, count=outputs)
    found.check(read)
    return Fitted(inputs=read, outputs=found, names=None if names is None else tuple(names), parameters=parameters)
