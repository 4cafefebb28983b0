// The FPGA of a ULX3S between its pins, for cocotb: models of the ECP5's cells that the top instantiates (Lattice's FPGA libraries
// reference guide; FPGA-TN-02200 for the PLL, FPGA-TN-02039 for USRMCLK), and a flash chip's side of the four data lines.

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
			// the whole time, not a sum of rounded parts: edges that fall together stay together
			forever begin
				edges = edges + 1;
				#(from + edges * DIV * period * CLKI_DIV / (2 * TIMES) - $time) clk = edges[0];
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

module bench;
	reg clk = 0;
	always #20000 clk = ~clk;
	reg uart_rx = 1;
	wire uart_tx, led_g, led_r, high, cs_n;
	wire rx = uart_rx;
	wire [3:0] io;
	wire sck = fpga.\flash.mclk.cell .pin;

	// What the chip drives, after the way back, and levels of lines that nobody drives. Where the FPGA drives, it sees its own levels: that
	// two drive at once is checked at the chip.
	reg [3:0] chip_o = 0, chip_oe = 0, loose = 0;
	assign (weak0, weak1) io = loose;
	wire fpga_oe = ~fpga.\flash.dq.buf.buf0 .T;
	genvar line;
	generate
		for (line = 0; line < 4; line = line + 1)
			assign (pull0, pull1) io[line] = chip_oe[line] ? chip_o[line] : 1'bz;
	endgenerate

	top fpga (.clk25_0__io(clk), .uart_0__tx__io(uart_tx), .uart_0__rx__io(rx), .led_0__io(led_g), .led_1__io(led_r), .pin_L2_0__io(high),
		.quad_flash_0__cs__io(cs_n), .quad_flash_0__dq__io(io));
endmodule
