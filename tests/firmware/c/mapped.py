"""Networks for readings, as C: small ones with a map of one's own, the command that writes them, and the compiled child that maps."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from firmware.c.network import main
from golden.integer.deep import DeepNetwork
from golden.integer.file import save_network
from golden.integer.layer import Int16, Layer, TableGroup
from golden.tasks.fitting.card import Fitted
from golden.tasks.fitting.outputs.base import Outputs
from golden.tasks.fitting.quantiles import MISSING, Numbers, Quantiles

from .driver import HERE, SANITIZERS, WARNINGS, compile_c, driver

TYPES = {"double": np.dtype("<f8"), "float": np.dtype("<f4"), "int": np.dtype("<i4")}
GONE = -(1 << 31)
"""A whole reading that is missing."""


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A map, the inputs that no table reads, and what the outputs stand for."""

    edges: tuple[Numbers, ...]
    unread: tuple[int, ...] = ()
    outputs: Outputs
    names: tuple[str, ...] | None = None

    def network(self) -> DeepNetwork:
        """Of a table for each input that is read, beside a reference neuron."""
        inputs = len(self.edges)
        read = [number for number in range(inputs) if number not in self.unread]
        anchors = np.array([[[number, inputs]] for number in read], np.int16)
        tables = np.random.default_rng(0).integers(-7, 8, (len(read), 2, self.outputs.count)).astype(np.int8)
        layer = Layer(groups=(TableGroup(anchors=anchors, tables=tables),), bits=4)
        fitted = Fitted(inputs=Quantiles(edges=self.edges), outputs=self.outputs, names=self.names, parameters={})
        return DeepNetwork(n=inputs + 1, output=layer, constants=np.array([120], np.int16), out_frac=3, card=fitted.card())

    def with_bound(self, input: int, number: int, value: float) -> "Mapped":
        """The same, one bound of one input changed."""
        edges = [column.copy() for column in self.edges]
        edges[input][number] = value
        return replace(self, edges=tuple(edges))

    def due(self, readings: np.ndarray[Any, Any]) -> Int16:
        """The latencies of (samples, inputs) readings of any of the types, by the golden model."""
        x = readings.astype(np.float64)
        if readings.dtype.kind == "i":
            x[readings == GONE] = np.nan
        latencies = Quantiles(edges=self.edges).latencies(x)
        for number in self.unread:
            latencies[:, number] = np.where(np.isnan(x[:, number]), MISSING, 0)
        return latencies


def written(network: DeepNetwork, folder: Path, *words: str) -> Path:
    """The folder, with network.c and network.h in it."""
    folder.mkdir(exist_ok=True)
    save_network(network, folder / "network.safetensors")
    assert main(["--network", str(folder / "network.safetensors"), "--out", str(folder), *words]) == 0
    return folder


def child(compiler: str, folder: Path) -> Path:
    """The child for the network in a folder, compiled."""
    sources = [HERE / "readings.c", folder / "network.c", driver(compiler)]
    return compile_c(compiler, sources, folder / f"child-{compiler}", f"-I{folder}", *WARNINGS, *SANITIZERS)


def mapped_by(program: Path, readings: np.ndarray[Any, Any]) -> tuple[Int16, bytes]:
    """The latencies of (samples, inputs) readings, and the classes' names, by a child."""
    done = subprocess.run([program], input=readings.tobytes(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    size = 2 * readings.size
    return np.frombuffer(done.stdout[:size], "<i2").reshape(readings.shape), done.stdout[size:]


def compare(program: Path, readings: np.ndarray[Any, Any], due: Int16) -> None:
    """Each latency of a child with the one that is ``due``; the first that differs is named."""
    found, _ = mapped_by(program, readings)
    for sample, number in np.argwhere(found != due):
        reading, told = readings[sample, number].item(), f"{found[sample, number]} in C, {due[sample, number]} in Python"
        raise AssertionError(f"input {number}: the latency of {reading!r} is {told}")
