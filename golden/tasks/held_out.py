"""Samples that were held out of a training, and what a network's outputs are worth on them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..integer.forward import earliest
from ..integer.layer import Int16
from ..model.layer import Floats
from .asking import means
from .fitting.accuracy import Labels
from .inputs import Latencies


@dataclass(frozen=True, kw_only=True)
class HeldOut(ABC):
    """``x``: latencies; ``what`` they are of: images, samples or signals. Outputs are (samples, outputs) latencies, as
    :func:`golden.tasks.asking.ask` gives them; where samples are signals, they are :meth:`joined`."""

    x: Latencies
    what: str

    def joined(self, outputs: Sequence[Int16]) -> Int16 | Floats:
        """What is judged of signals, of each one's (steps, outputs): the means over its steps, (signals, outputs)."""
        return means(outputs)

    @abstractmethod
    def score(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """Figures of the outputs of all samples or of the first of them (docs/user/json.md, ``polychron eval``)."""

    @abstractmethod
    def tell(self, outputs: Int16 | Floats, chosen: Sequence[int]) -> tuple[str, dict[str, Any]]:
        """A phrase about them, and its figures (``polychron sim``). ``chosen``: the outputs that a core's sampler took."""


@dataclass(frozen=True, kw_only=True)
class Labelled(HeldOut):
    """``labels``: (samples,) numbers of outputs; one that is no output's is of a class that the network doesn't know."""

    labels: Labels

    def score(self, outputs: Int16 | Floats) -> dict[str, Any]:
        """The part of the samples whose earliest spike is the label's."""
        return {"accuracy_integer": float((earliest(outputs) == self.labels[: len(outputs)]).mean())}

    def tell(self, outputs: Int16 | Floats, chosen: Sequence[int]) -> tuple[str, dict[str, Any]]:
        right = int((np.array(chosen) == self.labels[: len(chosen)]).sum())
        return f"{100 * right / len(chosen):.2f} % right", {"right": right}


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Samples for a classifier to learn: (samples, inputs) latencies and (samples,) numbers of outputs, those that are held out, and what
    the network's card then says of the data, where that changes."""

    x: Int16
    labels: Labels
    test: HeldOut
    card: dict[str, Any]
