"""The integer transformer: its heads, and the network and its state (docs/reference/transformer.md)."""

from .network import TransformerNetwork, TransformerState

__all__ = ["TransformerNetwork", "TransformerState"]
