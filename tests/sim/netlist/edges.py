"""A netlist as Icarus Verilog gets it beside instances of models of the same cells, edge by edge."""

from sim.netlist.verilog import to_verilog

from ..verilog.bench import run_bench

CLOCKS = 300
_BENCH = """
`define NO_ICE40_DEFAULT_ASSIGNMENTS
`timescale 1ps/1ps
module bench;
	reg clk;
	reg [{inputs}:0] i = 0;
	wire [{outputs}:0] got, due;
	integer clocks, wrong = 0, changes = 0, collisions = 0, unknown = 0;
	reg [{outputs}:0] before = 0;
	top one (.\\clk (clk), .\\i (i), .\\o (got));
	models other (.clk(clk), .i(i), .o(due));
	initial begin
		#1000 clk = 0; // an edge to the models, so not before all is known
		for (clocks = 0; clocks < {clocks}; clocks = clocks + 1) begin
			#1000 i = {{$random, $random}};
			#1000 clk = ~clk;
			#1000 if (got !== due) wrong = wrong + 1;
			if (due !== before) changes = changes + 1;
			before = due;
			if (^due === 1'bx) unknown = unknown + 1;
		end
		$display("%0d %0d %0d", wrong, changes, unknown);
	end
endmodule
"""


def wrong_edges(cells, netlist, folder, models):
    """Edges of the clock after which the netlist's outputs are others than those of the cells' ``models``, files of Verilog; those after
    which the models' have changed, and after which one of them was unknown."""
    text = _BENCH.format(inputs=len(cells.inputs) - 1, outputs=len(cells.outputs) - 1, clocks=CLOCKS)
    sources = {"bench.v": text, "top.v": to_verilog(netlist), "models.v": cells.instances()}
    for name, content in sources.items():
        (folder / name).write_text(content)
    return tuple(map(int, run_bench(folder, [*sources, *models], {}).split()))
