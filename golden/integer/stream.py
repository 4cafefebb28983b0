"""Bits per character of a text streamed through an integer network, counted as docs/reference/numbers.md says."""

from dataclasses import dataclass

import numpy as np

from .layer import Int16, NetworkError
from .network import Network, TextNetwork
from .symbols import UNKNOWN, Symbols, unseen


@dataclass(frozen=True, kw_only=True)
class Score:
    """Bits per character over ``characters`` bytes, and the neurons that saturated on the way."""

    bits: float
    characters: int
    saturations: int


def text_network(network: Network) -> tuple[TextNetwork, tuple[int, ...]]:
    """``network`` and its symbols; ``NetworkError`` if it is none that reads bytes."""
    if not isinstance(network, TextNetwork) or network.symbols is None:
        raise NetworkError("the network is no text network: it has no symbols")
    return network, network.symbols


def bits_of(network: TextNetwork, symbols: Symbols, outputs: Int16) -> float:
    """Bits, summed, of ``symbols`` by the outputs before each; a byte behind the unknown symbol costs its share besides."""
    bits = 0.0
    for low in range(0, len(symbols), 4096):
        logits = outputs[low : low + 4096] * -(2.0**-network.out_frac)
        logits -= logits.max(axis=1, keepdims=True)
        chosen = np.take_along_axis(logits, symbols[low : low + 4096, None], axis=1)[:, 0]
        bits += float((np.log(np.exp(logits).sum(axis=1)) - chosen).sum() / np.log(2))
    if network.symbols is not None and UNKNOWN in network.symbols:
        count = int(np.count_nonzero(symbols == network.symbols.index(UNKNOWN)))
        bits += count * float(np.log2(unseen(network.symbols)))
    return bits
