// Runs writer.v in a simulator and prints what it writes: LENGTH characters.
module bench;
    parameter IMAGE_BYTES = 1;
    parameter PROMPT_LENGTH = 1;
    parameter LENGTH = 20;

    reg clk = 0, rst = 1;
    wire [7:0] character;
    wire [31:0] clocks;
    wire written, failed;
    integer count = 0;

    writer #(.IMAGE_BYTES(IMAGE_BYTES), .PROMPT_LENGTH(PROMPT_LENGTH)) writer (
        .clk(clk), .rst(rst), .character(character), .written(written), .clocks(clocks), .failed(failed)
    );

    always #5 clk = !clk;

    initial begin
        repeat (4) @(negedge clk);
        rst = 0;
    end

    always @(negedge clk) begin
        if (failed) begin
            $display("the image was refused after %0d clocks", clocks);
            $finish;
        end
        if (written) begin
            $write("%c", character);
            count = count + 1;
            if (count == LENGTH) begin
                $write("\n");
                $finish;
            end
        end
    end
endmodule
