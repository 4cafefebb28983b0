"""The spiking RNN with float tables (Eq. 11), and its window pass in plain NumPy: the reference of golden/compiled/recurrent.py.

h <- S(h) + E[symbol]; logits of the next symbol = U(h).
"""

from dataclasses import dataclass

import numpy as np

from ..integer.layer import Int16
from .layer import Arrays, FloatLayer, Floats, Ints, TextModel, backward, forward, layer_arrays, layer_from, taken


@dataclass(frozen=True, kw_only=True)
class Rnn(TextModel):
    """``hidden``: n to n."""

    hidden: FloatLayer

    @classmethod
    def start(
        cls, *, n_sym: int, hidden: tuple[Int16, ...], output: tuple[Int16, ...], n: int, rng: np.random.Generator, spread: float = 0.1
    ) -> "Rnn":
        """All tables zero; the embedder normal with standard deviation ``spread``. ``hidden`` and ``output`` are the groups' anchors."""
        embed = rng.normal(0, spread, (n_sym, n)).astype(np.float32)
        return cls(embed=embed, hidden=FloatLayer.zero(*hidden, n_out=n), output=FloatLayer.zero(*output, n_out=n_sym))

    def arrays(self) -> Arrays:
        return {"embed": self.embed} | layer_arrays("hidden", self.hidden) | layer_arrays("output", self.output)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Rnn":
        embed = taken(arrays, "embed", np.float32, ndim=2)
        n_sym, n = embed.shape
        hidden, output = layer_from(arrays, "hidden", n=n, n_out=n), layer_from(arrays, "output", n=n, n_out=n_sym)
        return cls(embed=embed, hidden=hidden, output=output)


@dataclass(frozen=True, kw_only=True)
class Gradients:
    """Summed over a window: of the embedder and of each group of the two layers; ``h`` (batch, n): dL/d(the state carried in)."""

    embed: Floats
    hidden: list[Floats]
    output: list[Floats]
    h: Floats


def cross_entropy(logits: Floats, targets: Ints) -> tuple[float, Floats]:
    """Summed over the batch, in nats, and its gradient p - onehot."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    exp = np.exp(shifted)
    total = exp.sum(axis=1, keepdims=True)
    grad = exp / total
    rows = np.arange(len(targets))
    loss = np.log(total[:, 0]) - shifted[rows, targets]
    grad[rows, targets] -= 1
    return float(loss.sum()), grad


def window_pass(
    model: Rnn, h: Floats, tokens: Ints, *, jitter: float = 0.0, rng: np.random.Generator | None = None
) -> tuple[float, Gradients, Floats]:
    """Of ``tokens`` (batch, T + 1) from the state ``h`` (batch, n): mean loss of a target in nats, its gradients, the state after."""
    steps = tokens.shape[1] - 1
    count = len(tokens) * steps
    states, s_looks, u_looks, d_logits = [h], [], [], []
    loss = 0.0
    for t in range(steps):
        summed, seen = forward(model.hidden, states[-1], jitter=jitter, rng=rng)
        states.append(summed + model.embed[tokens[:, t]])
        s_looks.append(seen)
        logits, seen = forward(model.output, states[-1], jitter=jitter, rng=rng)
        u_looks.append(seen)
        part, grad = cross_entropy(logits, tokens[:, t + 1])
        loss += part
        d_logits.append(grad / count)
    d_embed = np.zeros_like(model.embed)
    d_hidden: list[Floats] = [np.zeros_like(group.tables) for group in model.hidden.groups]
    d_output: list[Floats] = [np.zeros_like(group.tables) for group in model.output.groups]
    dh: Floats = np.zeros_like(h)
    for t in range(steps - 1, -1, -1):
        from_output, d_tables = backward(model.output, u_looks[t], d_logits[t], n=model.n)
        for total, part_table in zip(d_output, d_tables, strict=True):
            total += part_table
        dh = dh + from_output
        np.add.at(d_embed, tokens[:, t], dh)
        dh, d_tables = backward(model.hidden, s_looks[t], dh, n=model.n)
        for total, part_table in zip(d_hidden, d_tables, strict=True):
            total += part_table
    return loss / count, Gradients(embed=d_embed, hidden=d_hidden, output=d_output, h=dh), states[-1]
