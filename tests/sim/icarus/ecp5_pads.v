// Models of the ECP5's pads that the top instantiates (Lattice's FPGA libraries reference guide; FPGA-TN-02035 for the DDR registers). PLL
// and USRMCLK are in sim/netlist/ecp5/cells.v.

`timescale 1ps/1ps

module IB (input I, output O);
	assign O = I;
endmodule

module OBZ (input I, T, output O);
	assign O = T ? 1'bz : I;
endmodule

module BB (input I, T, output O, inout B);
	assign B = T ? 1'bz : I;
	assign O = B;
endmodule

// Registers in the pads; the configuration clears them.
module OFS1P3DX (input D, SP, SCLK, CD, output reg Q);
	initial Q = 0;
	always @(posedge SCLK, posedge CD)
		if (CD) Q <= 0;
		else if (SP) Q <= D;
endmodule

module IFS1P3DX (input D, SP, SCLK, CD, output reg Q);
	initial Q = 0;
	always @(posedge SCLK, posedge CD)
		if (CD) Q <= 0;
		else if (SP) Q <= D;
endmodule

module FD1S3AX (input D, CK, output reg Q);
	initial Q = 0;
	always @(posedge CK) Q <= D;
endmodule

// Two stages and the one in the pad: the first half leaves while the clock is high.
module ODDRX1F (input D0, D1, SCLK, RST, output Q);
	reg [2:0] first = 0, second = 0;
	always @(posedge SCLK) begin
		first <= {first[1:0], D0};
		second <= {second[1:0], D1};
	end
	assign Q = SCLK ? first[2] : second[2];
endmodule

// Both samples are seen after the rising edge behind them.
module IDDRX1F (input D, SCLK, RST, output reg Q0, Q1);
	reg rise = 0, fall = 0;
	initial {Q0, Q1} = 0;
	always @(negedge SCLK) fall <= D;
	always @(posedge SCLK) begin
		rise <= D;
		Q0 <= rise;
		Q1 <= fall;
	end
endmodule
