"""The spiking RNN with float tables (Eq. 11), and its window pass in plain NumPy: the reference of golden/compiled/rnn.py.

h <- S(h) + E[symbol]; logits of the next symbol = U(h).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..integer.network import Int16
from .layer import Float32, FloatGroup, FloatLayer, backward, forward

__all__ = ["Gradients", "Rnn", "cross_entropy", "window_pass"]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Rnn:
    """``embed`` (n_sym, n) float32, ``hidden`` n to n, ``output`` n to n_sym; larger outputs are likelier.

    Arrays are changed in place by a trainer.
    """

    embed: Float32
    hidden: FloatLayer
    output: FloatLayer

    @classmethod
    def start(
        cls, *, n_sym: int, hidden: tuple[Int16, ...], output: tuple[Int16, ...], n: int, rng: np.random.Generator, spread: float = 0.1
    ) -> "Rnn":
        """All tables zero, as in the paper; the embedder normal with standard deviation ``spread``.

        ``hidden`` and ``output`` are the groups' anchors.
        """

        def layer(groups: tuple[Int16, ...], n_out: int) -> FloatLayer:
            zeros = [np.zeros((len(anchors), 1 << anchors.shape[1], n_out), np.float32) for anchors in groups]
            return FloatLayer(groups=tuple(FloatGroup(anchors=a, tables=t) for a, t in zip(groups, zeros, strict=True)))

        return cls(embed=rng.normal(0, spread, (n_sym, n)).astype(np.float32), hidden=layer(hidden, n), output=layer(output, n_sym))

    @property
    def n(self) -> int:
        return self.embed.shape[1]

    @property
    def n_sym(self) -> int:
        return self.embed.shape[0]

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything by name, for a network file."""
        named: dict[str, npt.NDArray[np.generic]] = {"embed": self.embed}
        for name, layer in (("hidden", self.hidden), ("output", self.output)):
            for index, group in enumerate(layer.groups):
                named[f"{name}.{index}.anchors"] = group.anchors
                named[f"{name}.{index}.tables"] = group.tables
        return named

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[np.generic]]) -> "Rnn":
        """The inverse of :meth:`arrays`; a missing or misshapen array raises ``ValueError`` or ``KeyError``."""

        def layer(name: str, n_out: int) -> FloatLayer:
            groups: list[FloatGroup] = []
            while f"{name}.{len(groups)}.anchors" in arrays:
                anchors = arrays[f"{name}.{len(groups)}.anchors"].astype(np.int16)
                tables = arrays[f"{name}.{len(groups)}.tables"].astype(np.float32)
                if anchors.ndim != 3 or tables.shape != (len(anchors), 1 << anchors.shape[1], n_out):
                    raise ValueError(f"{name}.{len(groups)} has tables of shape {tables.shape}, which its anchors do not fit")
                if anchors.min() < 0 or anchors.max() >= n:
                    raise ValueError(f"{name}.{len(groups)} has anchors outside 0..{n - 1}")
                groups.append(FloatGroup(anchors=anchors, tables=tables))
            if not groups:
                raise ValueError(f"{name} has no tables")
            return FloatLayer(groups=tuple(groups))

        embed = arrays["embed"].astype(np.float32)
        n_sym, n = embed.shape
        return cls(embed=embed, hidden=layer("hidden", n), output=layer("output", n_sym))


@dataclass(frozen=True, kw_only=True)
class Gradients:
    """Summed over a window: of the embedder and of each group of the two layers; ``h`` (batch, n): dL/d(the state carried in)."""

    embed: Floats
    hidden: list[Floats]
    output: list[Floats]
    h: Floats


def cross_entropy(logits: Floats, targets: npt.NDArray[np.integer]) -> tuple[float, Floats]:
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
    model: Rnn, h: Floats, tokens: npt.NDArray[np.integer], *, jitter: float = 0.0, rng: np.random.Generator | None = None
) -> tuple[float, Gradients, Floats]:
    """Forward and backward of ``tokens`` (batch, T + 1) from the state ``h`` (batch, n).

    Returns the mean loss of a target in nats, its gradients, and the state after.
    """
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
