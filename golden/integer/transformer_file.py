"""What a network file holds of a transformer besides what golden/integer/file.py writes: the blocks, by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .network import Layer, NetworkError
from .transformer import Head, TransformerBlock, TransformerNetwork

__all__ = ["block_arrays", "block_header", "feed_layers", "read_blocks"]

Array = npt.NDArray[Any]


def feed_layers(network: TransformerNetwork) -> dict[str, Layer]:
    """The feed-forward layers by name; they are written as other networks' layers are."""
    return {f"blocks.{index}.feed": block.feed for index, block in enumerate(network.blocks) if block.feed is not None}


def block_arrays(network: TransformerNetwork) -> dict[str, Array]:
    """``blocks.B.heads.H.query``, ``.key``, ``.place`` and ``.tables``."""
    named: dict[str, Array] = {}
    for b, block in enumerate(network.blocks):
        for h, head in enumerate(block.heads):
            for name in ("query", "key", "place", "tables"):
                named[f"blocks.{b}.heads.{h}.{name}"] = np.ascontiguousarray(getattr(head, name))
    return named


def block_header(network: TransformerNetwork) -> dict[str, Any]:
    """The header's fields ``blocks`` and ``embed_shift``."""
    blocks = [{"parts": block.parts, "bits": block.bits, "shift": block.shift} for block in network.blocks]
    return {"blocks": blocks, "embed_shift": network.embed_shift}


def read_blocks(
    values: list[Any], *, take: Callable[[str], Array], layer: Callable[[str], Layer], feeds: set[str]
) -> tuple[TransformerBlock, ...]:
    """The blocks of a header's ``blocks``; ``take`` gives an array, ``layer`` a feed-forward layer of those named in ``feeds``."""
    blocks = []
    for b, entry in enumerate(values):
        parts = entry.get("parts") if isinstance(entry, dict) else None
        if not isinstance(parts, list) or not all(isinstance(part, int) and 1 <= part <= 1024 for part in parts):
            raise NetworkError(f"header field blocks.{b}.parts must be a list of numbers of heads, not {parts!r:.60}")
        heads = []
        for h in range(sum(parts)):
            arrays = {name: take(f"blocks.{b}.heads.{h}.{name}") for name in ("query", "key", "place", "tables")}
            if [array.ndim for array in arrays.values()] != [3, 3, 2, 3]:
                raise NetworkError(f"blocks.{b}.heads.{h} has arrays of the wrong number of dimensions")
            heads.append(Head(**arrays))
        name = f"blocks.{b}.feed"
        blocks.append(
            TransformerBlock(
                heads=tuple(heads),
                parts=tuple(parts),
                bits=entry.get("bits", 0),
                shift=entry.get("shift", 0),
                feed=layer(name) if name in feeds else None,
            )
        )
    return tuple(blocks)
