"""A classifier under learning: the words of its output tables, which are all that changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from ..integer.deep import DeepNetwork, classifier, deep_forward
from ..integer.layer import Int16, NetworkError, is_array, require
from ..integer.network import Network
from ..integer.source import Arrays
from ..integer.symbols import Symbols
from .words import Format, Learning, learning, with_rows

STEPS = 3
"""Of the margin that is taken if none is named, in steps of all tables."""

BATCH = 1000


@dataclass(kw_only=True)
class ClassLearner:
    """``network``: its shape and its hidden layers; its output tables are those of ``output``, words of ``format``. ``passes`` through
    the samples were begun before."""

    network: DeepNetwork
    format: Format
    output: Learning
    passes: int = 0

    @classmethod
    def start(cls, network: Network, *, below: int, first: int = 0) -> Self:
        """``network`` with ``below`` bits under every entry of its output tables, of which those from ``first`` on learn; ``NetworkError``
        where it can't learn."""
        deep = classifier(network)
        require(deep.n_out >= 2, "a network that learns classes must have two outputs or more")
        format = Format(read=deep.output.bits, below=below)
        return cls(network=deep, format=format, output=learning(deep.output, format, name="output", first=first))

    def margin(self) -> int:
        """The margin that is taken if none is named, an output latency: :data:`STEPS` steps in every table that learns, as far as they are
        read; 1 or more."""
        learns = self.network.output.n_t - self.output.first
        return max(STEPS * learns >> self.format.below, 1) << self.output.shift

    def learn(self, x: Int16, labels: Symbols, margin: int, *, engine: "ClassEngine") -> None:
        """(samples, inputs) latencies and their (samples,) classes, one after another."""
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < self.network.n_out:
            raise NetworkError(f"a class must be 0..{self.network.n_out - 1}")
        for low in range(0, len(x), BATCH):
            engine(self, self.states(x[low : low + BATCH]), labels[low : low + BATCH].astype(np.int32), margin)

    def states(self, x: Int16) -> Int16:
        """(samples, n): what the output tables look at."""
        return deep_forward(self.network, x).states[len(self.network.hidden)]

    def now(self) -> DeepNetwork:
        """The network that the forward pass reads, validated."""
        return replace(self.network, output=with_rows(self.network.output, self.format.entries(self.output.rows.words))).validate()

    def arrays(self) -> Arrays:
        """All that a network file lacks (docs/reference/learning-rule.md, "In a file")."""
        rest = self.format.rest(self.output.rows.words)
        return {"output": rest, "below": np.array([self.format.below], np.int16), "passes": np.array([self.passes], np.int64)}

    @classmethod
    def resumed(cls, network: Network, arrays: Arrays, *, first: int = 0) -> Self:
        """The inverse of :meth:`now` and :meth:`arrays`; ``NetworkError`` where they don't fit."""
        made = cls.start(network, below=_one(arrays, "below", np.int16), first=first)
        made.passes = _one(arrays, "passes", np.int64)
        made.output.rows.join(made.format, arrays.get("output"), name="output")
        return made


def _one(arrays: Arrays, name: str, dtype: npt.DTypeLike) -> int:
    found = arrays.get(name)
    good = is_array(found, dtype, 1) and len(found) == 1 and int(found[0]) >= 0  # type: ignore[arg-type, index]
    require(good, f"learn.{name} must be one number of 0 or more, {np.dtype(dtype)}")
    return int(found[0])  # type: ignore[index]


ClassEngine = Callable[[ClassLearner, Int16, Symbols, int], None]
"""Learns samples by the (samples, n) latencies that the output tables look at, their classes, and the margin."""
