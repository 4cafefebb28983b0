"""The output that says how rare a sample is: the later it spikes, the rarer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ....integer.layer import LATENCY_MAX, Int16, NetworkError
from ....model.layer import Floats
from .base import Outputs


@dataclass(frozen=True, kw_only=True)
class Rarity(Outputs):
    """``offset``: the negative latency below which a sample is an anomaly. ``normal``: the label of the samples that were trained on, if
    they had any."""

    task: ClassVar[str] = "anomaly"

    offset: float
    normal: str | float | bool | None = None

    @property
    def count(self) -> int:
        return 1

    def scores(self, outputs: Int16 | Floats) -> npt.NDArray[np.float64]:
        """(samples,): the larger, the more normal; the negative latency."""
        return -outputs[:, 0].astype(np.float64)

    def answers(self, outputs: Int16 | Floats, *, unit: float) -> npt.NDArray[np.int64]:
        """(samples,): -1 of anomalies, 1 of what is normal."""
        return np.where(self.scores(outputs) < self.offset, -1, 1)

    def fields(self) -> dict[str, Any]:
        return {"anomaly": {"offset": self.offset} | ({} if self.normal is None else {"normal": self.normal})}

    @classmethod
    def read(cls, card: Mapping[str, Any], *, count: int) -> Self:
        about = card.get("anomaly")
        about = about if isinstance(about, dict) else {}
        offset, normal = about.get("offset"), about.get("normal")
        if count != 1:
            raise NetworkError(f"a network of task anomaly must have 1 output, not {count}")
        if not isinstance(offset, int | float) or isinstance(offset, bool) or not abs(offset) <= LATENCY_MAX:
            raise NetworkError(f"card field anomaly.offset must be a number of -{LATENCY_MAX}..{LATENCY_MAX}")
        if not isinstance(normal, str | int | float | None):
            raise NetworkError("card field anomaly.normal must be a text or a number")
        return cls(offset=float(offset), normal=normal)
