// The FPGA of a ULX3S between its pins, for cocotb, with a flash chip's side of four data lines and, with SDRAM, such a chip's of sixteen.

`timescale 1ps/1ps

module bench;
	integer collisions = 0, unknown = 0; // counted by the models of memories (cells.v)
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
	wire [6:0] flash_pins = {fpga_oe, io, sck, cs_n}; // what the chip has to be told of
	genvar line;
	generate
		for (line = 0; line < 4; line = line + 1)
			assign (pull0, pull1) io[line] = chip_oe[line] ? chip_o[line] : 1'bz;
	endgenerate

`ifdef SDRAM
	// The same of the SDRAM.
	wire sdram_clk, sdram_cke, sdram_cs, sdram_ras, sdram_cas, sdram_we;
	wire [1:0] sdram_ba, sdram_dqm;
	wire [12:0] sdram_a;
	wire [15:0] dq;
	reg [15:0] sdram_o = 0, sdram_loose = 0;
	reg sdram_oe = 0;
	assign (weak0, weak1) dq = sdram_loose;
	assign (pull0, pull1) dq = sdram_oe ? sdram_o : 16'bz;
	wire dq_oe = ~fpga.\sdram.dq.buf.buf0 .T;
	wire [2:0] sdram_command = sdram_cke & ~sdram_cs ? {sdram_ras, sdram_cas, sdram_we} : 3'b111;
`endif

	top fpga (.clk25_0__io(clk), .uart_0__tx__io(uart_tx), .uart_0__rx__io(rx), .led_0__io(led_g), .led_1__io(led_r), .pin_L2_0__io(high),
		.quad_flash_0__cs__io(cs_n), .quad_flash_0__dq__io(io)
`ifdef SDRAM
		, .sdram_0__clk__io(sdram_clk), .sdram_0__clk_en__io(sdram_cke), .sdram_0__cs__io(sdram_cs), .sdram_0__ras__io(sdram_ras),
		.sdram_0__cas__io(sdram_cas), .sdram_0__we__io(sdram_we), .sdram_0__ba__io(sdram_ba), .sdram_0__a__io(sdram_a),
		.sdram_0__dqm__io(sdram_dqm), .sdram_0__dq__io(dq)
`endif
	);
endmodule
