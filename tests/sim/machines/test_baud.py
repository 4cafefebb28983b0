"""Compiled boards at their own baud rates, clocks of board and host off against each other, by the host driver at the pins."""

from contextlib import closing

import pytest

import boards
from firmware.compiler import compile_network
from firmware.host.device import Device
from firmware.host.host import Host, LinkError
from firmware.image.image import write_image
from sim.compare.expected import Golden
from sim.machines.board import BoardSimulation

from ...firmware.networks import random_network

OFF = 0.02  # 1 % of each side
NETWORK = random_network(1, kind="rnn", max_n=16, max_out=12)


def device_on(board, error, *, timeout=1.0):
    """A network on ``board``, loaded over the line by a host that is ``error`` too fast and waits ``timeout`` seconds of the board's for a
    reply."""
    program = compile_network(NETWORK, board)
    simulation = BoardSimulation(board, baud=board.uart_baud * (1 + error))
    device = Device(Host(simulation.transport(), tries=2, timeout=timeout), write_image(program))
    return program, simulation, device


@pytest.mark.parametrize("name", ["ulx3s_85f", pytest.param("ulx3s_25f", marks=pytest.mark.slow)])
@pytest.mark.parametrize("error", [-OFF, OFF])
def test_a_host_whose_clock_is_off(name, error):
    """The board's bit is 27 clocks instead of 26.67, or 23 instead of 23.33; the rest comes on top. Nothing is sent twice."""
    program, simulation, device = device_on(boards.get(name), error)
    with closing(simulation):
        device.load()
        golden, wanted = Golden(NETWORK, program), []
        for given in [1, 0, 2, *[None] * 30]:
            golden.step(given)
            wanted.append(golden.symbol)
        assert device.host.feed([1, 0, 2]) + device.host.step(30) == wanted
        assert device.host.faults.resent == 0


def test_a_host_that_is_too_far_off_is_not_understood():
    _, simulation, device = device_on(boards.get("ulx3s_85f"), 0.08, timeout=0.02)
    with closing(simulation), pytest.raises(LinkError, match="does not answer HELLO"):
        device.load()
