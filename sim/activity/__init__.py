"""How often the signals of a simulated design change: of the gateware as it is written, and of the logic cells it becomes."""
