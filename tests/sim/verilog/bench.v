// Drives polychron_core by a list of commands, a word each, away from the rising edges of the clock; prints what comes.
//   0bb image byte   100 image_start   2ss step with symbol ss forced   300 step   400 read the store   5ww read counter word ww   600 abort
module bench;
    parameter COMMANDS = 1;
    parameter WORDS = 8;  // latencies read by 400

    reg [11:0] commands [0:COMMANDS-1];
    reg clk = 0, rst = 1, image_valid = 0, image_start = 0, step_valid = 0, abort = 0, read_valid = 0;
    reg [7:0] image = 0, symbol = 0;
    reg forced = 0;
    reg [1:0] space = 0;
    reg [15:0] address = 0;
    wire image_ready, done, error, step_ready, symbol_valid, read_ready, word_valid;
    wire [2:0] code;
    wire [7:0] section, chosen;
    wire [15:0] word;
    wire [31:0] signature;
    integer at, index;

    polychron_core core (
        .clk(clk), .rst(rst), .image_payload(image), .image_valid(image_valid), .image_ready(image_ready), .image_start(image_start),
        .load_done(done), .load_error(error), .load_code(code), .load_image_signature(signature), .load_same(), .load_section(section),
        .step_forced(forced), .step_symbol(symbol), .step_valid(step_valid), .step_ready(step_ready),
        .symbol_payload(chosen), .symbol_valid(symbol_valid), .symbol_ready(1'b1), .abort(abort),
        .read_request_space(space), .read_request_address(address), .read_request_valid(read_valid), .read_request_ready(read_ready),
        .read_data_payload(word), .read_data_valid(word_valid), .read_data_ready(1'b1)
    );

    always #5 clk = !clk;

    task read_word(input [1:0] from, input [15:0] place);
        begin
            space = from;
            address = place;
            read_valid = 1;
            #1 while (!read_ready) @(negedge clk) #1;
            @(negedge clk) read_valid = 0;
            #1 while (!word_valid) @(negedge clk) #1;
            $display("word %0d", word);
            @(negedge clk);
        end
    endtask

    initial begin
        $readmemh("commands.mem", commands);
        repeat (4) @(negedge clk);
        rst = 0;
        for (at = 0; at < COMMANDS; at = at + 1)
            case (commands[at][11:8])
                0: begin
                    image = commands[at][7:0];
                    image_valid = 1;
                    #1 while (!image_ready) @(negedge clk) #1;
                    @(negedge clk) image_valid = 0;
                    if (at + 1 == COMMANDS || commands[at + 1][11:8] != 0) begin
                        repeat (20) @(negedge clk);
                        $display("load %0d %0d %0d %0d %0d", done, error, code, section, signature);
                        if (error) $finish;
                    end
                end
                1: begin
                    image_start = 1;
                    @(negedge clk) image_start = 0;
                end
                2, 3: begin
                    forced = commands[at][11:8] == 2;
                    symbol = commands[at][7:0];
                    step_valid = 1;
                    #1 while (!step_ready) @(negedge clk) #1;
                    @(negedge clk) step_valid = 0;
                    if (at + 1 == COMMANDS || commands[at + 1][11:8] != 6) begin
                        #1 while (!symbol_valid) @(negedge clk) #1;
                        $display("symbol %0d", chosen);
                        @(negedge clk);
                    end
                end
                4: for (index = 0; index < WORDS; index = index + 1) read_word(0, index[15:0]);
                5: read_word(1, {8'd0, commands[at][7:0]});
                default: begin
                    repeat (30) @(negedge clk);
                    abort = 1;
                    @(negedge clk) abort = 0;
                end
            endcase
        $finish;
    end
endmodule
