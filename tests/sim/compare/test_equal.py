"""The shipped networks on the compiled gateware: equal to golden on every latency."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import boards
import golden
from firmware.compiler import compile_network
from firmware.jitter import jitter_table
from firmware.sampling import Sampling
from golden.integer.file import load
from golden.integer.symbols import encode
from golden.tasks.images.digits import holdout
from hdl.board.parts import core_params
from sim.cycles import predict
from sim.machines.session import BoardSession, CoreSession

BOARD = boards.get("icebreaker")
NETWORKS = Path(golden.__file__).parent / "networks"


def held_out():
    """The digits, one by one: latencies and the class."""
    split = holdout(0)
    return list(zip(split.test_x, split.test_y.tolist(), strict=True))


@pytest.fixture(scope="module")
def text():
    network = load(NETWORKS / "shakespeare.safetensors")
    return network, compile_network(network, BOARD)


@pytest.fixture(scope="module")
def digits():
    network = load(NETWORKS / "digits.safetensors")
    return network, compile_network(network, BOARD)


def warm(network, program, temperature):
    table, mask = jitter_table(temperature=temperature, out_frac=network.out_frac, outputs=tuple(program.meta.placement.output_range))
    return replace(program, sampling=Sampling(jitter=table, mask=mask, jittered=True))


def latencies_a_step(program, n_out):
    return sum(len(addresses) for addresses in program.meta.placement.neurons) + n_out


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_2000_characters(text, temperature):
    network, program = text
    if temperature:
        program = warm(network, program, temperature)
    session = CoreSession(network, program, params=core_params(BOARD), board=BOARD)
    prompt = encode(network.symbols, b"ROMEO:\nBut soft, what light").tolist()
    symbols = list(session.run([*prompt, *[None] * 2000]))
    assert session.difference is None
    assert len(symbols) == len(prompt) + 2000
    assert session.comparison.compared == len(symbols) * latencies_a_step(program, network.n_out)
    session.close()


def test_450_digits(digits):
    network, program = digits
    session = CoreSession(network, program, params=core_params(BOARD), board=BOARD)
    samples = held_out()
    assert len(samples) == 450
    classes = [session.classify(x) for x, _ in samples]
    assert session.difference is None
    assert session.comparison.compared >= 450 * network.n_out
    right = sum(chosen == label for chosen, (_, label) in zip(classes, samples, strict=True))
    assert round(right / 450, 4) == network.card["figures"]["accuracy_integer"]
    session.close()


def test_mnist_takes_784_inputs():
    """Random images, as the data are not here: every output equal, the clocks those of the cycle model."""
    network = load(NETWORKS / "mnist.safetensors")
    program = compile_network(network, BOARD)
    session = CoreSession(network, program, params=core_params(BOARD), board=BOARD)
    rng = np.random.default_rng(5)
    session.classify(np.zeros(784, np.int16))  # in the first step after a reset the program is still being read
    before = session.counters()
    for _ in range(20):
        session.classify(rng.integers(0, 256, 784).astype(np.int16))
    assert session.difference is None
    assert session.comparison.compared >= 20 * network.n_out
    assert (session.counters() - before).clocks == 20 * predict(program, BOARD).clocks
    session.close()


def test_text_by_the_uart(text):
    """The whole board: prompt and generation by the host driver, at a temperature; the same characters as the core alone."""
    network, program = text
    program = warm(network, program, 0.8)
    requests = [*encode(network.symbols, b"First ").tolist(), *[None] * 20]
    texts = []
    for session in (CoreSession(network, program, params=core_params(BOARD), board=BOARD), BoardSession(network, program, board=BOARD)):
        texts.append(list(session.run(requests)))
        assert session.difference is None
        assert session.counters().steps == len(requests)
        assert session.comparison.compared == len(requests) * latencies_a_step(program, network.n_out)
        session.close()
    assert texts[0] == texts[1]


def test_digits_by_the_uart(digits):
    network, program = digits
    session = BoardSession(network, program, board=BOARD)
    for x, label in held_out()[:5]:
        assert session.classify(x) == label
    assert session.difference is None
    session.close()


@pytest.mark.slow
def test_the_counters_wrap(text):
    """More than 65,536 steps: 33 million clocks, on the core alone and without golden."""
    network, program = text
    session = CoreSession(network, program, params=core_params(BOARD), board=BOARD)
    count = 66_000
    assert sum(1 for _ in session.core.steps([None] * count)) == count
    assert session.counters().steps == count - 65_536
    session.close()
