"""Adam and the learning-rate schedule, in plain NumPy."""

import math
from dataclasses import dataclass

import numpy as np

from .layer import Floats


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Constants of Adam (Kingma and Ba, arXiv 1412.6980)."""

    rate: float = 0.003
    beta1: float = 0.9
    beta2: float = 0.99
    epsilon: float = 1e-8


def adam_step(weights: Floats, grad: Floats, first: Floats, second: Floats, *, step: int, rate: float, adam: Adam) -> None:
    """One step in place on weights of any shape and their two moments; ``step`` counts from 1, ``rate`` is the scheduled rate."""
    first += (1 - adam.beta1) * (grad - first)
    second += (1 - adam.beta2) * (np.square(grad) - second)
    corrected = np.sqrt(second / (1 - adam.beta2**step)) + adam.epsilon
    weights -= rate / (1 - adam.beta1**step) * first / corrected


def cosine(done: float, *, step: int, warm: int) -> float:
    """Factor of the rate when ``done`` (0..1) of a training is over: a linear rise over ``warm`` steps, then half a cosine down to 0."""
    return min(1.0, step / warm) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
