"""Classifiers of one LUT layer: anchors by gain, tables fitted together, for any inputs."""
