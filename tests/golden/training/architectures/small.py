"""A text that repeats, networks that learn it in a moment, and options for training them."""

import numpy as np

from golden.model.anchors import random_anchors
from golden.model.rnn import Rnn
from golden.model.transformer import Shape, Transformer
from golden.training.architectures.recurrent import RecurrentLearner
from golden.training.architectures.recurrent_presets import RecurrentOptions
from golden.training.architectures.transformer import TransformerLearner
from golden.training.architectures.transformer_presets import TransformerOptions
from golden.training.trainer import Trainer

SYMBOLS = 5
PATTERN = np.tile(np.array([0, 1, 2, 3, 4, 4, 3, 1, 1, 0, 2], np.int32), 60)
SHAPES = {
    "paper": Shape(n=10, blocks=2, heads=2, n_t=3, n_c=2, p=2, context=6, feed=(3, 3), output=(4, 3), n_pe=8, variant="paper"),
    "reference": Shape(n=10, blocks=2, heads=2, n_t=3, n_c=3, p=1, context=6, feed=(3, 3), output=(4, 3), variant="reference"),
    "keys": Shape(n=10, blocks=2, heads=2, n_t=2, n_c=1, n_k=3, p=2, context=9, feed=(3, 3), output=(4, 3), variant="paper"),
    "placeless": Shape(n=10, blocks=2, heads=1, n_t=3, n_c=2, p=0, context=6, feed=None, output=(4, 3), variant="paper"),
    "alone": Shape(n=7, blocks=2, heads=1, n_t=2, n_c=2, p=3, context=20, feed=None, output=(4, 3), n_pe=6, variant="paper"),
}


def small_rnn(seed: int = 3) -> Rnn:
    rng = np.random.default_rng(seed)
    hidden, output = (random_anchors(n_t=8, n_c=4, n=32, rng=rng) for _ in range(2))
    return Rnn.start(n_sym=SYMBOLS, hidden=(hidden,), output=(output,), n=32, rng=rng)


def small_transformer(shape: Shape = SHAPES["paper"], *, spread: float = 1.0) -> Transformer:
    return Transformer.start(n_sym=SYMBOLS, shape=shape, rng=np.random.default_rng(3), spread=spread)


def random_transformer(shape: Shape, seed: int = 4) -> Transformer:
    """With tables that are not zero."""
    rng = np.random.default_rng(seed)
    model = Transformer.start(n_sym=SYMBOLS, shape=shape, rng=rng)
    layers = [block.feed for block in model.blocks if block.feed is not None]
    tables = [block.attention.tables for block in model.blocks] + [layer.groups[0].tables for layer in (*layers, model.output)]
    for table in tables:
        table[:] = rng.normal(0, 0.2, table.shape)
    return model


def rnn_options(**changes: object) -> RecurrentOptions:
    given = {"streams": 8, "window": 8, "jitter": 0.4, "rate": 0.003, "warm": 5, "every_row": True, "threads": 1} | changes
    return RecurrentOptions(**given)


def transformer_options(**changes: object) -> TransformerOptions:
    given = {"streams": 8, "window": 8, "jitter": 0.3, "rate": 0.02, "warm": 5, "every_row": True, "threads": 1} | changes
    return TransformerOptions(**given)


def rnn_trainer(options: RecurrentOptions, *, model: Rnn | None = None, text: np.ndarray = PATTERN) -> Trainer[Rnn]:
    return Trainer(RecurrentLearner(model or small_rnn(), options), text)


def transformer_trainer(options: TransformerOptions, *, model: Transformer | None = None) -> Trainer[Transformer]:
    return Trainer(TransformerLearner(model or small_transformer(), options), PATTERN)
