// Models of the ECP5's cells that the top instantiates (Lattice's FPGA libraries reference guide; FPGA-TN-02035 for the DDR registers,
// FPGA-TN-02200 for the PLL, FPGA-TN-02039 for USRMCLK).

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

// CLKOP is fed back. The period of CLKI is measured. Every output has its own divider of one oscillator, duty 50 %, and no shift; a shift
// that isn't modelled stops the simulation. Lock comes after 1 us, when the clocks have run for a while.
module EHXPLLL (input CLKI, CLKFB, RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP,
		output CLKOP, CLKOS, CLKOS2, CLKOS3, output reg LOCK);
	parameter CLKI_DIV = 1, CLKFB_DIV = 1, FEEDBK_PATH = "";
	parameter CLKOP_ENABLE = "DISABLED", CLKOS_ENABLE = "DISABLED", CLKOS2_ENABLE = "DISABLED", CLKOS3_ENABLE = "DISABLED";
	parameter CLKOP_DIV = 1, CLKOS_DIV = 1, CLKOS2_DIV = 1, CLKOS3_DIV = 1;
	parameter CLKOP_CPHASE = 0, CLKOS_CPHASE = 0, CLKOS2_CPHASE = 0, CLKOS3_CPHASE = 0;
	parameter CLKOP_FPHASE = 0, CLKOS_FPHASE = 0, CLKOS2_FPHASE = 0, CLKOS3_FPHASE = 0;
	time from, period;
	reg run = 0;
	initial begin
		LOCK = 0;
		@(posedge CLKI) from = $time;
		@(posedge CLKI) period = $time - from;
		from = $time;
		run = 1;
		#1000000 LOCK = 1;
	end
	localparam TIMES = CLKFB_DIV * CLKOP_DIV;  // of the oscillator, over the phase detector
	EHXPLLL_OUTPUT #(CLKOP_ENABLE, CLKOP_DIV, CLKOP_CPHASE, CLKOP_FPHASE, CLKI_DIV, TIMES) op (run, from, period, CLKOP);
	EHXPLLL_OUTPUT #(CLKOS_ENABLE, CLKOS_DIV, CLKOS_CPHASE, CLKOS_FPHASE, CLKI_DIV, TIMES) os (run, from, period, CLKOS);
	EHXPLLL_OUTPUT #(CLKOS2_ENABLE, CLKOS2_DIV, CLKOS2_CPHASE, CLKOS2_FPHASE, CLKI_DIV, TIMES) os2 (run, from, period, CLKOS2);
	EHXPLLL_OUTPUT #(CLKOS3_ENABLE, CLKOS3_DIV, CLKOS3_CPHASE, CLKOS3_FPHASE, CLKI_DIV, TIMES) os3 (run, from, period, CLKOS3);
endmodule

module EHXPLLL_OUTPUT #(parameter ENABLE = "", DIV = 1, CPHASE = 0, FPHASE = 0, CLKI_DIV = 1, TIMES = 1)
		(input run, input [63:0] from, period, output reg clk);
	reg [63:0] edges = 0;
	initial begin
		clk = 0;
		if (ENABLE == "ENABLED") begin
			if (CPHASE != DIV - 1 || FPHASE != 0) begin
				$display("Error: a phase of EHXPLLL that the model lacks");
				$finish;
			end
			wait (run);
			clk = 1;  // all outputs rise together
			// the whole time, not a sum of rounded parts: edges that fall together stay together
			forever begin
				edges = edges + 1;
				#(from + edges * DIV * period * CLKI_DIV / (2 * TIMES) - $time) clk = ~edges[0];
			end
		end
	end
endmodule

// The pin MCLK: let go until USRMCLKTS falls; it doesn't pass on the first clocks after configuration, here the most that the design stands,
// and it is behind the other pins by the longest way through the fabric that the build lets pass.
module USRMCLK (input USRMCLKI, USRMCLKTS);
	integer swallowed = 0;
	always @(negedge USRMCLKI) if (swallowed < 16) swallowed = swallowed + 1;
	wire #3000 pin = USRMCLKTS ? 1'bz : USRMCLKI & (swallowed == 16);
endmodule
