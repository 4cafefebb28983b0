"""Random integer networks of every kind the compiler takes, from a seed."""

import numpy as np

from golden.integer.deep import DeepNetwork
from golden.integer.layer import ENTRY_LIMIT, LATENCY_MAX, Layer, TableGroup
from golden.integer.network import Network
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.signal import SignalNetwork


def random_layer(rng: np.random.Generator, *, n: int, n_out: int, max_tables: int = 6, max_nc: int = 5, bits: int | None = None) -> Layer:
    """One to three groups, each with its own n_c."""
    bits = int(rng.choice([4, 8])) if bits is None else bits
    limit = ENTRY_LIMIT[bits]
    groups = []
    for n_c in rng.permutation(np.arange(1, max_nc + 1))[: rng.integers(1, 4)].tolist():
        n_t = int(rng.integers(1, max_tables + 1))
        first = rng.integers(0, n, (n_t, n_c))
        second = (first + rng.integers(1, n, (n_t, n_c))) % n
        anchors = np.stack([first, second], axis=2).astype(np.int16)
        tables = rng.integers(-limit, limit + 1, (n_t, 1 << n_c, n_out)).astype(np.int8)
        groups.append(TableGroup(anchors=anchors, tables=tables))
    layer = Layer(groups=tuple(groups), bits=bits)
    shift = next(s for s in (int(rng.integers(0, 4)), 1, 0) if (int(layer.bound().max()) + 127) << s <= LATENCY_MAX)
    return Layer(groups=layer.groups, bits=bits, shift=shift)


def random_network(seed: int, *, kind: str | None = None, max_n: int = 40, max_out: int = 40) -> Network:
    """A small network; about half of them deep, of those a third without hidden layers and some with quiet reference neurons."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(["deep", "rnn"])) if kind is None else kind
    n, n_out = int(rng.integers(2, max_n + 1)), int(rng.integers(1, max_out + 1))
    output = random_layer(rng, n=n, n_out=n_out)
    if kind == "rnn":
        bits = int(rng.choice([4, 8]))
        limit = ENTRY_LIMIT[bits]
        embed = rng.integers(-limit, limit + 1, (n_out, n)).astype(np.int8)
        hidden = (random_layer(rng, n=n, n_out=n),)
        return RecurrentNetwork(n=n, hidden=hidden, output=output, embed=embed, embed_bits=bits)
    if kind == "signal":
        return _signal(rng, n=n, output=output)
    n_ref = int(rng.integers(0, n))
    layers = tuple(random_layer(rng, n=n, n_out=n) for _ in range(rng.integers(0, 3)))
    if rng.random() < 0.7:
        for layer in layers:
            for group in layer.groups:
                group.tables[:, :, n - n_ref :] = 0
    constants = rng.integers(-2000, 2000, n_ref).astype(np.int16)
    return DeepNetwork(n=n, hidden=layers, output=output, constants=constants)


def _signal(rng: np.random.Generator, *, n: int, output: Layer) -> SignalNetwork:
    """One that reads 1 to n - 1 inputs and references; some have a neuron of the state that no table changes."""
    carried = int(rng.integers(1, n))
    layer = random_layer(rng, n=n, n_out=carried)
    if rng.random() < 0.3 and carried > 1:
        for group in layer.groups:
            group.tables[:, :, int(rng.integers(carried))] = 0
    constants = rng.integers(-2000, 2000, int(rng.integers(0, n - carried))).astype(np.int16)
    return SignalNetwork(n=n, hidden=(layer,), output=output, constants=constants)


def random_text_network(seed: int) -> RecurrentNetwork:
    """Of the shape that trained ones have: one group of int4 a layer, many tables, 30 to 100 symbols."""
    rng = np.random.default_rng(seed)
    n, n_out = int(rng.integers(96, 257)), int(rng.integers(30, 101))

    def layer(columns: int, tables: tuple[int, int], pairs: tuple[int, int]) -> Layer:
        n_t, n_c, limit = int(rng.integers(*tables)), int(rng.integers(*pairs)), ENTRY_LIMIT[4] // 2
        first = rng.integers(0, n, (n_t, n_c))
        anchors = np.stack([first, (first + rng.integers(1, n, (n_t, n_c))) % n], axis=2).astype(np.int16)
        rows = rng.integers(-limit, limit + 1, (n_t, 1 << n_c, columns)).astype(np.int8)
        return Layer(groups=(TableGroup(anchors=anchors, tables=rows),), bits=4)

    hidden, output = layer(n, (8, 25), (3, 6)), layer(n_out, (8, 41), (4, 7))
    embed = rng.integers(-3, 4, (n_out, n)).astype(np.int8)
    return RecurrentNetwork(n=n, hidden=(hidden,), output=output, embed=embed, embed_bits=4)
