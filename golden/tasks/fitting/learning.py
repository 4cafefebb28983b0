"""A network of numbers of any scale that is fitted to what is known of samples: the shape and training that any table of them begins
with."""

from dataclasses import dataclass, replace
from typing import Self

from .aims import Aim
from .outputs.base import Answers, Learnt
from .quantiles import REFERENCES, Numbers, Quantiles
from .recipe import Growth, Recipe
from .train import Tick, train_layer
from .training import Made, Training

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


@dataclass(frozen=True, kw_only=True)
class Learning(Training):
    """``answers``: what is known of each sample; ``outputs`` that are fitted to it."""

    answers: Answers
    outputs: Learnt
    tables: int
    pairs: int
    epochs: int | None

    @property
    def unit(self) -> str:
        return self.outputs.aim.unit

    @property
    def _recipe(self) -> Recipe:
        aim, samples = self.outputs.aim, len(self.answers)
        return recipe_for(samples, aim=aim, tables=self.tables, pairs=self.pairs, epochs=self.epochs)

    @property
    def steps(self) -> int:
        return self._recipe.steps

    def inputs(self, x: Numbers) -> Quantiles:
        return Quantiles.fit(x)

    def of(self, answers: Answers) -> Self:
        return replace(self, answers=answers)

    def train(self, x: Numbers, inputs: Quantiles, *, seed: int, tick: Tick) -> Made:
        latencies, targets = inputs.latencies(x), self.outputs.targets(self.answers)
        trained = train_layer(lambda epoch: latencies, targets, self._recipe, aim=self.outputs.aim, seed=seed, tick=tick)
        return Made(network=trained.network, outputs=self.outputs, stopped=trained.stopped)
