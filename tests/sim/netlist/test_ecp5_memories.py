"""Block RAMs of every width, as yosys makes them of memories, beside these memories."""

import random
from dataclasses import dataclass, replace

import pytest

from sim.compiled.build import yosys
from sim.netlist.ecp5.models import CELLS
from sim.netlist.ecp5.read import read_netlist

from .edges import CLOCKS, wrong_edges

pytestmark = pytest.mark.slow

SHAPES = {1: 1, 2: 1, 4: 1, 9: 1, 18: 2, 36: 4}  # bits of a word, and its enables; each a whole block
_HEAD = "module {name}(input clk, input [63:0] i, output [{last}:0] o);\n"
# the word that is read is never the one that is written
_MEMORY = """
	(* ram_style = "block" *) reg [{width}-1:0] m{width} [0:{words}-1];
	initial $readmemh("m{width}.hex", m{width});
	wire [{bits}-1:0] w{width} = {{4{{i[3:0]}}}}, r{width} = {{4{{i[7:4]}}}};
	reg [{width}-1:0] q{width} = 0;
	integer n{width};
	always @(posedge clk) begin
		for (n{width} = 0; n{width} < {enables}; n{width} = n{width} + 1)
			if (i[8 + n{width}]) m{width}[w{width}][n{width} * {part} +: {part}] <= i[16 + n{width} * {part} +: {part}];
		if (w{width} != r{width} && i[12]) q{width} <= m{width}[r{width}];
	end
	assign o[{first} +: {width}] = q{width};
"""


def address_bits(width):
    return (16384 // width).bit_length() - 1 if width < 9 else (18432 // width).bit_length() - 1


@dataclass
class Design:
    """The memories as cells of tests/sim/netlist/cells.py are."""

    inputs = range(64)
    outputs = range(sum(SHAPES))

    def verilog(self, name):
        text, first = _HEAD.format(name=name, last=sum(SHAPES) - 1), 0
        for width, enables in SHAPES.items():
            bits = address_bits(width)
            text += _MEMORY.format(width=width, bits=bits, words=1 << bits, enables=enables, part=width // enables, first=first)
            first += width
        return text + "endmodule\n"

    def instances(self):
        return self.verilog("models")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with the memories' contents, and the netlist."""
    folder, rng = tmp_path_factory.mktemp("memories"), random.Random(7)
    for width in SHAPES:
        (folder / f"m{width}.hex").write_text("\n".join(f"{rng.getrandbits(width):x}" for _ in range(1 << address_bits(width))))
    (folder / "design.v").write_text(Design().verilog("top"))
    yosys("read_verilog design.v; synth_ecp5 -top top; write_json top.json", folder)
    return folder, read_netlist((folder / "top.json").read_bytes())


def test_memories_are_what_they_were(made):
    """Contents, enables, addresses, what is read; nothing is unknown, since no read collides."""
    folder, netlist = made
    blocks = [macro for macro in netlist.macros if macro.kind in ("SIM_DP16KD", "SIM_PDPW16KD")]
    widths = sorted(int(macro.parameters.get("WIDTH_A", f"{36:b}"), 2) for macro in blocks)
    assert widths == sorted(SHAPES)
    wrong, changes, unknown = wrong_edges(Design(), netlist, folder, [CELLS])
    assert (wrong, unknown) == (0, 0)
    assert changes > CLOCKS // 6


@pytest.mark.parametrize("width", [1, 36])
def test_other_contents_are_found(width, made):
    """The negative control: what one block holds at the start, inverted."""
    folder, netlist = made
    macros = list(netlist.macros)
    place = next(place for place, macro in enumerate(macros) if macro.name.startswith(f"m{width}."))
    init = macros[place].parameters["INIT"].translate(str.maketrans("01", "10"))
    macros[place] = replace(macros[place], parameters={**macros[place].parameters, "INIT": init})
    assert wrong_edges(Design(), replace(netlist, macros=macros), folder, [CELLS])[0] > 0
