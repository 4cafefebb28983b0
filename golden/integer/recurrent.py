"""The integer recurrent network (Eq. 11): h <- S(h) + E[symbol]; the next symbol from U(h)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .forward import layer_sum, write_back
from .layer import Int16, Layer, require, validate_layer
from .network import TextNetwork, TextState
from .source import Source


@dataclass(frozen=True, kw_only=True)
class RecurrentNetwork(TextNetwork):
    """``hidden``: exactly one layer, S, n to n."""

    kind: ClassVar[str] = "rnn"

    hidden: tuple[Layer, ...]

    def layers(self) -> dict[str, Layer]:
        return {f"hidden.{index}": layer for index, layer in enumerate(self.hidden)} | {"output": self.output}

    def validate_own(self) -> None:
        require(len(self.hidden) == 1, f"hidden must be one layer in an rnn, not {len(self.hidden)}")
        extra = self.validate_embed()
        validate_layer(self.hidden[0], name="hidden.0", n=self.n, n_out=self.n, extra=extra)
        validate_layer(self.output, name="output", n=self.n)
        require(self.n_out == len(self.embed), f"output must have a column for each of the {len(self.embed)} symbols, not {self.n_out}")

    def start(self) -> "RecurrentState":
        return RecurrentState(self)

    @classmethod
    def read_fields(cls, source: Source) -> dict[str, Any]:
        return super().read_fields(source) | {"hidden": source.hidden()}


class RecurrentState(TextState):
    """``latencies``: h of Eq. 11."""

    network: RecurrentNetwork

    def update(self, symbol: int) -> Int16:
        layer = self.network.hidden[0]
        self.latencies = self.write(layer_sum(layer, self.latencies[None]) + self.network.embed[symbol], shift=layer.shift)
        return self.latencies


def rnn_outputs(network: RecurrentNetwork, h: Int16) -> tuple[Int16, int]:
    """o = U(h): (batch, n) state to (batch, n_out) output latencies, and the neurons that saturated."""
    return write_back(layer_sum(network.output, h), shift=network.output.shift)


def rnn_update(network: RecurrentNetwork, h: Int16, symbols: npt.NDArray[np.integer]) -> tuple[Int16, int]:
    """Eq. 11: h <- write-back of S(h) + E[symbol]; ``symbols`` (batch,). Also the neurons that saturated."""
    layer = network.hidden[0]
    return write_back(layer_sum(layer, h) + network.embed[symbols], shift=layer.shift)
