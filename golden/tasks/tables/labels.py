"""Labels of one file among those of another."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from ..fitting.accuracy import Labels


def are_texts(labels: npt.NDArray[Any]) -> bool:
    """Whether all of them are."""
    return all(isinstance(label, str) for label in labels.tolist())


def numbered(labels: npt.NDArray[Any], known: Sequence[Any]) -> tuple[Labels, list[Any]]:
    """(samples,) places of ``labels`` in a list that begins with ``known`` and goes on with those that are new; and that list.

    One text makes texts of a whole column of numbers, so a text that reads as a number is that one where it is known.
    """
    names = list(known)
    places = {name: place for place, name in enumerate(names)}
    numbers = []
    for label in labels.tolist():
        value = next((value for value in _readings(label) if value in places), label)
        if value not in places:
            places[value] = len(names)
            names.append(value)
        numbers.append(places[value])
    return np.array(numbers), names


def _readings(label: Any) -> list[Any]:
    """What ``label`` may stand for, itself first."""
    found = [label]
    if isinstance(label, str):
        found += {"true": [True], "false": [False]}.get(label.lower(), [])
        for kind in (int, float):
            with suppress(ValueError):
                found.append(kind(label))
    else:
        found.append(str(label))
    return found
