"""A page with the gateware in it: the core as WebAssembly, a program with the model's latencies, and what shows them, in one HTML file."""
