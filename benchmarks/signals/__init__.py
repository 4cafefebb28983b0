"""Networks for signals, measured beside other models."""
