"""Recurrent networks on vectors, trained on signals: from numbers to latencies, back-propagation through time, rounding, the card."""
