"""The whole FPGA below its RTL: the netlists after synthesis and after place and route, simulated at their pins."""
