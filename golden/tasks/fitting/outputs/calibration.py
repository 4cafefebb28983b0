"""How far a classifier's probabilities can be believed, and the temperature that makes them so.

The expected calibration error and temperature scaling are those of Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
"""

import numpy as np

from ....model.layer import Floats
from ..accuracy import Labels

BINS = 15
"""Of confidence, from 0 to 1, each as wide."""

LOWEST, HIGHEST = 0.05, 20.0
"""Temperatures that are tried, and that a card may have."""


def calibration_error(probabilities: Floats, labels: Labels) -> float:
    """Of (samples, classes) probabilities: the mean, over samples, of the distance between confidence (the largest probability) and
    accuracy in the sample's bin. A label (samples,) that is no class's counts as wrong."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def best_temperature(nats: Floats, labels: Labels) -> float:
    """The temperature T at which softmax(nats / T) has the least log loss, of (samples, classes) and (samples,) classes: of samples that
    the network was not trained on. 1 where no other is better."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def loss(temperature: float) -> float:
        scaled = nats / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, labels]).mean())

    found = minimize_scalar(lambda power: loss(np.exp(power)), bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    temperature = min(HIGHEST, max(LOWEST, round(float(np.exp(found.x)), 4)))
    return temperature if loss(temperature) < loss(1.0) else 1.0
