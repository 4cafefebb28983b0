"""The recurrent network on vectors: forward pass against loops, file, refusals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from golden.integer.file import load, save_network
from golden.integer.layer import NetworkError
from golden.integer.signal import SignalNetwork, outputs_of_signals, signal_network, signal_outputs

from ...firmware.networks import random_network
from .test_forward import loop_layer


def signals_of(network: SignalNetwork, *, seed: int, batch: int = 3, steps: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(-600, 600, (batch, steps, network.n_in)).astype(np.int16)


def made(seed: int) -> SignalNetwork:
    network = random_network(seed, kind="signal")
    assert isinstance(network, SignalNetwork)
    return network.validate()


@pytest.mark.parametrize("seed", range(6))
def test_it_equals_the_loops(seed: int) -> None:
    network = made(seed)
    x = signals_of(network, seed=seed)
    outputs = signal_outputs(network, x)
    for signal, due in zip(x, outputs, strict=True):
        h = [0] * network.n_carried
        for step, row in zip(signal.tolist(), due, strict=True):
            given = [*step, *network.constants.tolist()]
            h, _ = loop_layer(network.hidden[0], [*h, *given], None)
            assert loop_layer(network.output, [*h, *given], None)[0] == row.tolist()
    network.output.groups[0].tables[:] ^= 1  # negative control
    assert not np.array_equal(signal_outputs(network, x), outputs)


def test_a_signal_begins_from_nothing_and_its_parts_are_the_whole() -> None:
    network = made(4)
    x = signals_of(network, seed=4)
    state = network.start(len(x))
    parts = np.stack([state.step(x[:, t]) for t in range(x.shape[1])], axis=1)
    assert np.array_equal(parts, signal_outputs(network, x))
    assert np.array_equal(signal_outputs(network, x[:, :2]), parts[:, :2])
    assert not np.array_equal(signal_outputs(network, x[:, 1:]), parts[:, 1:])


def test_signals_of_any_lengths_are_read_side_by_side() -> None:
    network, rng = made(4), np.random.default_rng(4)
    lengths = rng.integers(1, 9, 70)
    signals = [rng.integers(-600, 600, (length, network.n_in)).astype(np.int16) for length in lengths]
    found = outputs_of_signals(network, signals)
    assert all(np.array_equal(one, signal_outputs(network, signal[None])[0]) for one, signal in zip(found, signals, strict=True))
    assert outputs_of_signals(network, []) == []


def test_a_file_holds_it(tmp_path: Path) -> None:
    network, path = made(5), tmp_path / "s.safetensors"
    save_network(network, path)
    again = load(path)
    assert isinstance(again, SignalNetwork)
    x = signals_of(network, seed=5)
    assert np.array_equal(signal_outputs(again, x), signal_outputs(network, x))
    assert (again.n_carried, again.n_in, again.n_ref) == (network.n_carried, network.n_in, network.n_ref)
    save_network(again, tmp_path / "t.safetensors")
    assert path.read_bytes() == (tmp_path / "t.safetensors").read_bytes()


def test_refusals() -> None:
    network = made(3)
    room = network.n - network.n_carried
    cases = [
        ({"hidden": ()}, "hidden must be one layer in a signal network, not 0"),
        ({"n": network.n_carried}, "hidden.0.group.0.anchors must be"),
        ({"constants": np.zeros(room, np.int16)}, f"constants must be fewer than n less the state = {room}, not {room}"),
        ({"constants": np.zeros(1)}, "constants must be a vector of int16"),
    ]
    for change, message in cases:
        with pytest.raises(NetworkError, match=f"^{message}"):
            replace(network, **change).validate()
    with pytest.raises(NetworkError, match=r"^it is a deep network: it reads no signals$"):
        signal_network(random_network(1, kind="deep"), name="it")
    with pytest.raises(ValueError, match=rf"^x must have {network.n_in} columns, not {network.n_in + 1}$"):
        network.start().step(np.zeros((1, network.n_in + 1), np.int16))
