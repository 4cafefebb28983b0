"""The netlist as Icarus Verilog gets it, beside instances of yosys' models of the same cells."""

import random
import re
from dataclasses import replace

import pytest

from sim.netlist.ice40 import models
from sim.netlist.ice40.models import CELLS, cell_models
from sim.netlist.ice40.read import read_netlist
from sim.netlist.parts import NetlistError, Table
from sim.netlist.run import main
from sim.netlist.tables import primitive, primitive_name, reduced

from ..verilog.bench import run_bench
from .cells import CLOCK, Cells, random_bits, random_packed, random_synthesised
from .edges import CLOCKS, wrong_edges


@pytest.mark.parametrize("make", [random_synthesised, random_packed])
def test_logic_is_as_the_models_say(make, tmp_path):
    cells = make(random.Random(1))
    wrong, changes, unknown = wrong_edges(cells, read_netlist(cells.json()), tmp_path, [CELLS])
    assert (wrong, unknown) == (0, 0)
    assert changes > CLOCKS // 2


def test_a_flipped_bit_of_a_table_is_found(tmp_path):
    """The negative control."""
    cells = Cells(4)
    pins = {f"I{place}": net for place, net in enumerate(cells.inputs)}
    cells.add("SB_LUT4", "O", parameters={"LUT_INIT": random_bits(random.Random(3), 16)}, **pins)
    netlist = read_netlist(cells.json())
    netlist.tables[0] = replace(netlist.tables[0], init=netlist.tables[0].init ^ 1 << 6)
    assert wrong_edges(cells, netlist, tmp_path, [CELLS])[0] > 0


_UNKNOWN = """
module bench;
	reg [3:0] i;
	wire [{last}:0] got, due;
	integer number, place, left, wrong = 0;
	{instances}
	initial begin
		for (number = 0; number < 81; number = number + 1) begin
			left = number;
			for (place = 0; place < 4; place = place + 1) begin
				i[place] = left % 3 == 2 ? 1'bx : left % 3;
				left = left / 3;
			end
			#1 if (got !== due) wrong = wrong + 1;
		end
		$display("%0d", wrong);
	end
endmodule
"""


@pytest.mark.parametrize("spoilt", [False, True])
def test_unknown_inputs_of_a_table(spoilt, tmp_path):
    """All 81 inputs of 0, 1 and x, beside the model's multiplexers. Spoilt: a row of 0s and 1s less, which must be found."""
    rng = random.Random(4)
    inits = [0x8000, 0x6996, 0xCA35, *(rng.getrandbits(16) for _ in range(20))]
    tables = [reduced(Table("", init, (0, 1, 2, 3), 4)) for init in inits]
    lines = []
    for number, (init, table) in enumerate(zip(inits, tables, strict=True)):
        pins = "".join(f", i[{net}]" for net in table.inputs)
        lines.append(f"{primitive_name(len(table.inputs), table.init)} (got[{number}]{pins});")
        pins = ", ".join(f".I{place}(i[{place}])" for place in range(4))
        lines.append(f"SB_LUT4 #(.LUT_INIT(16'd{init})) model{number} ({pins}, .O(due[{number}]));")
    kinds = sorted({(len(table.inputs), table.init) for table in tables})
    primitives = "\n".join(line for kind in kinds for line in primitive(*kind))
    if spoilt:
        primitives = re.sub(r"^[01 ]*\? .*\n", "", primitives, count=1, flags=re.MULTILINE)
    (tmp_path / "bench.v").write_text(
        "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n" + primitives + _UNKNOWN.format(last=len(inits) - 1, instances="\n".join(lines))
    )
    assert (int(run_bench(tmp_path, ["bench.v", CELLS], {})) > 0) == spoilt


_MEMORY = """
`define NO_ICE40_DEFAULT_ASSIGNMENTS
module bench;
	integer collisions = 0, unknown = 0;
	reg clk = 0, we = 0;
	reg [10:0] at = 5, to = 5;
	reg [15:0] mask = 16'h00FF, data = 16'hABCD;
	wire [15:0] got;
	SB_RAM40_4K #(.INIT_0({256{1'b1}})) ram (.RDATA(got), .RCLK(clk), .RCLKE(1'b1), .RE(1'b1), .RADDR(at),
		.WCLK(clk), .WCLKE(1'b1), .WE(we), .WADDR(to), .MASK(mask), .WDATA(data));
	SB_SPRAM256KA spram (.ADDRESS(14'd0), .DATAIN(data), .MASKWREN(4'hF), .WREN(we), .CHIPSELECT(1'b1), .CLOCK(clk), .STANDBY(1'b0),
		.SLEEP(1'b0), .POWEROFF(1'b1));
	task tick; begin #1 clk = 1; #1 clk = 0; $display("%b %0d %0d", got, collisions, unknown); end endtask
	initial begin
		tick;
		we = 1; tick;
		we = 0; tick;
		we = 1; to = 6; tick;
		we = 1'bx; tick;
		$finish;
	end
endmodule
"""


def test_what_the_models_of_memories_leave_out(tmp_path):
    """A word read while it is written: what is written is unknown, what the mask keeps is not; then both are there. A write of which the
    enable is unknown is counted, in either memory."""
    (tmp_path / "bench.v").write_text(_MEMORY)
    (tmp_path / "cells.v").write_text(cell_models())
    assert run_bench(tmp_path, ["bench.v", "cells.v"], {}).splitlines() == [
        f"{'1' * 16} 0 0",
        f"{'x' * 8}{'1' * 8} 1 0",
        f"{0xAB:08b}{'1' * 8} 1 0",
        f"{0xAB:08b}{'1' * 8} 1 0",
        f"{0xAB:08b}{'1' * 8} 1 2",
    ]


def memory(kind, rng):
    """A block RAM or SPRAM after synthesis, and the same packed."""
    whole, packed = Cells(60), Cells(60)
    if kind == "SB_RAM40_4K":
        parameters = {f"INIT_{number:X}": random_bits(rng, 256) for number in range(16)} | {"READ_MODE": "01", "WRITE_MODE": "10"}
        pins = {"RCLK": CLOCK, "RE": 3, "WCLK": CLOCK, "WE": 4, "RADDR": range(5, 16), "WADDR": range(16, 27), "WDATA": range(27, 43)}
        absent, output = {"RCLKE": "1", "WCLKE": "1", "MASK": ["0"] * 16}, "RDATA"
        extra = {"NEG_CLK_R": "0", "NEG_CLK_W": "0"}
    else:
        parameters, extra, output = {}, {}, "DATAOUT"
        pins = {"CLOCK": CLOCK, "WREN": 3, "CHIPSELECT": 4, "ADDRESS": range(5, 19), "DATAIN": range(19, 35), "POWEROFF": 35}
        absent = {"STANDBY": "0", "SLEEP": "0", "MASKWREN": ["0"] * 4}
    results = list(range(100, 116))
    bits = {
        f"{pin}_{bit}": net for pin, nets in (pins | {output: results}).items() if not isinstance(nets, int) for bit, net in enumerate(nets)
    }
    single = {pin: net for pin, net in pins.items() if isinstance(net, int)}
    whole.add(kind, name="ram", parameters=parameters, **pins, **absent, **{output: results})
    packed.add({"SB_RAM40_4K": "ICESTORM_RAM"}.get(kind, "ICESTORM_SPRAM"), name="ram", parameters=parameters | extra, **single, **bits)
    return whole, packed


@pytest.mark.parametrize("kind", ["SB_RAM40_4K", "SB_SPRAM256KA"])
def test_a_packed_memory_is_what_it_was(kind):
    one, other = (read_netlist(cells.json()).macros for cells in memory(kind, random.Random(5)))
    assert (one[0].kind, one[0].parameters, dict(one[0].pins)) == (other[0].kind, other[0].parameters, dict(other[0].pins))


def pll(**changes):
    """The PLL as nextpnr leaves it: the buffers behind it have lost their net."""
    parameters = {"PLLTYPE": "110", "FEEDBACK_PATH": "001", "PLLOUT_SELECT_A": "0", "PLLOUT_SELECT_B": "1"}
    cells = Cells(1)
    cells.add("SB_GB", "GLOBAL_BUFFER_OUTPUT", name="$gbuf_pll.cell_pllout_b", USER_SIGNAL_TO_GLOBAL_BUFFER=[])
    parameters = {name: f"{value:>02}" for name, value in parameters.items()} | {"DIVR": "0000", "DIVF": "0101111", "DIVQ": "011"}
    cells.add("ICESTORM_PLL", "LOCK", name="pll.cell_PLL", parameters=parameters | changes, PLLOUT_A=[], PLLOUT_B=[])
    cells.add("SB_DFF", "Q", C=cells.outputs[0], D="1")
    return cells


def test_the_buffer_behind_the_pll():
    netlist = read_netlist(pll().json())
    (found,) = netlist.macros
    assert found.pins["PLLOUTGLOBALB"] == (netlist.flops[0].control.clock,)
    assert (found.parameters["PLLOUT_SELECT_PORTA"], found.parameters["PLLOUT_SELECT_PORTB"]) == ("GENCLK", "GENCLK_HALF")


def two_clocks():
    cells, _ = memory("SB_RAM40_4K", random.Random(6))
    cells.cells["ram"]["connections"]["WCLK"] = [59]
    return cells


def falling():
    _, cells = memory("SB_RAM40_4K", random.Random(6))
    cells.cells["ram"]["parameters"]["NEG_CLK_R"] = "1"
    return cells


def alone(kind, **options):
    cells = Cells(4)
    cells.add(kind, "O", name="a", **options)
    return cells


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (alone("SB_MAC16"), "the netlist has a cell a of the kind SB_MAC16, which is not known here"),
        (pll(FEEDBACK_PATH="010"), "the PLL pll.cell_PLL works in a way that is not known here"),
        (pll(PLLOUT_SELECT_B="10"), "the PLL pll.cell_PLL works in a way that is not known here"),
        (two_clocks(), "the memory ram is read and written with different clocks, which is not known here"),
        (falling(), "the memory ram works at falling edges (NEG_CLK_R), which is not known here"),
    ],
)
def test_what_is_not_known_is_refused(cells, message):
    with pytest.raises(NetlistError, match=f"^{re.escape(message)}$"):
        read_netlist(cells.json())


def test_other_models_are_refused(tmp_path, monkeypatch):
    changed = tmp_path / "cells_sim.v"
    changed.write_text(CELLS.read_text().replace("RDATA_I <= memory", "RDATA_I = memory"))
    monkeypatch.setattr(models, "CELLS", changed)
    with pytest.raises(NetlistError, match=r"yosys' models of the iCE40's memories have changed: \S+cells_sim.v has 0 times 'RDATA_I <= "):
        cell_models()


def test_a_board_without_models_is_refused(tmp_path, capsys):
    assert main(["--board", "upduino_v3", "--out", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == (
        "error: the board must be an iCEBreaker, or a ULX3S with one core and no SDRAM, whose pins there are models of, not upduino_v3\n"
    )
    assert not (tmp_path / "none").exists()


def test_a_network_without_text_is_refused(capsys):
    assert main(["--network", "digits"]) == 2
    assert capsys.readouterr().err == "error: digits has no symbols: it reads no text\n"
