"""Outputs that stand for classes: the earliest spike is the class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ...integer.forward import earliest
from ...integer.layer import Int16, NetworkError
from ...model.layer import Float32
from .aims import SOFTMAX, Aim
from .outputs import Answers, Learnt
from .recipe import MAX_OUTPUTS

KINDS = "biufUO"
"""Of labels that a file can hold: numpy's letters for truth values, numbers and texts."""


@dataclass(frozen=True, kw_only=True)
class Classes(Learnt):
    """``labels``: (classes,), rising, of any type."""

    task: ClassVar[str] = "classify"
    aim: ClassVar[Aim] = SOFTMAX

    labels: npt.NDArray[Any]

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

    def answers(self, outputs: Int16, *, unit: float) -> Answers:
        return self.labels[earliest(outputs)]

    def fields(self) -> dict[str, Any]:
        """Labels of another kind than :data:`KINDS` are left out: such a network can be used, and not saved."""
        found = self.labels.tolist()
        if self.labels.dtype.kind in KINDS and all(isinstance(value, str | int | float) for value in found):
            return {"labels": found, "label_type": self.labels.dtype.str}
        return {}

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
        return cls(labels=found)
