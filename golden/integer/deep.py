"""The integer deep network: residual layers over given latencies (Eq. 10)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .forward import layer_sum, write_back
from .latencies import LatencyNetwork
from .layer import Int16, NetworkError, validate_layer
from .network import Network
from .signal import SignalNetwork


@dataclass(frozen=True, kw_only=True)
class DeepNetwork(LatencyNetwork):
    """``hidden``: the residual layers, n to n, any number."""

    kind: ClassVar[str] = "deep"

    def static_neurons(self) -> npt.NDArray[np.bool_]:
        changed = [group.tables.any(axis=(0, 1)) for layer in self.hidden for group in layer.groups]
        return ~np.any([np.zeros(self.n, np.bool_), *changed], axis=0)

    def validate_own(self) -> None:
        self.validate_constants()
        for name, layer in self.layers().items():
            validate_layer(layer, name=name, n=self.n, n_out=None if name == "output" else self.n)


def classifier(network: Network, *, name: str = "the network") -> DeepNetwork:
    """``network``, if it is given latencies and not symbols; else a ``NetworkError`` that calls it ``name``."""
    if not isinstance(network, DeepNetwork):
        what = "signal" if isinstance(network, SignalNetwork) else "text"
        raise NetworkError(f"{name} is a {what} network: it classifies nothing")
    return network


@dataclass(kw_only=True)
class Trace:
    """What a forward pass went through: ``states`` after each layer (inputs first, outputs last), and the neurons that saturated."""

    states: list[Int16]
    saturations: int = 0


def deep_forward(network: DeepNetwork, x: Int16) -> Trace:
    """Eq. 10: (batch, n - n_ref) inputs, the reference neurons appended here; ``states[-1]`` are the (batch, n_out) outputs."""
    state = network.given(x)
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
