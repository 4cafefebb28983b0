"""Shapes of transformers to train."""

from dataclasses import dataclass

from ..model.transformer import Shape

__all__ = ["TRANSFORMER_PRESETS", "TransformerPreset"]


@dataclass(frozen=True, kw_only=True)
class TransformerPreset:
    """``shape``, size of the vocabulary, entry widths, the part of a training that is rounded, learning rate, jitter, embedder's spread.

    ``units``: of attention, feed-forward layers, embedder and output tables (None: searched for); ``soften``: factor on the output tables
    at the end, before they are rounded for good; ``touched``, ``recent``, ``grow`` and ``grown`` as in golden/training/rnn.py, ``short``,
    ``widened`` and ``attention_rate`` as in golden/training/transformer.py.
    """

    about: str
    shape: Shape
    symbols: int = 64
    bits: int = 4
    embed_bits: int = 8
    units: tuple[float, float, float, float] | None = (1 / 16, 1 / 8, 1 / 16, 1 / 16)
    qat: float = 0.8
    rate: float = 0.01
    jitter: float = 0.5
    spread: float = 0.5
    touched: bool = True
    recent: float = 0.0
    grow: int = 0
    grown: float = 0.8
    short: int = 0
    widened: float = 0.7
    attention_rate: float = 1.0
    soften: float = 1.0


TRANSFORMER_PRESETS = {
    "spram": TransformerPreset(
        about="124 KiB, for the 128 KiB of SPRAM of an iCE40 UP5K",
        shape=Shape(n=128, blocks=2, heads=1, n_t=4, n_c=1, n_k=4, p=2, context=32, feed=(10, 4), output=(32, 5), near=True),
        recent=0.12,
        short=4,
    ),
    "paper": TransformerPreset(
        about="the paper's sizes (Table III: 6 blocks, 4 heads, 16 tables, n = 32) with 9 index bits: 3.5 MB",
        shape=Shape(n_c=1, n_k=5, p=3, feed=(16, 6), output=(32, 8), near=True, anchors="grouped"),
        units=(1 / 64, 1 / 16, 1 / 64, 1 / 16),
        attention_rate=1 / 16,
        soften=6 / 7,
        jitter=0.3,
        recent=0.12,
        grow=4,
        grown=0.5,
        short=8,
        widened=0.8,
    ),
    "reference": TransformerPreset(
        about="the paper's sizes in the reference program's variant, with 9 index bits: 3.3 MB",
        shape=Shape(n_c=3, p=3, feed=(16, 6), output=(16, 6), variant="reference", near=True),
        units=(1 / 64, 1 / 16, 1 / 64, 1 / 16),
        attention_rate=1 / 16,
        jitter=0.3,
    ),
    "tiny": TransformerPreset(
        about="a first try: a few KiB",
        shape=Shape(n=16, blocks=2, heads=1, n_t=4, n_c=2, p=2, context=8, feed=(4, 3), output=(8, 4), near=True),
    ),
}
