"""The output that says how rare a sample is: the later it spikes, the rarer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ....integer.layer import LATENCY_MAX, Int16, NetworkError
from .base import Outputs


@dataclass(frozen=True, kw_only=True)
class Rarity(Outputs):
    """``offset``: the negative latency below which a sample is an anomaly."""

    task: ClassVar[str] = "anomaly"

    offset: float

    @property
    def count(self) -> int:
        return 1

    def scores(self, outputs: Int16) -> npt.NDArray[np.float64]:
        """(samples,): the larger, the more normal; the negative latency."""
        return -outputs[:, 0].astype(np.float64)

    def answers(self, outputs: Int16, *, unit: float) -> npt.NDArray[np.int64]:
        """(samples,): -1 of anomalies, 1 of what is normal."""
        return np.where(self.scores(outputs) < self.offset, -1, 1)

    def fields(self) -> dict[str, Any]:
        return {"anomaly": {"offset": self.offset}}

    @classmethod
    def read(cls, card: Mapping[str, Any], *, count: int) -> Self:
        about = card.get("anomaly")
        offset = about.get("offset") if isinstance(about, dict) else None
        if count != 1:
            raise NetworkError(f"a network of task anomaly must have 1 output, not {count}")
        if not isinstance(offset, int | float) or isinstance(offset, bool) or not abs(offset) <= LATENCY_MAX:
            raise NetworkError(f"card field anomaly.offset must be a number of -{LATENCY_MAX}..{LATENCY_MAX}")
        return cls(offset=float(offset))
