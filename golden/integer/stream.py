"""Bits per character of a text streamed through an integer network, counted as docs/reference/numbers.md says."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    parts = range(0, len(symbols), 4096)
    bits = sum(float(surprise(symbols[low : low + 4096], outputs[low : low + 4096], out_frac=network.out_frac).sum()) for low in parts)
    if network.symbols is not None and UNKNOWN in network.symbols:
        count = int(np.count_nonzero(symbols == network.symbols.index(UNKNOWN)))
        bits += count * float(np.log2(unseen(network.symbols)))
    return bits


def surprise(symbols: Symbols, outputs: Int16, *, out_frac: int) -> npt.NDArray[np.float64]:
    """(symbols,) bits of each by the (symbols, n_out) outputs before it, of latencies with ``out_frac`` fractional bits."""
    logits = outputs * -(2.0**-out_frac)
    logits -= logits.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(logits, symbols[:, None], axis=1)[:, 0]
    return (np.log(np.exp(logits).sum(axis=1)) - chosen) / np.log(2)
