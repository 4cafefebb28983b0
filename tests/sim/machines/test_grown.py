"""Grown networks, compiled, on the core: the outputs of the network that they were grown from, to the bit."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from firmware.compiler.errors import CompileError
from golden.integer.deep import DeepNetwork, deep_outputs
from golden.integer.layer import Int16
from golden.integer.network import Network
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.shipped import find_network
from golden.learning.grown import grow
from golden.model.anchors import random_anchors
from hdl.board.parts import core_params
from polychron.network import load
from sim.machines.session import CoreSession

from ...firmware.networks import random_network

BOARD = boards.get("icebreaker")
PARAMS = replace(core_params(BOARD), far_bytes=0)
STEPS = 6


def grown(network: Network, *, seed: int) -> Network:
    """With a pair more in each output table, and with three output tables more."""
    rng = np.random.default_rng(seed)
    pairs = random_anchors(n_t=network.output.n_t, n_c=1, n=network.n, rng=rng)
    tables = random_anchors(n_t=3, n_c=2, n=network.n, rng=rng)
    return grow(network, layer="output", tables=tables, pairs=pairs, name="old")


def on_the_core(network: Network, *, seed: int) -> list[Int16]:
    """The outputs of random steps; every latency is also that of the network itself."""
    rng = np.random.default_rng(seed)
    program = compile_network(network, BOARD)
    place = program.meta.placement
    session = CoreSession(network, program, params=PARAMS)
    outputs = []
    try:
        for _ in range(STEPS):
            if isinstance(network, RecurrentNetwork):
                list(session.run([int(rng.integers(network.n_out))]))
            else:
                session.classify(rng.integers(-300, 300, network.n_in).astype(np.int16))
            assert session.difference is None
            outputs.append(session.core.latencies()[place.output : place.output + network.n_out])
        return outputs
    finally:
        session.close()


def in_golden(network: Network, *, seed: int) -> list[Int16]:
    """The same of the golden model."""
    rng = np.random.default_rng(seed)
    if isinstance(network, RecurrentNetwork):
        state, outputs = network.start(), []
        for _ in range(STEPS):
            outputs.append(state.outputs())
            state.update(int(rng.integers(network.n_out)))
        return outputs
    assert isinstance(network, DeepNetwork)
    x = np.stack([rng.integers(-300, 300, network.n_in) for _ in range(STEPS)]).astype(np.int16)
    return list(deep_outputs(network, x))


@pytest.mark.parametrize("kind", ["rnn", "deep"])
@pytest.mark.parametrize("seed", range(6))
def test_the_core_says_what_the_old_network_said(kind: str, seed: int) -> None:
    network = random_network(seed, kind=kind)
    larger = grown(network, seed=seed)
    old = in_golden(network, seed=seed)
    assert np.array_equal(on_the_core(larger, seed=seed), old)
    larger.output.groups[-1].tables[:] = 1
    assert not np.array_equal(on_the_core(larger, seed=seed), old)


def test_what_no_longer_fits_a_board_is_one_sentence() -> None:
    network = load(find_network("shakespeare")).integer
    tables = random_anchors(n_t=8, n_c=5, n=network.n, rng=np.random.default_rng(0))
    larger = grow(network, layer="output", tables=tables, pairs=None, name="old")
    compile_network(network, boards.get("upduino_v3"))
    with pytest.raises(CompileError, match=r"needs 136\.0 KiB for its tables .* upduino_v3 has 128\.0 KiB, 8\.0 KiB too few"):
        compile_network(larger, boards.get("upduino_v3"))
