"""What a step of a network is estimated to cost in energy, and what it reads, beside the paper's formulas."""
