"""Small networks that learn, for tests."""

from dataclasses import replace

import numpy as np

from golden.integer.layer import Layer
from golden.integer.recurrent import RecurrentNetwork
from golden.learning.text import TextLearner

from ..helpers import make_layer

SYMBOLS = (97, 98, 99, 32, -1)


def make_network(rng: np.random.Generator, *, n: int = 12, bits: int = 8, zero: bool = False) -> RecurrentNetwork:
    """Five symbols; ``zero``: the tables, not the embedder."""
    hidden = make_layer(rng, n=n, n_out=n, shapes=[(3, 3), (2, 2)], bits=bits, shift=int(rng.integers(0, 3)))
    output = make_layer(rng, n=n, n_out=len(SYMBOLS), shapes=[(4, 3), (1, 1)], bits=bits, shift=int(rng.integers(0, 4)))
    limit = 7 if bits == 4 else 127
    return RecurrentNetwork(
        n=n,
        hidden=(_zero(hidden) if zero else hidden,),
        output=_zero(output) if zero else output,
        embed=rng.integers(-limit, limit + 1, (len(SYMBOLS), n)).astype(np.int8),
        embed_bits=bits,
        frac=int(rng.integers(0, 7)),
        out_frac=int(rng.integers(2, 8)),
        symbols=SYMBOLS,
    ).validate()


def _zero(layer: Layer) -> Layer:
    return replace(layer, groups=tuple(replace(group, tables=np.zeros_like(group.tables)) for group in layer.groups))


def everything(learner: TextLearner) -> bytes:
    """All that a learner is."""
    words = learner.words().values()
    parts = [array for part in words for array in (part.words, part.visited, part.counts)]
    return b"".join(array.tobytes() for array in (*parts, learner.latencies, learner.pending, learner.generator))
