"""Shapes of transformers to train."""

from dataclasses import dataclass

from .transformer import Shape

__all__ = ["TRANSFORMER_PRESETS", "TransformerPreset"]


@dataclass(frozen=True, kw_only=True)
class TransformerPreset:
    """``shape``, size of the vocabulary, entry widths, the part of a training that is rounded, learning rate, jitter, embedder's spread."""

    about: str
    shape: Shape
    symbols: int = 64
    bits: int = 4
    embed_bits: int = 8
    qat: float = 0.5
    rate: float = 0.005
    jitter: float = 0.2
    spread: float = 0.5


TRANSFORMER_PRESETS = {
    "spram": TransformerPreset(
        about="92 KiB, for the 128 KiB of SPRAM of an iCE40 UP5K",
        shape=Shape(n=64, blocks=2, heads=1, n_t=8, n_c=3, p=1, context=16, feed=(8, 4), output=(16, 5)),
    ),
    "paper": TransformerPreset(
        about="the paper's sizes (Table III: 6 blocks, 4 heads, 16 tables, n = 32) with 11 index bits: 12.7 MB",
        shape=Shape(n_c=4, p=3, feed=(16, 6), output=(16, 6)),
    ),
    "reference": TransformerPreset(
        about="the paper's sizes in the reference program's variant, with 9 index bits: 3.3 MB",
        shape=Shape(n_c=3, p=3, feed=(16, 6), output=(16, 6), variant="reference"),
    ),
    "tiny": TransformerPreset(
        about="a first try: a few KiB",
        shape=Shape(n=16, blocks=2, heads=1, n_t=4, n_c=2, p=2, context=8, feed=(4, 3), output=(8, 4), n_pe=8),
    ),
}
