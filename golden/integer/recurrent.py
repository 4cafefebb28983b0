"""The integer recurrent network (Eq. 11): h <- S(h) + E[symbol]; the next symbol from U(h)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from .forward import layer_sum
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

    def with_layers(self, layers: Mapping[str, Layer]) -> Self:
        *hidden, output = (layers[name] for name in self.layers())
        return replace(self, hidden=tuple(hidden), output=output)

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
