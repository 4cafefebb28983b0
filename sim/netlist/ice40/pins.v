// The FPGA of an iCEBreaker between its pins, for cocotb: its oscillator and PLL, and a flash chip's side of the four data lines.

`timescale 1ps/1ps

// Two outputs of one oscillator; the frequency as the cell's parameters make it of 12 MHz. Their rising edges fall together.
module SIM_PLL40_2F_PAD (input PACKAGEPIN, input RESETB, input BYPASS, output PLLOUTGLOBALA, output PLLOUTGLOBALB, output LOCK);
	parameter FEEDBACK_PATH = "SIMPLE", PLLOUT_SELECT_PORTA = "GENCLK", PLLOUT_SELECT_PORTB = "GENCLK_HALF";
	parameter DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0;
	parameter START = 0; // ps without a clock, in which a netlist with delays settles
	reg fast = 0, half = START == 0, lock = 0;
	integer part;
	initial begin
		part = 0.5 * 1.0e6 / 12.0 * (DIVR + 1) * (1 << DIVQ) / (DIVF + 1);
		if (START) #START;
		forever begin
			#part fast = 1;
			half = ~half;
			#part fast = 0;
		end
	end
	initial #1000000 lock = 1;
	assign PLLOUTGLOBALA = PLLOUT_SELECT_PORTA == "GENCLK" ? fast : half;
	assign PLLOUTGLOBALB = PLLOUT_SELECT_PORTB == "GENCLK" ? fast : half;
	assign LOCK = lock;
endmodule

module SIM_PLL40_PAD (input PACKAGEPIN, input RESETB, input BYPASS, output PLLOUTGLOBAL, output LOCK);
	parameter FEEDBACK_PATH = "SIMPLE";
	parameter DIVR = 0, DIVF = 0, DIVQ = 0, FILTER_RANGE = 0, START = 0;
	SIM_PLL40_2F_PAD #(.DIVR(DIVR), .DIVF(DIVF), .DIVQ(DIVQ), .START(START)) pll (
		.PACKAGEPIN(PACKAGEPIN), .RESETB(RESETB), .BYPASS(BYPASS), .PLLOUTGLOBALA(PLLOUTGLOBAL), .LOCK(LOCK));
endmodule

module bench;
	integer collisions = 0, unknown = 0; // counted by the models of memories (models.py)
	reg uart_rx = 1;
	wire tx, led_g_n, led_r_n, cs_n, sck;
	wire rx = uart_rx;
	wire [3:0] io;
	// the model of an output cell without a register is x until what it puts out first changes
	wire led_g = led_g_n === 1'b0, led_r = led_r_n === 1'b0, uart_tx = tx !== 1'b0;

	// What the chip drives, after the way back, and levels of lines that nobody drives. Where the FPGA drives, it sees its own levels: that
	// two drive at once is checked at the chip.
	reg [3:0] chip_o = 0, chip_oe = 0, loose = 0;
	assign (weak0, weak1) io = loose;
	wire fpga_oe = fpga.\flash.dq.buf0 .outena_q;
	wire [6:0] flash_pins = {fpga_oe, io, sck, cs_n}; // what the chip has to be told of
	genvar line;
	generate
		for (line = 0; line < 4; line = line + 1)
			assign (pull0, pull1) io[line] = chip_oe[line] ? chip_o[line] : 1'bz;
	endgenerate

	top fpga (.clk12_0__io(1'b0), .uart_0__tx__io(tx), .uart_0__rx__io(rx), .led_g_0__io(led_g_n), .led_r_0__io(led_r_n),
		.spi_flash_4x_0__cs__io(cs_n), .spi_flash_4x_0__clk__io(sck), .spi_flash_4x_0__dq__io(io));
endmodule
