"""What an ECP5 has around the system: clocks, pads, and the top level that connects them."""
