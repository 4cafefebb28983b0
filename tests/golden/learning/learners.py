"""Small networks that learn, for tests."""

from dataclasses import replace

import numpy as np

from golden.integer.deep import DeepNetwork
from golden.integer.layer import ENTRY_LIMIT, Int16, Layer
from golden.integer.recurrent import RecurrentNetwork
from golden.integer.symbols import Symbols
from golden.learning.classes import ClassLearner
from golden.learning.rule import HIGHEST, LOWEST, Rates, Turn
from golden.learning.text import PARTS, TextLearner

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


def random_layer(rng: np.random.Generator, *, n: int, n_out: int, bits: int, most: int) -> Layer:
    """Up to ``most`` tables in up to two groups."""
    groups = int(rng.integers(1, 3))
    shapes = [(int(rng.integers(1, most // groups + 1)), int(rng.integers(1, 5))) for _ in range(groups)]
    made = make_layer(rng, n=n, n_out=n_out, shapes=shapes, bits=bits, shift=int(rng.integers(0, 4)))
    return _zero(made) if rng.random() < 0.3 else made


def random_text(seed: int, *, everything: bool) -> tuple[TextLearner, Symbols, Turn]:
    """A recurrent network of a random shape that learns, symbols for its streams, and how they are to be learned."""
    rng = np.random.default_rng([seed, everything])
    n, count = int(rng.choice([2, 3, 8, 21, 64])), int(rng.integers(2, 9))
    read = {name: int(rng.choice([4, 8])) for name in PARTS}
    limit = ENTRY_LIMIT[read["embed"]]
    network = RecurrentNetwork(
        n=n,
        hidden=(random_layer(rng, n=n, n_out=n, bits=read["hidden"], most=6),),
        output=random_layer(rng, n=n, n_out=count, bits=read["output"], most=8),
        embed=rng.integers(-limit, limit + 1, (count, n)).astype(np.int8),
        embed_bits=read["embed"],
        frac=int(rng.integers(0, 9)),
        out_frac=int(rng.integers(0, 9)),
        symbols=tuple(range(count)),
    ).validate()
    streams, below = int(rng.integers(1, 4)), int(rng.integers(0, 17 - max(read.values())))
    learner = TextLearner.start(network, below=below, streams=streams, seed=int(rng.integers(1, 1 << 32)))
    rates = [None if rng.random() < 0.1 else int(rng.integers(LOWEST, HIGHEST)) // int(rng.integers(1, 4)) for _ in PARTS]
    steps, draws = int(rng.integers(1, 7)), int(rng.choice([1, 2, 4, 8]))
    turn = learner.turn(Rates(output=rates[0], hidden=rates[1], embed=rates[2]), steps=steps, draws=draws, everything=everything)
    return learner, rng.integers(0, count, (streams, 25)).astype(np.int32), turn


def random_classes(seed: int) -> tuple[ClassLearner, Int16, Symbols, int]:
    """A classifier of a random shape that learns, samples, their classes, and a margin."""
    rng = np.random.default_rng([seed, 2])
    n, count, bits = int(rng.choice([2, 5, 21])), int(rng.integers(2, 9)), int(rng.choice([4, 8]))
    network = DeepNetwork(n=n, output=random_layer(rng, n=n, n_out=count, bits=bits, most=8)).validate()
    learner = ClassLearner.start(network, below=int(rng.integers(0, 17 - bits)))
    x = rng.integers(-20, 20, (60, n)).astype(np.int16)
    return learner, x, rng.integers(0, count, 60).astype(np.int32), int(rng.integers(1, 2 * learner.margin() + 2))


def difference(one: TextLearner | ClassLearner, two: TextLearner | ClassLearner) -> str:
    """The first place where two learners differ; empty where they are the same."""
    for (name, left), right in zip(_state(one).items(), _state(two).values(), strict=True):
        assert left.dtype == right.dtype
        if left.shape != right.shape:
            return f"{name}: shapes {left.shape} and {right.shape}"
        places = np.argwhere(left != right)
        if len(places):
            place = tuple(places[0].tolist())
            return f"{name} at {place}: {left[place]} and {right[place]}"
    return ""


def _state(learner: TextLearner | ClassLearner) -> dict[str, np.ndarray]:
    parts = {"output": learner.output.rows} if isinstance(learner, ClassLearner) else learner.words()
    state = {f"{name}.{field}": getattr(words, field) for name, words in parts.items() for field in ("words", "visited", "counts")}
    if isinstance(learner, TextLearner):
        state |= {"latencies": learner.latencies, "pending": learner.pending, "generator": learner.generator}
    return state
