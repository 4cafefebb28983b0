"""Signals on the compiled core and over the UART of a board: every output as golden's, every signal from the start."""

from contextlib import closing

import numpy as np
import pytest

import boards
from firmware.compiler import compile_network
from golden.integer.layer import NetworkError
from golden.integer.signal import SignalNetwork, signal_outputs
from sim.cycles import predict
from sim.machines.session import BoardSession
from sim.runs import Simulated, simulate_signals

from ...firmware.networks import random_network

BOARD = boards.get("icebreaker")


def signal_case(seed: int) -> tuple[SignalNetwork, list[np.ndarray]]:
    """A network, and signals of different lengths."""
    network = random_network(seed, kind="signal")
    assert isinstance(network, SignalNetwork)
    rng = np.random.default_rng(seed)
    return network, [rng.integers(-400, 400, (steps, network.n_in)).astype(np.int16) for steps in (5, 1, 0, 7)]


@pytest.mark.parametrize("uart", [False, True], ids=["core", "board"])
def test_every_signal_begins_anew(uart: bool) -> None:
    network, signals = signal_case(3)
    program = compile_network(network, BOARD)
    run = simulate_signals(Simulated(network=network, program=program, board=BOARD, uart=uart), [*signals, signals[0]])
    assert run.equal
    assert run.used.steps == 18
    for signal, outputs in zip(signals, run.outputs, strict=False):
        assert np.array_equal(outputs, signal_outputs(network, signal[None])[0])
    assert np.array_equal(run.outputs[0], run.outputs[-1])
    assert f"at 36 MHz: {run.clocks_per_step / 36:.2f} us from a step's inputs to its outputs" in run.summary
    if uart:
        bits = 10 * run.line_bytes  # of which each goes one way, and waits for the one before it
        assert 0 <= run.line_clocks / (BOARD.clock_hz / BOARD.uart_baud) - bits < 0.1 * bits
        assert f"over the UART at 1 Mbaud: {run.line_bytes / 18:.0f} bytes and " in run.summary
    else:
        assert (run.line_bytes, run.figures["uart_bytes_per_step"]) == (0, None)
        assert run.clocks_per_step >= predict(program, BOARD).clocks


def test_a_state_that_is_not_set_back_is_found() -> None:
    """The negative control of the restart."""
    network, signals = signal_case(3)
    with closing(BoardSession(network, compile_network(network, BOARD), board=BOARD)) as session:
        for x in signals[0]:
            session.classify(x)
        assert session.difference is None
        session.golden.restart()  # and the board goes on
        for x in signals[0]:
            session.classify(x)
        assert session.difference is not None
        assert "step 5, op hidden.0, neuron" in session.difference


def test_a_classifier_reads_no_signals() -> None:
    network = random_network(1, kind="deep")
    of = Simulated(network=network, program=compile_network(network, BOARD, name="few"), board=BOARD)
    with pytest.raises(NetworkError, match=r"^few is a deep network: it reads no signals$"):
        simulate_signals(of, [])
