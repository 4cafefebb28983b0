// The FPGA of a ULX3S between its pins, for cocotb, and a flash chip's side of the four data lines.

`timescale 1ps/1ps

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
