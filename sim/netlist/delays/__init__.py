"""Delays of place and route in a netlist: read from nextpnr's SDF, put on pins, checked at every register, and summed up along paths."""
