"""A small standard transformer for characters (PyTorch), to be compared with: rotary positions, causal attention in a sliding window.

Pre-norm blocks of attention and a feed-forward layer of four times the width with GELU, RMS norms, no biases, output tied to the embedder.
A position attends to itself and the ``context`` - 1 before it, in training and in scoring, so keys and values of a window of ``context``
positions are all that generation has to keep: the definition of docs/reference/transformer.md.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from golden.integer.symbols import UNKNOWN, unseen

from .ann_shape import AnnShape

CHUNK = 1024  # characters scored at once


def _rotate(x: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    cos, sin = angle.cos(), angle.sin()
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class _Block(nn.Module):
    def __init__(self, shape: AnnShape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.before, self.middle = nn.RMSNorm(width), nn.RMSNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x: torch.Tensor, angle: torch.Tensor, mask: torch.Tensor, drop: float) -> torch.Tensor:
        batch, steps, width = x.shape
        parts = self.qkv(self.before(x)).view(batch, steps, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(_rotate(parts[0], angle), _rotate(parts[1], angle), parts[2], attn_mask=mask)
        x = x + functional.dropout(self.mix(seen.transpose(1, 2).reshape(batch, steps, width)), drop, self.training)
        return x + functional.dropout(self.down(functional.gelu(self.up(self.middle(x)))), drop, self.training)


class Ann(nn.Module):
    """(batch, steps) symbols to (batch, steps, n_sym) logits of the next ones; ``drop``: dropout of each branch in training."""

    def __init__(self, shape: AnnShape, *, drop: float = 0.0) -> None:
        super().__init__()
        self.shape, self.drop = shape, drop
        self.embed = nn.Embedding(shape.n_sym, shape.width)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.layers))
        self.last = nn.RMSNorm(shape.width)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02 if "embed" in name else weight.shape[1] ** -0.5)
            if name.endswith(("mix.weight", "down.weight")):
                nn.init.zeros_(weight)

    def forward(self, symbols: torch.Tensor) -> torch.Tensor:
        steps = symbols.shape[1]
        half = self.shape.width // self.shape.heads // 2
        place = torch.arange(steps)
        angle = place[:, None] * torch.exp(-torch.arange(half) * (np.log(1000.0) / half))
        distance = place[:, None] - place
        mask = (distance >= 0) & (distance < self.shape.context)
        x = self.embed(symbols)
        for block in self.blocks:
            x = block(x, angle, mask, self.drop)
        return functional.linear(self.last(x), self.embed.weight)


@torch.no_grad()
def round_weights(model: Ann) -> None:
    """Every matrix in place to int8 with a scale for each row; vectors and activations stay float."""
    for weight in model.parameters():
        if weight.ndim == 2:
            scale = weight.abs().amax(dim=1, keepdim=True).clamp_min(1e-9) / 127
            weight.copy_((weight / scale).round() * scale)


@torch.no_grad()
def stream_bits(model: Ann, symbols: tuple[int, ...], tokens: npt.NDArray[np.int32]) -> float:
    """Bits per character of ``tokens`` in one stream, counted as golden.integer.stream.score does; the first is guessed evenly.

    Scored in pieces that begin so far before their first target that what lies before them reaches no target.
    """
    model.eval()
    reach = model.shape.layers * (model.shape.context - 1)
    every = torch.from_numpy(tokens.astype(np.int64))
    nats = float(np.log(len(symbols)))
    for low in range(1, len(every), CHUNK):
        first = max(0, low - 1 - reach)
        targets = every[low : low + CHUNK]
        logits = model(every[None, first : low + len(targets) - 1])[0, low - 1 - first :]
        nats += float(functional.cross_entropy(logits, targets, reduction="sum"))
    bits = nats / np.log(2)
    if UNKNOWN in symbols:
        bits += np.count_nonzero(tokens == symbols.index(UNKNOWN)) * np.log2(unseen(symbols))
    return float(bits / len(tokens))
