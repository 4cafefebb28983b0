"""Delays on a netlist's pins: times worked out by hand, at the picosecond."""

import json
from dataclasses import replace

import pytest

from sim.netlist.delays.paths import crossings, endpoints, loose_cells
from sim.netlist.delays.sdf import Check, Delays, Pin, Wire, read_delays
from sim.netlist.delays.timed import Corner, with_delays
from sim.netlist.delays.verilog import TimedWriter, Violation, ViolationError
from sim.netlist.ice40.read import read_netlist
from sim.netlist.parts import NetlistError

from ..verilog.bench import run_bench

_SDF = r"""
(DELAYFILE
  (SDFVERSION "3.0")
  (DESIGN "top")
  (DIVIDER /)
  (TIMESCALE 1ps)
  (CELL
    (CELLTYPE "top")
    (INSTANCE )
    (DELAY
      (ABSOLUTE
        (INTERCONNECT \$gbuf_a/GLOBAL_BUFFER_OUTPUT core.q\[3\]_LC/CLK (900:910:927) (900:910:920))
      )
    )
  )
  (CELL
    (CELLTYPE "ICESTORM_LC")
    (INSTANCE core.q\[3\]_LC)
    (DELAY
      (ABSOLUTE
        (IOPATH CLK O (1:2:1390) (1:2:1391.5))
      )
    )
    (TIMINGCHECK
      (SETUPHOLD (posedge I0) (negedge CLK) (1234:1234:1234) (-7:-7:-7))
      (SETUPHOLD (negedge I0) (negedge CLK) (1234:1234:1234) (-7:-7:-7))
    )
    )
)
"""


def test_reads_what_nextpnr_writes():
    """Names without their backslashes; of a rising and a falling delay the largest figure."""
    found = read_delays(_SDF.encode())
    assert found.wires == {Pin("core.q[3]_LC", "CLK"): Wire(Pin("$gbuf_a", "GLOBAL_BUFFER_OUTPUT"), 927)}
    assert found.paths == {"core.q[3]_LC": {("CLK", "O"): 1391.5}}
    assert found.checks == {"core.q[3]_LC": {("I0", "CLK"): Check(1234, -7, falling=True)}}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("TIMESCALE 1ps", "TIMESCALE 1ns"),
        ("(IOPATH CLK O", "(COND CLK O"),
        ("SETUPHOLD (negedge", "SETUP (negedge"),
        ("(negedge I0) (negedge CLK) (1234:1234:1234)", "(negedge I0) (negedge CLK) (1234:1234:1235)"),
        ("1391.5", "fast"),
    ],
)
def test_refuses_other_files(old, new):
    assert _SDF.count(old) == 1
    with pytest.raises(NetlistError, match="not as nextpnr writes it"):
        read_delays(_SDF.replace(old, new).encode())


A, B, INPUT, ENABLE, RESET, FIRST, SECOND, THIRD = range(2, 10)
FLAGS = dict.fromkeys(("NEG_CLK", "CARRY_ENABLE", "SET_NORESET", "ASYNC_SR", "CIN_CONST", "CIN_SET"), "0") | {"DFF_ENABLE": "1"}


def cell(clock, output, init, **pins):
    parameters = FLAGS | {"LUT_INIT": f"{init:016b}"}
    return {
        "type": "ICESTORM_LC",
        "parameters": parameters,
        "connections": {name: [net] for name, net in pins.items()} | {"CLK": [clock], "O": [output]},
    }


def circuit():
    """``first`` looks at an input without a clock, ``second`` inverts itself at the clock a, and ``third`` takes it at the clock b.
    Its enable is that of the writes of a ``memory``, too, at the clock a."""
    cells = {
        "first": cell(A, FIRST, 0xAAAA, I0=INPUT),
        "second": cell(A, SECOND, 0x5555, I0=SECOND),
        "third": cell(B, THIRD, 0xFF00, I3=SECOND, CEN=ENABLE, SR=RESET),
        "memory": {"type": "SB_RAM40_4K", "parameters": {}, "connections": {"WCLK": [A], "RCLK": [A], "WE": [ENABLE]}},
    }
    ports = {name: {"direction": "input", "bits": [net]} for name, net in {"a": A, "b": B, "i": INPUT, "e": ENABLE, "r": RESET}.items()}
    ports["o"] = {"direction": "output", "bits": [FIRST, SECOND, THIRD]}
    netlist = read_netlist(json.dumps({"modules": {"top": {"ports": ports, "cells": cells}}}).encode())
    wires = {
        Pin("first", "CLK"): 900,
        Pin("second", "CLK"): 900,
        Pin("third", "CLK"): 1000,
        Pin("first", "I0"): 500,
        Pin("second", "I0"): 600,
        Pin("third", "I3"): 700,
        Pin("third", "CEN"): 300,
        Pin("third", "SR"): 400,
        Pin("memory", "WCLK"): 900,
        Pin("memory", "RCLK"): 900,
        Pin("memory", "WE"): 100,
    }
    checks = {("I0", "CLK"): Check(1200, 0, falling=False), ("I3", "CLK"): Check(800, 0, falling=False)}
    checks |= {(pin, "CLK"): Check(100, 0, falling=False) for pin in ("CEN", "SR")}
    return netlist, Delays(
        wires={pin: Wire(Pin("", ""), delay) for pin, delay in wires.items()},
        paths={name: {("CLK", "O"): 1400} for name in cells},
        checks=dict.fromkeys(cells, checks) | {"memory": {("WE", "WCLK"): Check(50, 0, falling=False)}},
    )


_BENCH = """
`timescale 1ps/1ps
module bench;
	parameter PERIOD = 10000, SKEW = 0, CHANGE = 1, ENABLE = 0, RESET = 0;
	reg a = 0, b = 0, i = 0, e = 1, r = 0;
	wire [2:0] o;
	integer unknown = 0;
	top one (.\\a (a), .\\b (b), .\\i (i), .\\e (e), .\\r (r), .\\o (o));
	always @(o) begin
		if (^o === 1'bx) unknown = unknown + 1;
		if ($time) $write("%0d:%b ", $time, o);
	end
	initial repeat (3) begin #PERIOD a = 1; #PERIOD a = 0; end
	initial begin #SKEW repeat (3) begin #PERIOD b = 1; #PERIOD b = 0; end end
	initial if (CHANGE) #CHANGE i = 1;
	initial if (ENABLE) #ENABLE e = 0;
	initial if (RESET) #RESET r = 1;
endmodule
module SB_RAM40_4K (input WCLK, RCLK, WE);
endmodule
"""


def timed(corner):
    """The circuit in the corner; its input comes at any time."""
    return replace(with_delays(*circuit(), corner), launches={INPUT: None})


def simulated(folder, corner=None, **parameters):
    """What is violated, and the changes of the outputs as time:first, second, third from the right."""
    writer = TimedWriter(timed(corner or Corner()))
    (folder / "top.v").write_text(writer.text({}))
    (folder / "bench.v").write_text(_BENCH)
    said = run_bench(folder, ["bench.v", "top.v"], parameters)
    return writer.violations(folder), said.split()


def test_outputs_come_when_they_must(tmp_path):
    """Edges at 10, 30 and 50 ns; 900 + 1400 ps later second changes, and third 1000 + 1400 after the edge that sees it."""
    violations, changes = simulated(tmp_path, CHANGE=0)
    assert violations == []
    assert changes == ["12300:010", "32300:000", "32400:100", "52300:110", "52400:010"]


def test_a_corner_scales_them(tmp_path):
    assert simulated(tmp_path, Corner(0.5), CHANGE=0)[1] == ["11150:010", "31150:000", "31200:100", "51150:110", "51200:010"]


@pytest.mark.parametrize(
    ("late", "violations"),
    [
        ({"PERIOD": 1601}, []),
        # second is ready for itself 900 + 1400 + 600 + 1200 ps after the edge, and looks 900 ps after the next, 3200 ps later
        ({"PERIOD": 1599}, [("second", "D", 3 * 1599 + 900), ("second", "D", 5 * 1599 + 900)]),
        # b behind a: third is ready at 900 + 1400 + 700 ps and looks at 1000 ps + SKEW
        ({"SKEW": 1999}, []),
        ({"SKEW": 2001}, [("third", "D", edge + 3001) for edge in (10_000, 30_000, 50_000)]),
        # the end of the look is 11000 ps, its beginning 100 ps earlier; the wire takes 300 ps, or 400
        ({"ENABLE": 10_599}, []),
        ({"ENABLE": 10_601}, [("third", "CEN", 11_000)]),
        ({"ENABLE": 10_699}, [("third", "CEN", 11_000)]),
        ({"ENABLE": 10_701}, []),
        ({"RESET": 10_499}, []),
        ({"RESET": 10_501}, [("third", "SR", 11_000)]),
        ({"RESET": 10_599}, [("third", "SR", 11_000)]),
        ({"RESET": 10_601}, []),
    ],
)
def test_a_change_during_the_look_is_named(late, violations, tmp_path):
    """At the picosecond, and the register is unknown then."""
    found, changes = simulated(tmp_path, CHANGE=0, **late)
    assert found == [Violation(*one) for one in violations]
    assert any("x" in change for change in changes) == bool(violations)


@pytest.mark.parametrize(("change", "named"), [(10_749, False), (10_751, True), (10_799, True), (10_801, False)])
def test_a_change_while_a_memory_looks_is_named(change, named, tmp_path):
    """The end of the look is 10900 ps, its beginning 50 ps earlier; the wire takes 100 ps."""
    assert simulated(tmp_path, CHANGE=0, ENABLE=change)[0] == ([Violation("memory", "WE", 10_900)] if named else [])


@pytest.mark.parametrize("change", [9201, 10_399])
def test_data_without_a_clock_is_taken_or_not(change, tmp_path):
    """The first flip-flop of a synchroniser is never unknown: it has the new level at the next edge at the latest."""
    violations, changes = simulated(tmp_path, CHANGE=change)
    assert violations == []
    assert not any("x" in change for change in changes)
    assert changes[-1].endswith("1")
    assert any(change in ("12300:011", "32300:001") for change in changes)


def test_paths_add_up():
    one = timed(Corner())
    assert loose_cells(one) == {"first"}
    (crossing,) = [found for found in crossings(one) if found.endpoint.pin == "D"]
    assert (crossing.endpoint.cell, crossing.margin) == ("third", 900 + 1400 + 700 - 1000)
    inverter = next(point for point in endpoints(one) if (point.cell, point.pin) == ("second", "D"))
    assert inverter.arrivals[A] == (900 + 1400 + 600, 900 + 1400 + 600 + 1200)
    assert inverter.hold(A) == 1400 + 600


def test_a_violation_says_what_it_is():
    early, late = ViolationError(Violation("third", "D", 14_001), 1, 3), ViolationError(Violation("second", "D", 5697), None, 1)
    assert str(early).startswith("third/D changes while the register looks, at 14.001 ns (hold: new data is there 1 ps before the edge)")
    assert str(early).endswith("; 3 inputs until the simulation ends")
    assert str(late) == "second/D changes while the register looks, at 5.697 ns (setup: its data comes too late)"


def test_what_is_missing_is_named():
    netlist, delays = circuit()
    paths = {name: path for name, path in delays.paths.items() if name != "second"}
    with pytest.raises(NetlistError, match="no delay from CLK to O of second"):
        with_delays(netlist, replace(delays, paths=paths), Corner())
    with pytest.raises(NetlistError, match="no check of first/I0 against CLK"):
        with_delays(netlist, replace(delays, checks={}), Corner())
    longer = delays.checks | {"first": {("I0", "CLK"): Check(1200, 501, falling=False)}}
    with pytest.raises(NetlistError, match="asks first/I0 to hold for 501 ps, longer than the wire to it takes"):
        with_delays(netlist, replace(delays, checks=longer), Corner())
    with pytest.raises(NetlistError, match="no PLL with two"):
        with_delays(netlist, delays, Corner(1.0, 5))
