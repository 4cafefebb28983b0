"""A classifier of numbers of any scale: the shape and training that any table of them begins with."""

from typing import Any

from .classifier import Labels, Tick, Trained, train_classifier
from .quantiles import REFERENCES, Numbers, Quantiles
from .recipe import MAX_CLASSES, MAX_INPUTS, Growth, Recipe

PASSES = 200_000
"""Samples that joint fitting looks at, where nothing else is said, but 10 to 100 times each of them."""

GROWTH = Growth(pool=600, rows=3000, ref_share=0.75)


def recipe_for(samples: int, *, tables: int, pairs: int, epochs: int | None) -> Recipe:
    """For so many samples; ``epochs`` of joint fitting, half as many with rounded tables."""
    epochs = epochs or min(100, max(10, PASSES // samples))
    return Recipe(n_t=tables, n_c=pairs, constants=REFERENCES, frac=4, growth=GROWTH, epochs=epochs, rounded_epochs=-(-epochs // 2))


def train_numbers(
    x: Numbers, labels: Labels, recipe: Recipe, *, quantiles: Quantiles, classes: int, seed: int, card: dict[str, Any], tick: Tick
) -> Trained:
    """Train on (samples, inputs) numbers, NaN where one is missing, and (samples,) labels 0..``classes`` - 1."""
    if classes > MAX_CLASSES:
        raise ValueError(f"y must have at most {MAX_CLASSES} classes, not {classes}")
    if x.shape[1] > MAX_INPUTS:
        raise ValueError(f"X must have at most {MAX_INPUTS} features, not {x.shape[1]}")
    latencies = quantiles.latencies(x)
    return train_classifier(lambda epoch: latencies, labels, recipe, classes=classes, seed=seed, card=card, tick=tick)
