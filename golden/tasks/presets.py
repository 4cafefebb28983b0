"""Shapes to train, so that nobody picks n_t and n_c blind."""

from dataclasses import dataclass

import numpy as np

from ..model.anchors import ANCHORS
from ..model.rnn import Rnn

__all__ = ["TEXT_PRESETS", "TextPreset"]


@dataclass(frozen=True, kw_only=True)
class TextPreset:
    """A text rnn to be trained.

    ``n`` neurons; ``hidden`` and ``output``: tables as (n_t, n_c); ``symbols``: size of the vocabulary; entry widths after training, and
    units to round to (None: searched for); ``qat``: the part of a training that is rounded; learning ``rate`` and ``jitter``;
    ``soften``: factor on the output tables at the end, before they are rounded for good;
    ``hidden_most``, ``touched``, ``grow``, ``grown`` and ``recent`` as in golden/training/rnn.py; ``anchors``: how pairs are drawn.
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
    hidden_most: float | None = None
    qat: float = 0.8
    rate: float = 0.01
    jitter: float = 0.5
    touched: bool = False
    grow: int = 0
    grown: float = 0.5
    recent: float = 0.0
    soften: float = 1.0
    anchors: str = "random"

    def model(self, *, n_sym: int, seed: int, anchors: str | None = None) -> Rnn:
        """An untrained network of this shape for ``n_sym`` symbols; ``anchors``: other ones than the preset's."""
        rng = np.random.default_rng([seed, 1])
        make = ANCHORS[self.anchors if anchors is None else anchors]
        hidden = make(n_t=self.hidden[0], n_c=self.hidden[1], n=self.n, rng=rng)
        output = make(n_t=self.output[0], n_c=self.output[1], n=self.n, rng=rng)
        return Rnn.start(n_sym=n_sym, hidden=(hidden,), output=(output,), n=self.n, rng=rng)

    def bytes_read(self, *, n_sym: int) -> int:
        """Bytes of rows read a character: one of each table and of the embedder, without padding."""
        bits = self.n * (self.hidden[0] * self.hidden_bits + self.embed_bits) + n_sym * self.output[0] * self.output_bits
        return bits // 8


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
    "paper-rnn": TextPreset(
        about="the paper's RNN (Table I), 5 MB, from flash",
        n=64,
        hidden=(64, 10),
        output=(32, 9),
        hidden_bits=8,
        hidden_unit=1 / 32,
        output_unit=1 / 16,
        hidden_most=7 / 8,
        qat=0.8,
        touched=True,
        grow=4,
        grown=0.8,
        recent=0.12,
        soften=6 / 7,
        anchors="grouped",
    ),
    "best-5m": TextPreset(
        about="as many bytes and as much traffic as the paper's RNN, in the shape that learns best",
        n=512,
        hidden=(14, 10),
        output=(32, 9),
        hidden_unit=1 / 8,
        output_unit=1 / 16,
        qat=0.8,
        rate=0.005,
        touched=True,
        grow=4,
        grown=0.8,
        recent=0.12,
        soften=6 / 7,
    ),
}
