"""What tells new prompts without a network: pairs of tokens at a distance, counted plainly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ....integer.symbols import encode
from .visits import Studied

REACH = 15  # tokens that a pair looks back


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """``counts`` (REACH, symbols, symbols): how often the first symbol stands 1, 2, ... tokens behind the second within a training line;
    ``names``: the symbols."""

    counts: npt.NDArray[np.int64]
    names: tuple[int, ...]

    @classmethod
    def of(cls, studied: Studied) -> "Pairs":
        symbols, owners, count = studied.symbols, studied.owners, studied.network.n_in
        counts = np.zeros((REACH, count, count), np.int64)
        for back in range(1, REACH + 1):
            same = owners[back:] == owners[:-back]
            np.add.at(counts[back - 1], (symbols[back:][same], symbols[:-back][same]), 1)
        return cls(counts=counts, names=studied.names)

    def rarest(self, prompt: bytes) -> int | None:
        """How often training has the pair in ``prompt`` that it has least often; None of a prompt of one token, which has no pair."""
        symbols = encode(self.names, prompt)
        found = [self.counts[back - 1, symbols[back:], symbols[:-back]].min() for back in range(1, min(REACH, len(symbols) - 1) + 1)]
        return int(min(found)) if found else None
