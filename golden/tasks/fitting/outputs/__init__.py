"""What the outputs of a network stand for: classes, with probabilities that can be calibrated, numbers, or how rare a sample
is."""
