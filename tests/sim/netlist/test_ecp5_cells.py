"""The netlist of an ECP5 as Icarus Verilog gets it, beside instances of yosys' models of the same cells; and the project's own models."""

import random
import re
from dataclasses import replace

import pytest

import boards
from sim.netlist.ecp5 import models as shipped_models
from sim.netlist.ecp5.models import CELLS, cell_models
from sim.netlist.ecp5.read import read_netlist
from sim.netlist.family import family_of
from sim.netlist.parts import NetlistError

from ..verilog.bench import run_bench
from .cells import CLOCK, Cells, random_bits
from .ecp5_cells import models, packed_ram, random_packed, random_synthesised
from .edges import CLOCKS, wrong_edges


def edges(cells, netlist, folder):
    return wrong_edges(cells, netlist, folder, [models(folder), CELLS])


@pytest.mark.parametrize("make", [random_synthesised, random_packed])
def test_logic_is_as_the_models_say(make, tmp_path):
    cells = make(random.Random(1))
    wrong, changes, unknown = edges(cells, read_netlist(cells.json()), tmp_path)
    assert (wrong, unknown) == (0, 0)
    assert changes > CLOCKS // 2


@pytest.mark.parametrize("kind", ["LUT4", "CCU2C"])
def test_a_flipped_bit_of_a_table_is_found(kind, tmp_path):
    """The negative control: a table alone, and the carry of one in a chain."""
    rng, cells = random.Random(3), Cells(9)
    if kind == "LUT4":
        cells.add(kind, "Z", parameters={"INIT": random_bits(rng, 16)}, **dict(zip("ABCD", cells.inputs, strict=False)))
    else:
        pins = dict(zip([f"{pin}{half}" for half in range(2) for pin in "ABCD"], cells.inputs, strict=False))
        parameters = {"INIT0": random_bits(rng, 16), "INIT1": random_bits(rng, 16), "INJECT1_0": "NO", "INJECT1_1": "NO"}
        cells.add(kind, "S0", "S1", "COUT", parameters=parameters, CIN=cells.inputs[8], **pins)
    netlist = read_netlist(cells.json())
    tables = netlist.carries or netlist.tables
    tables[0] = replace(tables[0], init=tables[0].init ^ 1 << 6)
    assert edges(cells, netlist, tmp_path)[0] > 0


@pytest.mark.parametrize("flipped", [False, True])
def test_a_packed_memory_is_what_it_was(flipped, tmp_path):
    """In logic cells: contents, addresses and enable. Flipped: one bit of every word at the start, which must be found."""
    whole, packed = packed_ram(random.Random(5))
    if flipped:
        cell = packed.cells["cell3"]["parameters"]
        cell["INITVAL"] = cell["INITVAL"].translate(str.maketrans("01", "10"))
    wrong, changes, unknown = edges(whole, read_netlist(packed.json()), tmp_path)
    assert (wrong > 0, unknown) == (flipped, 0)
    assert changes > CLOCKS // 2


def test_a_chain_is_fed():
    """The cell that place and route begins a chain with hands its input A on: inputs of a chain that nothing drives are 1."""
    cells = Cells(1)
    parameters = {"MODE": "CCU2", "INITVAL": "0000000000001010", "CCU2_INJECT1": "NO"}
    cells.add("TRELLIS_COMB", "FCO", parameters=parameters, A=cells.inputs[0])
    (carry,) = read_netlist(cells.json()).carries
    assert carry.inputs == (cells.inputs[0], "1", "1", "1", "0")
    assert [carry.init >> number & 1 for number in (14, 15)] == [0, 1]


def test_a_flip_flop_behind_the_cell():
    """After place and route data come from outside the logic cell, too."""
    cells = Cells(2)
    for pin in ("DI", "M"):
        cells.add("TRELLIS_FF", "Q", parameters={"CEMUX": "1 "}, CLK=CLOCK, **{pin: cells.inputs[0]})
    one, other = read_netlist(cells.json()).flops
    assert (one.control, one.data) == (other.control, other.data)


def test_the_registers_of_a_pad():
    cells = Cells(3)
    parameters = {"MODE": "IREG_OREG", "SRMODE": "ASYNC", "CEMUX": "CE", "CEOMUX": "CEMUX", "LSRMUX": "LSR", "TSREG.REGSET": "SET"}
    cells.add("SIOLOGIC", "IOLDO", "IOLTO", parameters=parameters, CLK=CLOCK, TXDATA0=3, TSDATA0=4, CE=5)
    cells.add("TRELLIS_IO", parameters={"DIR": "BIDIR", "DATAMUX_OREG": "IOLDO", "TRIMUX_TSREG": "IOLTO"}, IOLDO=6, IOLTO=7, B=20)
    netlist = read_netlist(cells.json())
    out, let_go = netlist.flops
    assert (out.data, out.output, out.control.enable, out.start) == (3, 6, 5, False)
    assert (let_go.data, let_go.output, let_go.control.reset, let_go.start) == (4, 7, "0", True)
    assert netlist.macros[0].pins == {"I": (6,), "T": (7,), "B": (20,)}


def block(*, packed=False, **changes):
    """A block RAM of one bit a word, with its second port unused: its enable a constant, or inverted and without a net."""
    parameters = {"DATA_WIDTH_A": f"{1:032b}", "DATA_WIDTH_B": f"{18:032b}", "WRITEMODE_A": "NORMAL", "INITVAL_01": f"{5:0320b}"}
    pins = {"CLKA": CLOCK, "CLKB": CLOCK, "CEA": "1", "WEA": 3, "DIA0": 4, "DOA0": 40} | {f"ADA{bit}": 5 + bit for bit in range(14)}
    if packed:
        del pins["CLKB"], pins["CEA"]
        parameters |= {f"{pin}MUX": "INV" for pin in ("CEB", "WEB", "RSTA", "CSA0", "CLKB")} | {"CEAMUX": "CEA", "DIA1MUX": "0 "}
    else:
        pins |= {pin: "0" for pin in ("CEB", "WEB", "RSTA", "RSTB", "CSA0", "DIA1")}
    cells = Cells(16)
    cells.add("DP16KD", name="ram", parameters=parameters | changes, **pins)
    return cells


def test_a_packed_block_ram_is_what_it_was():
    (one,), (other,) = (read_netlist(block(packed=packed).json()).macros for packed in (False, True))
    assert (one.kind, one.parameters, one.pins) == (other.kind, other.parameters, other.pins)
    assert int(one.parameters["INIT"], 2) == 5 << 16 * 18


_BLOCK = """
module bench;
	integer collisions = 0, unknown = 0;
	reg clk = 0, we = 0, re = 1;
	reg [13:0] to = 14'h53, at = 14'h50;
	reg [17:0] data = 18'h2ABCD;
	wire [17:0] written, got, through;
	wire [35:0] pair;
	SIM_DP16KD #(.INIT({1024{18'h3FFFF}}), .MODE_A("NORMAL")) ram (.CLK(clk), .CEA(1'b1), .WEA(we), .CEB(re), .WEB(1'b0), .ADA(to),
		.ADB(at), .DIA(data), .DIB(18'b0), .DOA(written), .DOB(got));
	SIM_DP16KD #(.MODE_A("WRITETHROUGH"), .WIDTH_A(4)) other (.CLK(clk), .CEA(1'b1), .WEA(we), .CEB(1'b0), .WEB(1'b0), .ADA(to), .ADB(at),
		.DIA(data), .DIB(18'b0), .DOA(through));
	SIM_PDPW16KD wide (.CLK(clk), .CEW(1'b1), .CER(re), .BE({4{we}} & 4'b0110), .ADW(9'd3), .ADR(9'd3), .DI({36{1'b1}}), .DO(pair));
	SIM_DPR16 tables (.WCK(clk), .WRE(we), .WAD(to[3:0]), .RAD(4'd0), .DI(4'd1));
	task tick; begin #1 clk = 1; #1 clk = 0; $display("%h %h %h %b %0d %0d", written, got, through, pair, collisions, unknown); end endtask
	initial begin
		tick;
		we = 1; to[1:0] = 2'b01; tick; // the lower byte
		we = 0; tick;
		we = 1; to = 14'h63; tick; // both bytes of another word
		we = 0; tick;
		re = 0; at = 14'h40; tick;
		we = 1'bx; tick;
	end
endmodule
"""


def test_what_the_models_of_memories_say(tmp_path):
    """A word read while it is written: what is written is unknown, what the enables of bytes keep is not; then both are there. The writing
    port shows what it read before, or what is written. A word that is not asked for stays. A write of which the enable is unknown is
    counted in every memory."""
    (tmp_path / "bench.v").write_text(_BLOCK)
    ones, zeros, open_ = ("".join(bit * 9) for bit in "10x")
    before, during, after = f"{zeros * 4}", f"{zeros}{open_ * 2}{zeros}", f"{zeros}{ones * 2}{zeros}"
    assert run_bench(tmp_path, ["bench.v", CELLS], {}).splitlines() == [
        f"3ffff 3ffff 00000 {before} 0 0",
        f"3ffff 3fXxx 0000d {during} 2 0",
        f"3ffcd 3ffcd 0000d {after} 2 0",
        f"3ffcd 3ffcd 0000d {during} 3 0",
        f"2abcd 3ffcd 0000d {after} 3 0",
        f"2abcd 3ffcd 0000d {after} 3 0",
        f"2abcd 3ffcd 0000X {after} 3 4",
    ]


_PORTS = """
module bench;
	integer collisions = 0, unknown = 0;
	reg clk = 0, cea = 1, wea = 0, web = 1;
	reg [13:0] ada = 14'h010, adb = 14'h003;
	reg [17:0] dia = 0, dib = 18'h15A5A;
	wire [17:0] a, b;
	SIM_DP16KD #(.WIDTH_A(4)) ram (.CLK(clk), .CEA(cea), .WEA(wea), .CEB(1'b1), .WEB(web), .ADA(ada), .ADB(adb), .DIA(dia), .DIB(dib),
		.DOA(a), .DOB(b));
	task tick; begin #1 clk = 1; #1 clk = 0; $display("%h %h %0d %0d", a, b, collisions, unknown); end endtask
	initial begin
		tick;
		web = 0; ada = 14'h004; tick;
		ada = 14'h00C; tick;
		cea = 0; ada = 14'h004; tick;
		wea = 1; dia = 15; tick;
		cea = 1; wea = 0; tick;
		cea = 1'bx; tick;
		cea = 1; wea = 1; dia = 3; web = 1; adb = 14'h001; dib = 18'h00055; tick; // both write, B the lower byte
		wea = 0; web = 0; tick;
		wea = 1; ada = 14'bxxxxxxxxxx0100; tick;
		wea = 0; ada = 14'h004; web = 1'bx; tick;
	end
endmodule
"""


def test_what_the_two_ports_of_a_block_ram_say(tmp_path):
    """One of 4 bits and one of 18. What one writes the other reads, in its part of the word; a port that is not enabled shows what it did
    before, and writes nothing, and one of which that is unknown shows nothing. What both write is unknown, and counted; so are, once each,
    an unknown address of a write and an unknown enable."""
    (tmp_path / "bench.v").write_text(_PORTS)
    assert run_bench(tmp_path, ["bench.v", CELLS], {}).splitlines() == [
        "00000 00000 0 0",
        "00005 15a5a 0 0",
        "0000a 15a5a 0 0",
        "0000a 15a5a 0 0",
        "0000a 15a5a 0 0",
        "00005 15a5a 0 0",
        "xxxxx 15a5a 0 0",
        "xxxxx 15a5a 1 0",
        "0000x 15ax5 1 0",
        "0000x 15ax5 1 1",
        "0000x 15ax5 1 2",
    ]


def pll(**changes):
    parameters = {"FEEDBK_PATH": "CLKOP", "CLKOP_ENABLE": "ENABLED", "CLKOP_DIV": f"{4:032b}"}
    cells = Cells(1)
    cells.add("EHXPLLL", "LOCK", name="pll", parameters=parameters | changes, CLKI=3, CLKOP=30, CLKFB=30, RST="0")
    return cells


def alone(kind, **options):
    cells = Cells(4)
    cells.add(kind, "Q", name="a", **options)
    return cells


def two_clocks():
    cells = block(packed=True, CEBMUX="CEB", CLKBMUX="CLKB")
    cells.cells["ram"]["connections"]["CLKB"] = [9]
    return cells


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (alone("MULT18X18D"), "the netlist has a cell a of the kind MULT18X18D, which is not known here"),
        (alone("TRELLIS_FF", parameters={"LSRMODE": "PRLD"}), "the flip-flop a works in a way that is not known here"),
        (alone("TRELLIS_COMB", parameters={"MODE": "MULT"}), "the logic cell a works as MULT, which is not known here"),
        (alone("TRELLIS_DPR16X4", parameters={"WCKMUX": "INV"}), "the memory a is written at falling edges, which is not known here"),
        (alone("SIOLOGIC", parameters={"MODE": "IDDRXN"}), "the registers of the pad a work in a way that is not known here"),
        (alone("DCCA", CLKI=3, CE=4), "the clock buffer a has an enable, which is not known here"),
        (pll(FEEDBK_PATH="INT_OP"), "the PLL pll works in a way that is not known here"),
        (block(REGMODE_A="OUTREG"), "the memory ram works in a way that is not known here"),
        (block(CLKAMUX="INV"), "the memory ram works in a way that is not known here"),
        (block(RSTAMUX="INV"), "the memory ram works in a way that is not known here"),
        (block(DATA_WIDTH_A=f"{36:032b}"), "the memory ram has ports 36 and 18 bits wide, which is not known here"),
        (two_clocks(), "the memory ram has ports with different clocks, which is not known here"),
    ],
)
def test_what_is_not_known_is_refused(cells, message):
    with pytest.raises(NetlistError, match=f"^{re.escape(message)}$"):
        read_netlist(cells.json())


@pytest.mark.parametrize("name", ["ulx3s_85f_sdram", "ulx3s_85f_two", "icepi_zero"])
def test_a_board_without_models_is_refused(name):
    with pytest.raises(NetlistError, match=f"^the board must be an iCEBreaker, or a ULX3S with one core and no SDRAM, .*, not {name}$"):
        family_of(boards.get(name))


def test_other_models_are_refused(tmp_path, monkeypatch):
    changed = tmp_path / "common_sim.vh"
    changed.write_text(shipped_models.SHIPPED.read_text().replace("T_pd = T;", "T_pd <= T;"))
    monkeypatch.setattr(shipped_models, "SHIPPED", changed)
    with pytest.raises(NetlistError, match=r"yosys' models of the ECP5's cells have changed: \S+common_sim.vh has 0 times \"reg T_pd;"):
        cell_models()
    changed.write_text("")
    with pytest.raises(NetlistError, match=r"yosys' models of the ECP5's cells have changed: \S+common_sim.vh has no module TRELLIS_IO$"):
        cell_models()
