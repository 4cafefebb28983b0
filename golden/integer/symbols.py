"""Bytes as symbols."""

import numpy as np
import numpy.typing as npt

from .layer import NetworkError

__all__ = ["UNKNOWN", "Symbols", "encode", "unseen"]

UNKNOWN = -1

Symbols = npt.NDArray[np.int32]


def encode(symbols: tuple[int, ...], data: bytes) -> Symbols:
    """The symbol of each byte. A byte not in the list is the unknown symbol, or an error that names it where there is none."""
    table = np.full(256, symbols.index(UNKNOWN) if UNKNOWN in symbols else -1, np.int32)
    for symbol, byte in enumerate(symbols):
        if byte != UNKNOWN:
            table[byte] = symbol
    encoded = table[np.frombuffer(data, np.uint8)]
    bad = np.flatnonzero(encoded < 0)
    if len(bad):
        raise NetworkError(f"the network has no symbol for byte {data[bad[0]]:#04x} (at offset {bad[0]}), and no unknown symbol")
    return encoded


def unseen(symbols: tuple[int, ...]) -> int:
    """How many of the 256 bytes the unknown symbol stands for."""
    return 256 - sum(symbol != UNKNOWN for symbol in symbols)
