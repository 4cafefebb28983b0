"""How many samples a classifier gets right: the integer network, and its float twin."""

import numpy as np
import numpy.typing as npt

from ...integer.deep import DeepNetwork, deep_outputs
from ...integer.forward import earliest
from ...integer.layer import Int16
from ...model.layer import FloatLayer, forward
from .train import with_constants

Labels = npt.NDArray[np.integer]


def integer_accuracy(network: DeepNetwork, x: Int16, labels: Labels) -> float:
    """Part of (batch, n - n_ref) latencies whose earliest spike is the label's; integers throughout."""
    return float((earliest(deep_outputs(network, x)) == labels).mean())


def float_accuracy(layer: FloatLayer, x: Int16, labels: Labels, *, constants: tuple[int, ...]) -> float:
    """The same of the float twin: the largest logit."""
    right = 0
    for low in range(0, len(x), 1000):
        some = with_constants(x[low : low + 1000], constants).astype(np.float32)
        right += int((forward(layer, some)[0].argmax(axis=1) == labels[low : low + 1000]).sum())
    return right / len(x)
