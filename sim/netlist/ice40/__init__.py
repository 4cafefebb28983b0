"""An iCEBreaker's FPGA below its RTL: how its netlists are read, and models of its cells."""
