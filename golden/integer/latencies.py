"""What networks share that are given latencies: inputs, and constant reference neurons beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from .layer import Int16, Layer, is_array, require
from .network import Network
from .source import Arrays, Source


@dataclass(frozen=True, kw_only=True)
class LatencyNetwork(Network):
    """``hidden``: layers that write the state. ``constants``: latencies of the reference neurons, the last of the ``n``.

    Neurons come in this order: those that a step leaves to the next one (``n_carried``), the ``n_in`` inputs, the references.
    """

    hidden: tuple[Layer, ...] = ()
    constants: Int16 = field(default_factory=lambda: np.zeros(0, np.int16))

    @property
    def n_carried(self) -> int:
        """Neurons of a state that is carried from step to step."""
        return 0

    @property
    def n_in(self) -> int:
        return self.n - self.n_ref - self.n_carried

    def reference_latencies(self) -> Int16:
        return self.constants

    def layers(self) -> dict[str, Layer]:
        return {f"hidden.{index}": layer for index, layer in enumerate(self.hidden)} | {"output": self.output}

    def with_layers(self, layers: Mapping[str, Layer]) -> Self:
        *hidden, output = (layers[name] for name in self.layers())
        return replace(self, hidden=tuple(hidden), output=output)

    def validate_constants(self) -> None:
        require(is_array(self.constants, np.int16, 1), "constants must be a vector of int16")
        room = self.n - self.n_carried
        what = "n less the state" if self.n_carried else "n"
        require(self.n_ref < room, f"constants must be fewer than {what} = {room}, not {self.n_ref}")

    def given(self, x: Int16) -> Int16:
        """(batch, n_in) inputs and the reference neurons behind them."""
        if x.shape[1] != self.n_in:
            raise ValueError(f"x must have {self.n_in} columns, not {x.shape[1]}")
        constants = np.broadcast_to(self.constants, (len(x), self.n_ref))
        return np.concatenate([x, constants], axis=1).astype(np.int16)

    def arrays(self) -> Arrays:
        return super().arrays() | ({"constants": self.constants} if self.n_ref else {})

    @classmethod
    def read_fields(cls, source: Source) -> dict[str, Any]:
        require(source.header.get("symbols") is None, f"symbols must be absent in a {cls.kind} network")
        constants = source.left.pop("constants", np.zeros(0, np.int16))
        return super().read_fields(source) | {"hidden": source.hidden(), "constants": constants}
