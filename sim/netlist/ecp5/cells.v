// Models of ECP5 cells that yosys has none of (Lattice's FPGA libraries reference guide; FPGA-TN-02200 for the PLL, FPGA-TN-02039 for
// USRMCLK, FPGA-TN-02204 for memories), with the counters of the module bench.

`timescale 1ps/1ps

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

// A block RAM with two ports of one clock, 1024 words of 18 bits (FPGA-TN-02204). A port is 1, 2, 4, 9 or 18 bits wide; of a word's two
// bytes of 9 bits the narrowest have no use for the ninth. AD of a port: the address of its lowest bit, and where it is 18 bits wide the
// enables of the two bytes. A bit that one port reads or writes at the edge at which the other writes it is unknown, and counted.
//
// As long as nothing at its pins changes and nothing is written an edge leaves all as it is, and is skipped.
module SIM_DP16KD #(parameter [18431:0] INIT = 0, parameter WIDTH_A = 18, WIDTH_B = 18, MODE_A = "NORMAL", MODE_B = "NORMAL") (
		input CLK, CEA, WEA, CEB, WEB, input [13:0] ADA, ADB, input [17:0] DIA, DIB, output reg [17:0] DOA, DOB);
	reg [17:0] mem [0:1023];
	integer number;
	initial begin
		{DOA, DOB} = 0;
		for (number = 0; number < 1024; number = number + 1) mem[number] = 0;
		if (INIT) for (number = 0; number < 1024; number = number + 1) mem[number] = INIT[18 * number +: 18]; // slow, and mostly 0
	end

	// The lowest bit that an access has in its word, and the bits that it has there.
	function [4:0] place(input integer width, input [13:0] ad);
		case (width)
			1: place = 9 * ad[3] + ad[2:0];
			2: place = 9 * ad[3] + 2 * ad[2:1];
			4: place = 9 * ad[3] + 4 * ad[2];
			9: place = 9 * ad[3];
			default: place = 0;
		endcase
	endfunction
	localparam [17:0] BITS_A = {18{1'b1}} >> (18 - WIDTH_A), BITS_B = {18{1'b1}} >> (18 - WIDTH_B);

	reg stale = 1;
	always @(CEA, WEA, CEB, WEB, ADA, ADB, DIA, DIB) stale = 1;

	reg [4:0] place_a, place_b;
	reg [17:0] bits_a, bits_b, write_a, write_b, data_a, data_b, word_a, word_b, new_a, new_b;
	reg same;
	always @(posedge CLK) if (stale) begin
		stale = (CEA & WEA | CEB & WEB) !== 1'b0;
		place_a = place(WIDTH_A, ADA);
		place_b = place(WIDTH_B, ADB);
		bits_a = BITS_A << place_a;
		bits_b = BITS_B << place_b;
		write_a = {18{CEA & WEA}} & bits_a & (WIDTH_A == 18 ? {{9{ADA[1]}}, {9{ADA[0]}}} : {18{1'b1}});
		write_b = {18{CEB & WEB}} & bits_b & (WIDTH_B == 18 ? {{9{ADB[1]}}, {9{ADB[0]}}} : {18{1'b1}});
		data_a = (DIA & BITS_A) << place_a;
		data_b = (DIB & BITS_B) << place_b;
		if (^write_a === 1'bx && (CEA & WEA) !== 1'b0 || |write_a !== 1'b0 && ^ADA === 1'bx) bench.unknown = bench.unknown + 1;
		if (^write_b === 1'bx && (CEB & WEB) !== 1'b0 || |write_b !== 1'b0 && ^ADB === 1'bx) bench.unknown = bench.unknown + 1;
		same = ADA[13:4] == ADB[13:4];
		if (same === 1'b1 && (CEA & CEB) === 1'b1 && |(write_a & bits_b | write_b & bits_a)) bench.collisions = bench.collisions + 1;
		word_a = mem[ADA[13:4]];
		word_b = mem[ADB[13:4]];
		new_a = word_a & ~write_a | data_a & write_a;
		new_b = (same ? new_a : word_b) & ~write_b | data_b & write_b;
		if (same !== 1'b0) new_b = new_b ^ write_a & write_b & 18'bx; // both write
		if (|write_a) mem[ADA[13:4]] <= new_a;
		if (|write_b) mem[ADB[13:4]] <= new_b;
		if (same !== 1'b0) begin
			word_a = word_a ^ write_b & 18'bx;
			word_b = word_b ^ write_a & 18'bx;
		end
		if (MODE_A == "WRITETHROUGH") word_a = word_a & ~write_a | data_a & write_a;
		if (MODE_B == "WRITETHROUGH") word_b = word_b & ~write_b | data_b & write_b;
		if (!(MODE_A == "NORMAL" && WEA === 1'b1)) DOA <= CEA ? word_a >> place_a & BITS_A : CEA === 1'b0 ? DOA : 18'bx;
		if (!(MODE_B == "NORMAL" && WEB === 1'b1)) DOB <= CEB ? word_b >> place_b & BITS_B : CEB === 1'b0 ? DOB : 18'bx;
	end
endmodule

// A block RAM written by one port and read by the other, 512 words of 36 bits. A write reaches the bytes that BE enables.
module SIM_PDPW16KD #(parameter [18431:0] INIT = 0) (
		input CLK, CEW, CER, input [3:0] BE, input [8:0] ADW, ADR, input [35:0] DI, output reg [35:0] DO);
	reg [35:0] mem [0:511];
	integer number;
	initial begin
		DO = 0;
		for (number = 0; number < 512; number = number + 1) mem[number] = 0;
		if (INIT) for (number = 0; number < 512; number = number + 1) mem[number] = INIT[36 * number +: 36];
	end

	reg stale = 1;
	always @(CEW, CER, BE, ADW, ADR, DI) stale = 1;

	reg [35:0] mask, word;
	always @(posedge CLK) if (stale) begin
		mask = {36{CEW}} & {{9{BE[3]}}, {9{BE[2]}}, {9{BE[1]}}, {9{BE[0]}}};
		stale = |mask !== 1'b0;
		if (^mask === 1'bx || |mask && ^ADW === 1'bx) bench.unknown = bench.unknown + 1;
		if (|mask && CER && ADW === ADR) bench.collisions = bench.collisions + 1;
		word = mem[ADR];
		if ((ADW == ADR) !== 1'b0) word = word ^ mask & 36'bx;
		DO <= CER ? word : CER === 1'b0 ? DO : 36'bx;
		if (|mask) mem[ADW] <= mem[ADW] & ~mask | DI & mask;
	end
endmodule

// Sixteen words in the tables of logic cells, read without a clock.
module SIM_DPR16 #(parameter WIDTH = 4, parameter [16 * WIDTH - 1:0] INIT = 0) (
		input WCK, WRE, input [3:0] WAD, RAD, input [WIDTH - 1:0] DI, output [WIDTH - 1:0] DO);
	reg [WIDTH - 1:0] mem [0:15];
	integer number;
	initial for (number = 0; number < 16; number = number + 1) mem[number] = INIT[WIDTH * number +: WIDTH];
	always @(posedge WCK) if (WRE !== 1'b0) begin
		if (^{WRE, WAD} === 1'bx) bench.unknown = bench.unknown + 1;
		if (WRE) mem[WAD] <= DI;
	end
	assign DO = mem[RAD];
endmodule
