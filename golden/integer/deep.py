"""The integer deep network: residual layers over given latencies (Eq. 10)."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .forward import layer_sum, write_back
from .layer import Int16, Layer, NetworkError, is_array, require, validate_layer
from .network import Network
from .source import Arrays, Source


@dataclass(frozen=True, kw_only=True)
class DeepNetwork(Network):
    """``hidden``: the residual layers, n to n, any number. ``constants``: latencies of the reference neurons, the last of the n inputs."""

    kind: ClassVar[str] = "deep"

    hidden: tuple[Layer, ...] = ()
    constants: Int16 = field(default_factory=lambda: np.zeros(0, np.int16))

    def reference_latencies(self) -> Int16:
        return self.constants

    def static_neurons(self) -> npt.NDArray[np.bool_]:
        changed = [group.tables.any(axis=(0, 1)) for layer in self.hidden for group in layer.groups]
        return ~np.any([np.zeros(self.n, np.bool_), *changed], axis=0)

    def layers(self) -> dict[str, Layer]:
        return {f"hidden.{index}": layer for index, layer in enumerate(self.hidden)} | {"output": self.output}

    def validate_own(self) -> None:
        require(is_array(self.constants, np.int16, 1), "constants must be a vector of int16")
        require(self.n_ref < self.n, f"constants must be fewer than n = {self.n}, not {self.n_ref}")
        for name, layer in self.layers().items():
            validate_layer(layer, name=name, n=self.n, n_out=None if name == "output" else self.n)

    def arrays(self) -> Arrays:
        return super().arrays() | ({"constants": self.constants} if self.n_ref else {})

    @classmethod
    def read_fields(cls, source: Source) -> dict[str, Any]:
        require(source.header.get("symbols") is None, "symbols must be absent in a deep network")
        constants = source.left.pop("constants", np.zeros(0, np.int16))
        return super().read_fields(source) | {"hidden": source.hidden(), "constants": constants}


def classifier(network: Network, *, name: str = "the network") -> DeepNetwork:
    """``network``, if it is given latencies and not symbols; else a ``NetworkError`` that calls it ``name``."""
    if not isinstance(network, DeepNetwork):
        raise NetworkError(f"{name} is a text network: it classifies nothing")
    return network


@dataclass(kw_only=True)
class Trace:
    """What a forward pass went through: ``states`` after each layer (inputs first, outputs last), and the neurons that saturated."""

    states: list[Int16]
    saturations: int = 0


def deep_forward(network: DeepNetwork, x: Int16) -> Trace:
    """Eq. 10: (batch, n - n_ref) inputs, the reference neurons appended here; ``states[-1]`` are the (batch, n_out) outputs."""
    constants = np.broadcast_to(network.constants, (len(x), network.n_ref))
    state: Int16 = np.concatenate([x, constants], axis=1).astype(np.int16)
    if state.shape[1] != network.n:
        raise ValueError(f"x must have {network.n - network.n_ref} columns, not {x.shape[1]}")
    trace = Trace(states=[state])
    for index, layer in enumerate((*network.hidden, network.output)):
        residual = state if index < len(network.hidden) else None
        state, count = write_back(layer_sum(layer, state), shift=layer.shift, residual=residual)
        trace.states.append(state)
        trace.saturations += count
    return trace


def deep_outputs(network: DeepNetwork, x: Int16) -> Int16:
    """The (batch, n_out) outputs alone, a thousand samples at a time, so that no more states are kept than of these."""
    parts = [deep_forward(network, x[low : low + 1000]).states[-1] for low in range(0, len(x), 1000)]
    return np.concatenate(parts) if parts else np.zeros((0, network.n_out), np.int16)
