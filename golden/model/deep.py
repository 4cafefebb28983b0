"""The deep network with float tables (Eq. 10), and its gradients, in plain NumPy.

x <- x + S(x) for each hidden layer, logits = U(x). (golden/tasks/fitting/train.py trains networks of one wide layer; this is the
general form. golden/model/arrays.py makes integers of it.)
"""

from dataclasses import dataclass

import numpy as np

from ..integer.layer import Int16
from .layer import FloatLayer, Floats, Ints, backward, forward
from .rnn import cross_entropy


@dataclass(frozen=True, kw_only=True)
class Deep:
    """``hidden``: layers n to n; ``output``: n to classes, larger is likelier; ``n_ref``: reference neurons, the last of the n inputs."""

    n: int
    hidden: tuple[FloatLayer, ...]
    output: FloatLayer
    n_ref: int = 0

    @classmethod
    def start(cls, *, n: int, hidden: tuple[Int16, ...], output: Int16, classes: int, n_ref: int = 0) -> "Deep":
        """All tables zero; ``hidden`` and ``output`` are anchors (n_t, n_c, 2)."""
        layers = tuple(FloatLayer.zero(anchors, n_out=n) for anchors in hidden)
        return cls(n=n, hidden=layers, output=FloatLayer.zero(output, n_out=classes), n_ref=n_ref)

    @property
    def layers(self) -> tuple[FloatLayer, ...]:
        return (*self.hidden, self.output)


def deep_pass(
    model: Deep, x: Floats, labels: Ints, *, jitter: float = 0.0, rng: np.random.Generator | None = None
) -> tuple[float, list[list[Floats]], Floats]:
    """Mean loss (nats) of (batch, n) latencies, its gradient for each group of each layer, and dL/dx of the inputs."""
    looks = []
    for layer in model.hidden:
        change, seen = forward(layer, x, jitter=jitter, rng=rng)
        x = x + change
        looks.append(seen)
    logits, seen = forward(model.output, x, jitter=jitter, rng=rng)
    loss, grad = cross_entropy(logits, labels)
    grad /= len(x)
    dx, d_output = backward(model.output, seen, grad, n=model.n)
    gradients = [d_output]
    for layer, seen in zip(reversed(model.hidden), reversed(looks), strict=True):
        change, d_tables = backward(layer, seen, dx, n=model.n)
        dx = dx + change
        if model.n_ref:  # reference neurons stay what they are
            for table in d_tables:
                table[..., model.n - model.n_ref :] = 0
        gradients.insert(0, d_tables)
    return loss / len(x), gradients, dx
