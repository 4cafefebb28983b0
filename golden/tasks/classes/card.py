"""What a classifier of numbers keeps in its network's card: the map of its inputs, its labels and its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...integer.layer import NetworkError
from .calibration import card_temperature
from .quantiles import LEVELS, MISSING, Quantiles

TASK = "classify"
KINDS = "biufUO"
"""Of labels that a file can hold: numpy's letters for truth values, numbers and texts."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was read: ``labels`` (classes,), ``names`` of the inputs or None."""

    quantiles: Quantiles
    labels: npt.NDArray[Any]
    names: list[str] | None
    parameters: Mapping[str, Any]


def card_of(
    quantiles: Quantiles, labels: npt.NDArray[Any], *, names: npt.NDArray[Any] | None, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The card, JSON alone. Labels of another kind than :data:`KINDS` are left out: such a network can be used, and not saved."""
    inputs: dict[str, Any] = {"levels": LEVELS, "missing": MISSING, "edges": [edges.tolist() for edges in quantiles.edges]}
    if names is not None:
        inputs["names"] = [str(name) for name in names]
    values = {name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()}
    plain = {name: value for name, value in values.items() if isinstance(value, int | float | None)}
    card: dict[str, Any] = {"task": TASK, "inputs": inputs, "parameters": plain}
    found = labels.tolist()
    if labels.dtype.kind in KINDS and all(isinstance(value, str | int | float) for value in found):
        card |= {"labels": found, "label_type": labels.dtype.str}
    return card


def read_card(card: Mapping[str, Any], *, inputs: int, outputs: int) -> Fitted:
    """The card of a network with so many inputs and outputs; ``NetworkError`` where it is another's, or doesn't fit."""
    if card.get("task") != TASK:
        raise NetworkError(f"card field task must be {TASK}, not {card.get('task')!r:.60}: a classifier of numbers")
    about, parameters = card.get("inputs"), card.get("parameters")
    if not isinstance(about, dict) or not isinstance(parameters, dict):
        raise NetworkError("card fields inputs and parameters must be objects")
    if (about.get("levels"), about.get("missing")) != (LEVELS, MISSING):
        raise NetworkError(f"card field inputs must have {LEVELS} levels, and {MISSING} where one is missing")
    edges, names = about.get("edges"), about.get("names")
    if not isinstance(edges, list) or len(edges) != inputs:
        raise NetworkError(f"card field inputs.edges must have the bounds of {inputs} inputs")
    if names is not None and not (isinstance(names, list) and len(names) == inputs and all(isinstance(name, str) for name in names)):
        raise NetworkError(f"card field inputs.names must have the names of {inputs} inputs")
    try:
        quantiles = Quantiles.read(edges)
    except ValueError as error:
        raise NetworkError(f"card field inputs.edges: {error}") from None
    card_temperature(card)
    return Fitted(quantiles=quantiles, labels=_labels(card, outputs), names=names, parameters=parameters)


def _labels(card: Mapping[str, Any], outputs: int) -> npt.NDArray[Any]:
    values, kind = card.get("labels"), card.get("label_type")
    if not isinstance(values, list) or len(values) != outputs or not all(isinstance(value, str | int | float) for value in values):
        raise NetworkError(f"card field labels must have {outputs} texts or numbers, one for each output")
    if len(set(values)) < outputs:
        raise NetworkError("card field labels must name each label once")
    try:
        found = np.array(values, np.dtype(kind)) if isinstance(kind, str) else None
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or found.dtype.kind not in KINDS or found.tolist() != values:
        raise NetworkError("card field label_type must be a type of NumPy that its labels have")
    return found
