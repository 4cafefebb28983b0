"""A network on the board's cells, counted: the same clocks by the core's counter and by its running bit, and a changed table ends it."""

from dataclasses import replace

import numpy as np
import pytest

import boards
from benchmarks.energy.runs import count
from firmware.compiler import compile_network
from firmware.program import Program
from golden.integer.file import load
from golden.integer.network import Network
from golden.integer.shipped import find_network
from golden.tasks.scoring import held_out
from hdl.board.system import System
from sim.activity.mapped import Mapped, build_mapped
from sim.compiled.build import SimulationError

BOARD = boards.get("icebreaker")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mapped() -> Mapped:
    return build_mapped(System(BOARD))


@pytest.fixture(scope="module")
def digits() -> tuple[Network, Program]:
    network = load(find_network("digits"))
    return network, compile_network(network, BOARD)


def test_what_is_counted_of_steps_is_apart_from_the_line(mapped: Mapped, digits: tuple[Network, Program]) -> None:
    """A digit by UART takes hundreds of times as long as its step, in which the line of the UART hardly changes."""
    found = count(*digits, BOARD, mapped, steps=2, samples=np.asarray(held_out(digits[0], data=None).x, np.int16))
    assert found.running.clocks == found.used.clocks
    assert found.rest.clocks > 100 * found.running.clocks
    assert found.rest.pins["uart_rx"] > found.line_bytes
    assert found.running.pins["uart_rx"] <= 2
    assert found.running.nets["core.accumulators"] / found.running.clocks > 10 * found.rest.nets["core.accumulators"] / found.rest.clocks
    assert found.idle.nets["core.accumulators"] == 0


def test_a_table_of_other_bytes_ends_it(mapped: Mapped, digits: tuple[Network, Program]) -> None:
    network, program = digits
    piece = max((piece for piece in program.tables if piece.tier == 0), key=lambda one: len(one.data))
    data = bytes(byte ^ 0x40 for byte in piece.data)
    changed = replace(program, tables=tuple(one._replace(data=data) if one is piece else one for one in program.tables))
    with pytest.raises(SimulationError, match="the cells differ from the golden model: "):
        count(network, changed, BOARD, mapped, steps=1, samples=np.asarray(held_out(network, data=None).x, np.int16))
