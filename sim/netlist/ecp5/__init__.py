"""A ULX3S' FPGA below its RTL: how its netlists are read, and models of its cells."""
