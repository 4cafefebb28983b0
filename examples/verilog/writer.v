// A design that writes text: the core of Polychron beside logic of its own.
//
// It loads the image out of a memory, lets the network read a prompt, then asks for one symbol after another and turns it into a
// character. docs/user/verilog.md walks through it.
`default_nettype none

module writer #(
    parameter IMAGE = "image.mem",      // a byte of the memory image a line
    parameter IMAGE_BYTES = 1,
    parameter SYMBOLS = "symbols.mem",  // 256 lines: the character of a symbol
    parameter PROMPT = "prompt.mem",    // a symbol a line, read before the network writes
    parameter PROMPT_LENGTH = 1
) (
    input wire clk,
    input wire rst,
    output reg [7:0] character,
    output reg written,                 // for one clock: there is a new character
    output reg [31:0] clocks,           // since reset
    output wire failed                  // the core has refused the image
);
    reg [7:0] image [0:IMAGE_BYTES-1];
    reg [7:0] symbols [0:255];
    reg [7:0] prompt [0:PROMPT_LENGTH-1];
    initial begin
        $readmemh(IMAGE, image);
        $readmemh(SYMBOLS, symbols);
        $readmemh(PROMPT, prompt);
    end

    reg [31:0] sent, stepped, read;     // bytes of the image; steps begun; steps of the prompt that have ended
    wire image_ready, load_done, step_ready, symbol_valid;
    wire [7:0] symbol;

    /* verilator lint_off PINCONNECTEMPTY */
    polychron_core core (
        .clk(clk), .rst(rst),
        .image_payload(image[sent]), .image_valid(sent < IMAGE_BYTES), .image_ready(image_ready), .image_start(1'b0),
        .load_done(load_done), .load_error(failed), .load_code(), .load_image_signature(), .load_same(), .load_section(),
        .step_forced(stepped < PROMPT_LENGTH), .step_symbol(prompt[stepped < PROMPT_LENGTH ? stepped : 0]),
        .step_valid(load_done), .step_ready(step_ready),
        .symbol_payload(symbol), .symbol_valid(symbol_valid), .symbol_ready(1'b1), .abort(1'b0),
        .read_request_space(2'd0), .read_request_address(16'd0), .read_request_valid(1'b0), .read_request_ready(),
        .read_data_payload(), .read_data_valid(), .read_data_ready(1'b0)
    );
    /* verilator lint_on PINCONNECTEMPTY */

    always @(posedge clk) begin
        clocks <= clocks + 1;
        written <= symbol_valid && read == PROMPT_LENGTH;
        character <= symbols[symbol];
        if (sent < IMAGE_BYTES && image_ready) sent <= sent + 1;
        if (load_done && step_ready) stepped <= stepped + 1;
        if (symbol_valid && read < PROMPT_LENGTH) read <= read + 1;
        if (rst) begin
            clocks <= 0;
            written <= 0;
            sent <= 0;
            stepped <= 0;
            read <= 0;
        end
    end
endmodule

`default_nettype wire
