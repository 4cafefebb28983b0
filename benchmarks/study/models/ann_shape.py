"""Sizes of the standard transformer, and what it reads; without PyTorch."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AnnShape:
    """``width`` of a position's vector, ``heads`` of attention, ``context`` positions, ``n_sym`` symbols."""

    n_sym: int
    width: int = 96
    layers: int = 2
    heads: int = 4
    context: int = 64

    def weights(self) -> int:
        """Numbers of all matrices, each read once for a character: embedder/output, four of attention, two of eight times as much."""
        return self.n_sym * self.width + self.layers * 12 * self.width**2

    def bytes_read(self) -> int:
        """Bytes a character with int8 weights, keys and values: every weight, and the cached keys and values of all layers."""
        return self.weights() + self.layers * 2 * (self.context - 1) * self.width
