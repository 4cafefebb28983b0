"""Small random networks for the tests of the golden model."""

import numpy as np

from golden.compiled.layer import flatten
from golden.integer.deep import DeepNetwork
from golden.integer.layer import Layer, TableGroup
from golden.integer.network import Network, TextState
from golden.integer.recurrent import RecurrentNetwork
from golden.model.anchors import random_anchors
from golden.model.layer import FloatGroup, FloatLayer
from golden.model.rnn import Rnn

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


def make_float_rnn(rng: np.random.Generator, *, n: int = 12, n_sym: int = 7) -> Rnn:
    hidden = make_float_layer(rng, n=n, n_out=n, shapes=[(5, 3), (2, 4), (1, 1)])
    output = make_float_layer(rng, n=n, n_out=n_sym, shapes=[(6, 3)])
    return Rnn(embed=rng.normal(size=(n_sym, n)).astype(np.float32), hidden=hidden, output=output)


def row_gradient(layer: FloatLayer, used: np.ndarray, grad: np.ndarray) -> np.ndarray:
    """dL/d(rows of the flattened ``layer``) from the rows used (B, T, n_t) and dL/d(the sum) (B, T, n_out), one table at a time."""
    total = np.zeros(flatten(layer)[0].shape)
    for table in range(used.shape[2]):
        np.add.at(total, used[:, :, table].reshape(-1), grad.reshape(-1, grad.shape[2]))
    return total


def rows_of(parts: list[np.ndarray]) -> np.ndarray:
    """Tables of groups, (n_t, rows, n_out) each, one row after another."""
    return np.concatenate([part.reshape(-1, part.shape[2]) for part in parts])


def make_rnn(rng: np.random.Generator, *, n: int = 12, symbols: tuple[int, ...] = (97, 98, 99, -1)) -> Network:
    return RecurrentNetwork(
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
    return DeepNetwork(
        n=10,
        hidden=(make_layer(rng, n=10, n_out=10, shapes=[(3, 3)], shift=1), make_layer(rng, n=10, n_out=10, shapes=[(2, 4)], bits=4)),
        output=make_layer(rng, n=10, n_out=5, shapes=[(4, 2)]),
        constants=np.array([-5, 40], np.int16),
    )


def _states(network: RecurrentNetwork, h: np.ndarray) -> list[TextState]:
    states = [network.start() for _ in h]
    for state, latencies in zip(states, h, strict=True):
        state.latencies = latencies
    return states


def rnn_outputs(network: RecurrentNetwork, h: np.ndarray) -> tuple[np.ndarray, int]:
    """(batch, n) latencies to (batch, n_out) outputs, and the neurons that saturated."""
    states = _states(network, h)
    return np.stack([state.outputs() for state in states]), sum(state.saturations for state in states)


def rnn_update(network: RecurrentNetwork, h: np.ndarray, symbols: np.ndarray) -> tuple[np.ndarray, int]:
    """The (batch, n) latencies after ``symbols`` (batch,), and the neurons that saturated."""
    states = _states(network, h)
    after = [state.update(symbol) for state, symbol in zip(states, symbols.tolist(), strict=True)]
    return np.stack(after), sum(state.saturations for state in states)
