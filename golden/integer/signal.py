"""The integer recurrent network on vectors (Eq. 11): h <- S(h) + I(x), the outputs from U(h)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .forward import layer_sum, write_back
from .latencies import LatencyNetwork
from .layer import Int16, NetworkError, require, validate_layer
from .network import Network

TOGETHER = 64
"""Signals that are read side by side, at most."""


@dataclass(frozen=True, kw_only=True)
class SignalNetwork(LatencyNetwork):
    """``hidden``: exactly one layer, from all n neurons to the ``n_carried`` of the state h, the first of them.

    S and I are tables of that one layer: those of S compare neurons of h, those of I inputs and reference neurons. A table may also compare
    one of h with an input.
    """

    kind: ClassVar[str] = "signal"

    @property
    def n_carried(self) -> int:
        return self.hidden[0].n_out if self.hidden else 0

    @property
    def n_written(self) -> int:
        return self.n_carried

    def static_neurons(self) -> npt.NDArray[np.bool_]:
        static = np.ones(self.n, np.bool_)
        static[: self.n_carried] = ~np.any([group.tables.any(axis=(0, 1)) for group in self.hidden[0].groups], axis=0)
        return static

    def validate_own(self) -> None:
        require(len(self.hidden) == 1, f"hidden must be one layer in a signal network, not {len(self.hidden)}")
        validate_layer(self.hidden[0], name="hidden.0", n=self.n)
        require(self.n_carried < self.n, f"hidden.0 must have fewer columns than n = {self.n}, not {self.n_carried}")
        self.validate_constants()
        validate_layer(self.output, name="output", n=self.n)

    def start(self, batch: int = 1) -> "SignalState":
        return SignalState(self, batch)


class SignalState:
    """``batch`` signals on their way through a network: ``latencies`` (batch, n), h at first 0, and ``saturations`` since then."""

    def __init__(self, network: SignalNetwork, batch: int) -> None:
        self.network = network
        self.latencies: Int16 = np.zeros((batch, network.n), np.int16)
        self.saturations = 0

    def step(self, x: Int16) -> Int16:
        """Take the next (batch, n_in) inputs; the (batch, n_out) outputs after them."""
        network, layer = self.network, self.network.hidden[0]
        self.latencies = np.concatenate([self.latencies[:, : network.n_carried], network.given(x)], axis=1)
        h, lost = write_back(layer_sum(layer, self.latencies), shift=layer.shift)
        self.latencies = np.concatenate([h, self.latencies[:, network.n_carried :]], axis=1)
        outputs, more = write_back(layer_sum(network.output, self.latencies), shift=network.output.shift)
        self.saturations += lost + more
        return outputs


def signal_network(network: Network, *, name: str = "the network") -> SignalNetwork:
    """``network``, if it reads signals; else a ``NetworkError`` that calls it ``name``."""
    if not isinstance(network, SignalNetwork):
        raise NetworkError(f"{name} is a {network.kind} network: it reads no signals")
    return network


def signal_outputs(network: SignalNetwork, x: Int16) -> Int16:
    """The (batch, steps, n_out) outputs of (batch, steps, n_in) inputs, after each step."""
    state = network.start(len(x))
    outputs = np.zeros((*x.shape[:2], network.n_out), np.int16)
    for t in range(x.shape[1]):
        outputs[:, t] = state.step(x[:, t])
    return outputs


def outputs_of_signals(network: SignalNetwork, signals: Sequence[Int16]) -> list[Int16]:
    """Of each of ``signals``, (its steps, n_in) inputs, the (its steps, n_out) outputs; those of about the same length go together."""
    found: dict[int, Int16] = {}
    order = sorted(range(len(signals)), key=lambda number: len(signals[number]))
    for low in range(0, len(order), TOGETHER):
        some = order[low : low + TOGETHER]
        x = np.zeros((len(some), len(signals[some[-1]]), network.n_in), np.int16)
        for place, number in enumerate(some):
            x[place, : len(signals[number])] = signals[number]
        for number, outputs in zip(some, signal_outputs(network, x), strict=True):
            found[number] = outputs[: len(signals[number])]
    return [found[number] for number in range(len(signals))]
