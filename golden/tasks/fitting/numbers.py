"""A network of numbers of any scale: the shape and training that any table of them begins with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .aims import Aim
from .card import Fitted
from .outputs.base import Answers
from .quantiles import REFERENCES, Numbers
from .recipe import MAX_INPUTS, Growth, Recipe
from .train import Tick, Trained, train_layer

PASSES = 200_000
"""Samples that joint fitting of classes looks at, where nothing else is said, but 10 to 100 times each of them."""

LOOKS = 10
"""Times that joint fitting of numbers looks at each sample, where nothing else is said."""

CLASSES = Recipe(n_t=64, n_c=6, constants=REFERENCES, frac=4, growth=Growth(pool=600, rows=3000, ref_share=0.75))
NUMBERS = replace(CLASSES, growth=Growth(pool=100, rows=3000, shrink=0.1, l2=10.0, ref_share=0.75), rate=0.001, rounded_rate=0.001)
"""Small steps, since noise in the targets is learnt by heart otherwise."""


def recipe_for(samples: int, *, aim: Aim, tables: int, pairs: int, epochs: int | None) -> Recipe:
    """For so many samples; ``epochs`` of joint fitting, half as many with rounded tables."""
    epochs = epochs or (LOOKS if aim.squares else min(100, max(10, PASSES // samples)))
    return replace(NUMBERS if aim.squares else CLASSES, n_t=tables, n_c=pairs, epochs=epochs, rounded_epochs=-(-epochs // 2))


def train_numbers(
    x: Numbers, answers: Answers, recipe: Recipe, *, fitted: Fitted, seed: int, more: Mapping[str, Any] | None = None, tick: Tick
) -> Trained:
    """Train on (samples, inputs) numbers, NaN where one is missing, and what is known of each. ``more`` goes into the network's card."""
    if x.shape[1] > MAX_INPUTS:
        raise ValueError(f"X must have at most {MAX_INPUTS} features, not {x.shape[1]}")
    latencies, card = fitted.latencies(x), fitted.card() | dict(more or {})
    outputs = fitted.outputs
    return train_layer(lambda epoch: latencies, outputs.targets(answers), recipe, aim=outputs.aim, seed=seed, card=card, tick=tick)
