"""Bytes as symbols."""

import codecs
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .layer import NetworkError

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


def typed_bytes(text: str) -> bytes:
    """UTF-8; what a command line held and Python could not decode is as it was typed."""
    return text.encode("utf-8", "surrogateescape")


def unseen(symbols: tuple[int, ...]) -> int:
    """How many of the 256 bytes the unknown symbol stands for."""
    return 256 - sum(symbol != UNKNOWN for symbol in symbols)


class TextDecoder:
    """Symbols to UTF-8 text as they come, whole characters alone. What is no UTF-8 is U+FFFD; ``unknown``: the unknown symbol's text."""

    def __init__(self, symbols: tuple[int, ...], *, unknown: str = "?") -> None:
        self._bytes = [unknown.encode() if byte == UNKNOWN else bytes([byte]) for byte in symbols]
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def text(self, symbols: Iterable[int]) -> str:
        """The characters that ``symbols`` complete."""
        return self._decoder.decode(b"".join(self._bytes[symbol] for symbol in symbols))

    def end(self) -> str:
        """What was left waiting."""
        return self._decoder.decode(b"", final=True)
