"""How a network that reads signals is shaped and trained, and its start."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np

from ...integer.layer import Int16
from ...model.anchors import grouped_anchors
from ...model.layer import FloatLayer
from ...model.signal import SignalModel
from ..fitting.quantiles import REFERENCES

FRAC = 4  # of inputs and references: their latencies are sixteenths
OUTPUT = 3 / 8  # of the tables: those of the outputs
STATE, MIXED = 1 / 8, 1 / 2  # of the others: those that compare neurons of the state alone; those that compare these and inputs
BETWEEN = 0.3  # of the pairs of inputs: those of two inputs; the others compare one with a reference neuron
SPREAD = 0.1  # standard deviation of the entries at the start


@dataclass(frozen=True, kw_only=True)
class SignalRecipe:
    """``tables`` of ``pairs`` pairs each, those of the outputs among them; a state of ``neurons``.

    ``epochs`` in float, then ``rounded_epochs`` with tables rounded to int4 at ``rounded_rate``. ``batch``: signals a step of Adam.
    """

    tables: int = 128
    pairs: int = 6
    epochs: int = 60
    rounded_epochs: int = 30
    batch: int = 16
    rate: float = 0.01
    rounded_rate: float = 0.003
    jitter: float = 0.5

    @classmethod
    def of(cls, *, tables: int, pairs: int, epochs: int) -> Self:
        """With half as many epochs with rounded tables."""
        return cls(tables=tables, pairs=pairs, epochs=epochs, rounded_epochs=-(-epochs // 2))

    @property
    def neurons(self) -> int:
        return max(4, self.tables // 4)

    @property
    def reading(self) -> int:
        """The tables of the outputs, which read the state."""
        return max(1, round(OUTPUT * self.tables))

    @property
    def writing(self) -> int:
        """The tables of the state."""
        return self.tables - self.reading

    @property
    def steps(self) -> int:
        """Calls of ``tick`` in a whole training."""
        return self.epochs + self.rounded_epochs


def start(recipe: SignalRecipe, *, inputs: int, outputs: int, rng: np.random.Generator) -> SignalModel:
    """An untrained model: anchors and the entries of the state drawn by lot, output tables zero."""
    n_h, constants = recipe.neurons, np.array(REFERENCES, np.int16)
    given, references = n_h + np.arange(inputs), n_h + inputs + np.arange(len(constants))

    def of_inputs(n_t: int) -> Int16:
        apart = _pairs(given, references, n_t, recipe.pairs, rng)
        if inputs == 1:
            return apart
        both = _pairs(given, given, n_t, recipe.pairs, rng)
        return np.where(rng.random((n_t, recipe.pairs, 1)) < BETWEEN, both, apart)

    writing = recipe.writing
    alone, mixed = max(1, round(STATE * writing)), round(MIXED * writing)
    of_state = partial(grouped_anchors, n_c=recipe.pairs, n=n_h, rng=rng)
    turns = (np.arange(recipe.pairs) % 2 == 0)[None, :, None]
    groups = (
        of_state(n_t=alone),
        of_inputs(max(1, writing - alone - mixed)),
        np.where(turns, of_state(n_t=mixed), of_inputs(mixed)),
    )
    hidden = FloatLayer.zero(*(group for group in groups if len(group)), n_out=n_h)
    for tables in hidden.tables:
        tables[:] = rng.normal(0, SPREAD, tables.shape)
    output = FloatLayer.zero(of_state(n_t=recipe.reading), n_out=outputs)
    return SignalModel(hidden=hidden, output=output, n_in=inputs, constants=constants, frac=FRAC)


def _pairs(first: np.ndarray, second: np.ndarray, n_t: int, n_c: int, rng: np.random.Generator) -> Int16:
    """(n_t, n_c, 2) pairs of one of ``first`` and another of ``second``."""
    pairs = np.stack([rng.choice(first, (n_t, n_c)), rng.choice(second, (n_t, n_c))], axis=2)
    while (same := pairs[..., 0] == pairs[..., 1]).any():
        pairs[same, 1] = rng.choice(second, int(same.sum()))
    return pairs.astype(np.int16)
