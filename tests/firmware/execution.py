"""A compiled program beside the golden model: every latency of every step, found through the META section's placement."""

import numpy as np

from firmware.program import Program
from golden.integer.deep import deep_forward
from golden.integer.network import Network
from golden.integer.transformer import TransformerNetwork, TransformerState

from ..golden.helpers import rnn_outputs, rnn_update
from .machine import Machine


def first_difference(network: Network, program: Program, *, seed: int, steps: int = 4, size: int = 131_072) -> str | None:
    """Run both on seeded inputs; None when they agree, else what differs first. ``size``: bytes of tier 0."""
    rng = np.random.default_rng(seed)
    machine = Machine.load(program, size=size)
    place = program.meta.placement
    if network.kind == "deep":
        for _ in range(steps):
            spread = int(rng.choice([3, 300, 32768]))
            x = rng.integers(-spread, spread, network.n - network.n_ref).astype(np.int16)
            for neuron, value in enumerate([*x.tolist(), *network.constants.tolist()]):
                for address in place.neurons[neuron]:
                    if neuron < len(x) or address < place.state_words * 8:
                        machine.store[address] = value
            trace = deep_forward(network, x[None])
            machine.step()
            if difference := _compare(machine, place, trace.states[-2][0], trace.states[-1][0]):
                return difference
        return None
    if isinstance(network, TransformerNetwork):
        state = TransformerState(network)
        for step in range(steps):
            outputs = state.outputs()
            forced = int(rng.integers(network.n_out)) if rng.random() < 0.5 else None
            chosen = machine.step(forced)
            if chosen != outputs.argmin():
                return f"step {step}: symbol {chosen}, not {outputs.argmin()}"
            if difference := _compare(machine, place, state.update(chosen if forced is None else forced), outputs):
                return f"step {step}: {difference}"
        return None
    h = np.zeros((1, network.n), np.int16)
    for _ in range(steps):
        outputs, _ = rnn_outputs(network, h)
        forced = int(rng.integers(network.n_out)) if rng.random() < 0.5 else None
        chosen = machine.step(forced)
        if chosen != outputs[0].argmin():
            return f"symbol {chosen}, not {outputs[0].argmin()}"
        h, _ = rnn_update(network, h, np.array([chosen if forced is None else forced]))
        if difference := _compare(machine, place, h[0], outputs[0]):
            return difference
    return None


def _compare(machine: Machine, place: dict, state: np.ndarray, outputs: np.ndarray) -> str | None:
    for neuron, addresses in enumerate(place.neurons):
        for address in addresses:
            if machine.store[address] != state[neuron]:
                return f"neuron {neuron} at {address}: {machine.store[address]}, not {state[neuron]}"
    at = place.output
    for neuron, value in enumerate(outputs.tolist()):
        if machine.store[at + neuron] != value:
            return f"output {neuron}: {machine.store[at + neuron]}, not {value}"
    return None
