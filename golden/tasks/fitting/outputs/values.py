"""Outputs that stand for numbers: each is an affine map of its output's latency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ....integer.layer import Int16, NetworkError
from ....model.layer import Float32, Floats
from ..aims import SQUARES, Aim
from ..quantiles import Numbers
from ..recipe import MAX_OUTPUTS
from .base import Answers, Learnt

LARGEST = 1e100
"""Of a number that is to be learnt: its square must be one, too."""


@dataclass(frozen=True, kw_only=True)
class Values(Learnt):
    """A latency of 1 (in units of 2**-out_frac) is ``scale`` more than one of 0, which is ``offset``; both (targets,). ``names`` of the
    targets, or None."""

    task: ClassVar[str] = "regress"
    aim: ClassVar[Aim] = SQUARES

    offset: Numbers
    scale: Numbers
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, answers: Answers, *, names: Sequence[str] | None = None) -> Self:
        """Mean and standard deviation of (samples, targets) numbers; a target that never changes has the scale 0."""
        if answers.shape[1] > MAX_OUTPUTS:
            raise ValueError(f"y must have at most {MAX_OUTPUTS} targets, not {answers.shape[1]}")
        if not (np.abs(answers) <= LARGEST).all():
            raise ValueError(f"y must be numbers of at most {LARGEST:g}")
        constant = np.ptp(answers, axis=0) == 0
        offset = np.where(constant, answers[0], answers.mean(axis=0))
        scale = np.where(constant, 0.0, answers.std(axis=0))
        return cls(offset=offset, scale=scale, names=None if names is None else tuple(names))

    @property
    def count(self) -> int:
        return len(self.offset)

    def targets(self, answers: Answers) -> Float32:
        """Less the mean, over the standard deviation; negative, for a larger number spikes later."""
        apart = np.where(self.scale > 0, self.scale, 1.0)
        return np.asarray((self.offset - answers) / apart * (self.scale > 0), np.float32)

    def answers(self, outputs: Int16 | Floats, *, unit: float) -> npt.NDArray[np.float64]:
        return self.offset + self.scale * (unit * outputs.astype(np.float64))

    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"offset": self.offset.tolist(), "scale": self.scale.tolist()}
        return {"targets": fields if self.names is None else fields | {"names": list(self.names)}}

    @classmethod
    def read(cls, card: Mapping[str, Any], *, count: int) -> Self:
        about = card.get("targets")
        if not isinstance(about, dict):
            raise NetworkError("card field targets must be an object")
        names = about.get("names")
        if names is not None and not (isinstance(names, list) and len(names) == count and all(isinstance(name, str) for name in names)):
            raise NetworkError(f"card field targets.names must have the names of {count} outputs")
        offset, scale = (_numbers(about.get(name), count=count, name=name) for name in ("offset", "scale"))
        if (scale < 0).any():
            raise NetworkError("card field targets.scale must be 0 or more")
        return cls(offset=offset, scale=scale, names=None if names is None else tuple(names))


def _numbers(found: object, *, count: int, name: str) -> Numbers:
    good = isinstance(found, list) and len(found) == count
    good = good and all(isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST for value in found)  # type: ignore[attr-defined]
    if not good:
        raise NetworkError(f"card field targets.{name} must have {count} numbers of at most {LARGEST:g}, one for each output")
    return np.array(found, np.float64)
