"""Networks of one LUT layer, fitted to samples of any inputs: anchors by gain, all tables together; for classes or for numbers."""
