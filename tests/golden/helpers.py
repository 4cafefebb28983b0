"""Small random networks for the tests of the golden model."""

import numpy as np

from golden.integer.network import Layer, Network, TableGroup
from golden.model.anchors import random_anchors
from golden.model.layer import FloatGroup, FloatLayer

Shape = tuple[int, int]


def make_layer(rng: np.random.Generator, *, n: int, n_out: int, shapes: list[Shape], bits: int = 8, shift: int = 0) -> Layer:
    limit = 7 if bits == 4 else 127
    groups = []
    for n_t, n_c in shapes:
        tables = rng.integers(-limit, limit + 1, (n_t, 1 << n_c, n_out)).astype(np.int8)
        groups.append(TableGroup(anchors=random_anchors(n_t=n_t, n_c=n_c, n=n, rng=rng), tables=tables))
    return Layer(groups=tuple(groups), bits=bits, shift=shift)


def make_float_layer(rng: np.random.Generator, *, n: int, n_out: int, shapes: list[Shape]) -> FloatLayer:
    groups = []
    for n_t, n_c in shapes:
        tables = rng.normal(0, 0.3, (n_t, 1 << n_c, n_out)).astype(np.float32)
        groups.append(FloatGroup(anchors=random_anchors(n_t=n_t, n_c=n_c, n=n, rng=rng), tables=tables))
    return FloatLayer(groups=tuple(groups))


def make_rnn(rng: np.random.Generator, *, n: int = 12, symbols: tuple[int, ...] = (97, 98, 99, -1)) -> Network:
    return Network(
        kind="rnn",
        n=n,
        hidden=(make_layer(rng, n=n, n_out=n, shapes=[(4, 3), (2, 5)], bits=4),),
        output=make_layer(rng, n=n, n_out=len(symbols), shapes=[(3, 4)], shift=2),
        embed=rng.integers(-127, 128, (len(symbols), n)).astype(np.int8),
        frac=3,
        out_frac=5,
        symbols=symbols,
        card={"command": "test"},
    )


def make_deep(rng: np.random.Generator) -> Network:
    return Network(
        kind="deep",
        n=10,
        hidden=(make_layer(rng, n=10, n_out=10, shapes=[(3, 3)], shift=1), make_layer(rng, n=10, n_out=10, shapes=[(2, 4)], bits=4)),
        output=make_layer(rng, n=10, n_out=5, shapes=[(4, 2)]),
        constants=np.array([-5, 40], np.int16),
    )
