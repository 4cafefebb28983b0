"""What a network says of samples, whether it reads each at once or step by step."""

from collections.abc import Callable, Sequence

import numpy as np

from ..integer.deep import classifier, deep_outputs
from ..integer.layer import Int16
from ..integer.network import Network
from ..integer.signal import SignalNetwork, outputs_of_signals
from ..model.layer import Floats
from .inputs import Latencies


def means(outputs: Sequence[Int16]) -> Floats:
    """(signals, outputs): of each signal the means of its (steps, outputs) latencies, over a step or more."""
    return np.stack([one.mean(axis=0, dtype=np.float64) for one in outputs])


def ask(network: Network, x: Latencies, *, joined: Callable[[Sequence[Int16]], Int16 | Floats] = means) -> Int16 | Floats:
    """(samples, outputs) latencies; of signals what ``joined`` makes of each one's (steps, outputs)."""
    if isinstance(network, SignalNetwork):
        return joined(outputs_of_signals(network, list(x)))
    return deep_outputs(classifier(network), np.asarray(x, np.int16))
