"""Shapes to train, so that nobody picks n_t and n_c blind."""

from dataclasses import dataclass

import numpy as np

from .anchors import covering_anchors, grouped_anchors, random_anchors
from .rnn import Rnn

__all__ = ["TEXT_PRESETS", "TextPreset"]


@dataclass(frozen=True, kw_only=True)
class TextPreset:
    """A text rnn to be trained.

    ``n`` neurons; ``hidden`` and ``output``: tables as (n_t, n_c); ``symbols``: size of the vocabulary; entry widths after training, and
    units to round to (None: searched for); ``qat``: the part of a training that is rounded; learning ``rate`` and ``jitter``.
    """

    about: str
    n: int
    hidden: tuple[int, int]
    output: tuple[int, int]
    symbols: int = 64
    hidden_bits: int = 4
    embed_bits: int = 8
    output_bits: int = 4
    hidden_unit: float | None = None
    output_unit: float | None = None
    qat: float = 0.8
    rate: float = 0.01
    jitter: float = 0.5

    def model(self, *, n_sym: int, seed: int, anchors: str = "random") -> Rnn:
        """An untrained network of this shape for ``n_sym`` symbols."""
        rng = np.random.default_rng([seed, 1])
        make = {"random": random_anchors, "covering": covering_anchors, "grouped": grouped_anchors}[anchors]
        hidden = make(n_t=self.hidden[0], n_c=self.hidden[1], n=self.n, rng=rng)
        output = make(n_t=self.output[0], n_c=self.output[1], n=self.n, rng=rng)
        return Rnn.start(n_sym=n_sym, hidden=(hidden,), output=(output,), n=self.n, rng=rng)


TEXT_PRESETS = {
    "icebreaker": TextPreset(
        about="fills the 128 KiB of SPRAM of an iCE40 UP5K exactly",
        n=256,
        hidden=(20, 5),
        output=(32, 5),
        hidden_unit=1 / 8,
        output_unit=1 / 16,
    ),
    "small": TextPreset(about="52 KiB, for a first try", n=128, hidden=(16, 5), output=(24, 4), hidden_unit=1 / 8, output_unit=1 / 16),
    "paper": TextPreset(
        about="the paper's RNN, 5 MB, for boards with flash or SDRAM tiers",
        n=64,
        hidden=(64, 10),
        output=(16, 10),
        hidden_bits=8,
        output_bits=8,
        hidden_unit=1 / 32,
        output_unit=1 / 64,
        qat=0.25,
        rate=0.003,
    ),
}
