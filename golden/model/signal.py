"""The recurrent network on vectors with float tables (Eq. 11), and its pass through a signal in plain NumPy: the reference of
golden/compiled/signal.py.

h <- S(h) + I(x), scores = U(h); S and I are tables of one layer, and some may compare neurons of both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..integer.layer import Int16
from .layer import FloatLayer, Floats, backward, forward


@dataclass(frozen=True, kw_only=True)
class SignalModel:
    """``hidden``: n to n_h; ``output``: n to n_out. Neurons: the n_h of the state, ``n_in`` inputs, then references of the latencies
    ``constants``, in ``frac`` bits after the point as the inputs' are."""

    hidden: FloatLayer
    output: FloatLayer
    n_in: int
    constants: Int16
    frac: int

    @property
    def n_h(self) -> int:
        return self.hidden.n_out

    @property
    def n(self) -> int:
        return self.n_h + self.n_in + len(self.constants)


@dataclass(frozen=True, kw_only=True)
class SignalGradients:
    """Of one signal: of the tables of each group of the two layers, and ``h`` (steps, n_h), dL/d(the state after each step)."""

    hidden: list[Floats]
    output: list[Floats]
    h: Floats


def signal_pass(model: SignalModel, x: Floats, slope: Callable[[Floats], Floats]) -> tuple[Floats, SignalGradients]:
    """The (steps, n_out) scores of a signal ``x`` (steps, n_in) and the gradients of a loss; ``slope``: from the scores to dL/d(scores)."""
    constants = model.constants * 2.0**-model.frac
    h = np.zeros((1, model.n_h), x.dtype)
    scores, looks = [], []
    for row in x:
        given = np.concatenate([row, constants])[None].astype(x.dtype)
        h, seen = forward(model.hidden, np.concatenate([h, given], axis=1))
        score, told = forward(model.output, np.concatenate([h, given], axis=1))
        scores.append(score[0])
        looks.append((seen, told))
    found = np.array(scores)
    change = slope(found)
    d_hidden: list[Floats] = [np.zeros_like(group.tables) for group in model.hidden.groups]
    d_output: list[Floats] = [np.zeros_like(group.tables) for group in model.output.groups]
    d_h = np.zeros((len(x), model.n_h), x.dtype)
    after = np.zeros((1, model.n_h), x.dtype)
    for t in range(len(x) - 1, -1, -1):
        seen, told = looks[t]
        back, tables = backward(model.output, told, change[t : t + 1], n=model.n)
        for total, part in zip(d_output, tables, strict=True):
            total += part
        d_h[t] = (after + back[:, : model.n_h])[0]
        back, tables = backward(model.hidden, seen, d_h[t : t + 1], n=model.n)
        for total, part in zip(d_hidden, tables, strict=True):
            total += part
        after = back[:, : model.n_h]
    return found, SignalGradients(hidden=d_hidden, output=d_output, h=d_h)
