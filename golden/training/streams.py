"""Texts read side by side: where each stream begins, and its next window."""

import numpy as np
import numpy.typing as npt


class Streams:
    """``count`` streams through ``symbols`` (int32), evenly placed, each going on where its last window ended and around the end.

    ``recent`` (0..1): the part of them that begin every window in the last tenth of the symbols, over and over, so that what stands nearest
    to what comes next counts more. Fewer symbols than a window, or than two a stream, raise ``ValueError``.
    """

    def __init__(self, symbols: npt.NDArray[np.int32], *, count: int, window: int, recent: float) -> None:
        needed = max(window, 2 * count)
        if len(symbols) <= needed:
            raise ValueError(f"the text must have more than {needed} characters to train on, not {len(symbols)}")
        late = round(recent * count)
        early = count - late
        self._symbols = np.concatenate([symbols, symbols[: window + 1]])
        self._window = window
        self._first = np.zeros(count, np.int64)
        self._first[early:] = len(symbols) - max(1, len(symbols) // 10)
        self._length = len(symbols) - self._first
        place = np.concatenate([np.arange(part, dtype=np.int64) for part in (early, late)])
        share = np.repeat(np.array([early, late], np.int64), (early, late))
        self._at = self._first + place * (self._length // share)

    def next(self) -> npt.NDArray[np.int32]:
        """(count, window + 1) symbols; the last one of a window is the first of the next."""
        tokens = self._symbols[self._at[:, None] + np.arange(self._window + 1)]
        self._at = self._first + (self._at - self._first + self._window) % self._length
        return tokens
