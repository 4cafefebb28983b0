"""The whole FPGA of an iCEBreaker with the delays of place and route, slow and fast, and its two clocks apart."""

from functools import cache

import pytest

from sim.compiled.build import made_once
from sim.netlist.check import Text, check_text
from sim.netlist.delays.paths import crossings, endpoints, loose_cells
from sim.netlist.delays.timed import FAST, SKEW, SLOW, Corner, with_delays
from sim.netlist.delays.verilog import ViolationError
from sim.netlist.made import make

from .test_fpga import BYTE, NETWORK, folder_of, subject

pytestmark = pytest.mark.slow

STEPS = Text(forced=(1,), free=1)
FASTER = 2.0  # times the delays for the 36 MHz; place and route says 39.7, but of a path that is seldom taken
LOOSE = "system.rx_synchronizer.uart_rx_SB_LUT4_I3_LC"  # the first flip-flop behind the UART's pin
HALF = 6_944  # ps, of the 72 MHz: between the falling edge that pads are read at and the next


@cache
def made():
    folder = folder_of(BYTE)
    with made_once(folder):
        return make(BYTE, stage="route", seed=1, folder=folder, say=lambda line: None, delays=True)


def checked(corner, folder):
    netlist, delays = made()
    return check_text(subject("route", BYTE, netlist=netlist, timed=with_delays(netlist, delays, corner)), STEPS, folder=folder)


@pytest.mark.parametrize("corner", [Corner(SLOW), Corner(FAST, SKEW), Corner(FAST, -SKEW)], ids=["slow", "fast-later", "fast-earlier"])
def test_boots_and_steps(corner, tmp_path):
    """Every symbol and the last latencies; no register sees its input change while it looks, but one that may: data reaches it at any
    time."""
    assert loose_cells(with_delays(*made(), corner)) == {LOOSE}
    found = checked(corner, tmp_path)
    assert found.difference is None
    assert found.compared == NETWORK.n + NETWORK.n_out
    assert found.heard.replies[-1]["flash"] > 0  # what crosses between the clocks


@pytest.mark.parametrize("later", [True, False])
def test_more_skew_than_the_margin_is_named(later, tmp_path):
    """The negative control of hold: the second clock a picosecond later, or earlier, than the shortest paths between the two allow."""
    netlist, delays = made()
    timed = with_delays(netlist, delays, Corner(FAST))
    second = timed.outputs[1]
    there = [one for one in crossings(timed) if (one.endpoint.clock == second) == later]
    margin = min(one.margin for one in there)
    assert margin > SKEW
    tight = {one.endpoint.cell for one in there if one.margin == margin}
    with pytest.raises(ViolationError) as caught:
        checked(Corner(FAST, (margin + 1) * (1 if later else -1)), tmp_path)
    assert caught.value.first.cell in tight
    assert caught.value.early == 1


def test_a_clock_that_is_too_fast_is_named(tmp_path):
    """The negative control of setup: a register that a path as long as that does not reach in time."""
    netlist, delays = made()
    corner = Corner(FASTER)
    with pytest.raises(ViolationError) as caught:
        checked(corner, tmp_path)
    first = caught.value.first
    assert caught.value.early is None
    at = next(one for one in endpoints(with_delays(netlist, delays, corner)) if (one.cell, one.pin) == (first.cell, first.pin))
    assert any(span.last - at.edge > HALF for span in at.arrivals.values())
