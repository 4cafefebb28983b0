"""Outputs that stand for classes: the earliest spike is the class."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ....integer.forward import earliest
from ....integer.layer import Int16, NetworkError
from ....model.layer import Float32, Floats
from ..aims import SOFTMAX, Aim, softmax
from ..recipe import MAX_OUTPUTS
from .base import Answers, Learnt, scores_of
from .calibration import HIGHEST, LOWEST, best_temperature

KINDS = "biufUO"
"""Of labels that a file can hold: numpy's letters for truth values, numbers and texts."""


@dataclass(frozen=True, kw_only=True)
class Classes(Learnt):
    """``labels``: (classes,), rising, of any type. ``temperature`` of the probabilities, if one was fitted."""

    task: ClassVar[str] = "classify"
    aim: ClassVar[Aim] = SOFTMAX

    labels: npt.NDArray[Any]
    temperature: float | None = None

    @classmethod
    def of(cls, answers: Answers) -> Self:
        """Those of (samples,) labels."""
        labels = np.unique(answers)
        if len(labels) > MAX_OUTPUTS:
            raise ValueError(f"y must have at most {MAX_OUTPUTS} classes, not {len(labels)}")
        return cls(labels=labels)

    @property
    def count(self) -> int:
        return len(self.labels)

    def targets(self, answers: Answers) -> Float32:
        return np.eye(self.count, dtype=np.float32)[np.searchsorted(self.labels, answers)]

    def answers(self, outputs: Int16 | Floats, *, unit: float) -> Answers:
        return self.labels[earliest(outputs)]

    def probabilities(self, outputs: Int16 | Floats, *, unit: float) -> Floats:
        """(samples, classes): the softmax of their scores, at the temperature if there is one."""
        return softmax(scores_of(outputs, unit=unit) / (self.temperature or 1.0))

    def calibrated(self, scores: Floats, answers: Answers) -> Self:
        """With a temperature."""
        return replace(self, temperature=best_temperature(scores, np.searchsorted(self.labels, answers)))

    def fields(self) -> dict[str, Any]:
        """Labels of another kind than :data:`KINDS` are left out: such a network can be used, and not saved."""
        found = self.labels.tolist()
        fields: dict[str, Any] = {} if self.temperature is None else {"temperature": self.temperature}
        if self.labels.dtype.kind in KINDS and all(isinstance(value, str | int | float) for value in found):
            fields |= {"labels": found, "label_type": self.labels.dtype.str}
        return fields

    @classmethod
    def read(cls, card: Mapping[str, Any], *, count: int) -> Self:
        values, kind = card.get("labels"), card.get("label_type")
        if not isinstance(values, list) or len(values) != count or not all(isinstance(value, str | int | float) for value in values):
            raise NetworkError(f"card field labels must have {count} texts or numbers, one for each output")
        if len(set(values)) < count:
            raise NetworkError("card field labels must name each label once")
        try:
            found = np.array(values, np.dtype(kind)) if isinstance(kind, str) else None
        except (TypeError, ValueError, OverflowError):
            found = None
        if found is None or found.dtype.kind not in KINDS or found.tolist() != values:
            raise NetworkError("card field label_type must be a type of NumPy that its labels have")
        return cls(labels=found, temperature=_temperature(card))


def _temperature(card: Mapping[str, Any]) -> float | None:
    if "temperature" not in card:
        return None
    value = card["temperature"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not LOWEST <= value <= HIGHEST:
        raise NetworkError(f"card field temperature must be {LOWEST}..{HIGHEST}, not {value!r:.60}")
    return float(value)
