"""A network of numbers of any scale that is fitted to what is known of samples: the shape and training that any table of them begins
with."""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

from ..asking import ask
from .aims import Aim
from .cross_validation import FOLDS, Indices, folds
from .outputs.base import Answers, Learnt
from .quantiles import REFERENCES, Numbers, Quantiles
from .recipe import Growth, Recipe
from .train import Tick, train_layer
from .training import Made, Training

PASSES = 200_000
"""Samples that joint fitting of classes looks at, where nothing else is said, but 10 to 100 times each of them."""

LOOKS = 10
"""Times that joint fitting with small steps looks at each sample, where nothing else is said."""

JUDGED = 500
"""Samples on which it is tried which steps do better, or all where there are fewer: in quarters."""

LARGE_STEPS = Recipe(n_t=64, n_c=6, constants=REFERENCES, frac=4, growth=Growth(pool=600, rows=3000, ref_share=0.75))
SMALL_STEPS = replace(LARGE_STEPS, growth=Growth(pool=100, rows=3000, shrink=0.1, l2=10.0, ref_share=0.75), rate=0.001, rounded_rate=0.001)
"""Of numbers, and of classes that overlap: noise in what is known of samples is learnt by heart otherwise."""


def recipe_for(samples: int, *, aim: Aim, tables: int, pairs: int, epochs: int | None, gentle: bool = False) -> Recipe:
    """For so many samples; ``epochs`` of joint fitting, half as many with rounded tables. ``gentle``: small steps for classes, too."""
    small = gentle or aim.squares
    epochs = epochs or (LOOKS if small else min(100, max(10, PASSES // samples)))
    return replace(SMALL_STEPS if small else LARGE_STEPS, n_t=tables, n_c=pairs, epochs=epochs, rounded_epochs=-(-epochs // 2))


@dataclass(frozen=True, kw_only=True)
class Learning(Training):
    """``answers``: what is known of each sample; ``outputs`` that are fitted to it. ``gentle``: classes are fitted with small steps; None:
    with those that tell more of samples that they were not fitted to."""

    answers: Answers
    outputs: Learnt
    tables: int
    pairs: int
    epochs: int | None
    gentle: bool | None = False

    @property
    def unit(self) -> str:
        return self.outputs.aim.unit

    @property
    def _recipe(self) -> Recipe:
        aim, samples = self.outputs.aim, len(self.answers)
        return recipe_for(samples, aim=aim, tables=self.tables, pairs=self.pairs, epochs=self.epochs, gentle=bool(self.gentle))

    @property
    def steps(self) -> int:
        """With ``gentle`` None those of the longer way."""
        tried = [replace(self, gentle=gentle).of(self.answers[some]) for some, _ in self._folds(seed=0) for gentle in (False, True)]
        return self._recipe.steps + sum(one.steps for one in tried)

    def inputs(self, x: Numbers) -> Quantiles:
        return Quantiles.fit(x)

    def of(self, answers: Answers) -> Self:
        return replace(self, answers=answers)

    def _folds(self, *, seed: int) -> list[tuple[Indices, Indices]]:
        """On which it is tried which steps do better; none where that is known."""
        if self.gentle is not None:
            return []
        quarters = -(-JUDGED * FOLDS // len(self.answers))
        return list(islice(folds(self.answers, None, seed=seed), quarters))

    def train(self, x: Numbers, inputs: Quantiles, *, seed: int, tick: Tick) -> Made:
        """If ``tick`` ends a trial, its network is what is kept."""
        right = {False: 0, True: 0}
        for some, rest in self._folds(seed=seed):
            for gentle in right:
                made = replace(self.of(self.answers[some]), gentle=gentle).train(x[some], inputs, seed=seed, tick=tick)
                if made.stopped:
                    return made
                found = self.outputs.answers(ask(made.network, inputs.latencies(x[rest])), unit=1.0)
                right[gentle] += int((found == self.answers[rest]).sum())
        if self.gentle is None:
            return replace(self, gentle=right[True] > right[False]).train(x, inputs, seed=seed, tick=tick)
        latencies, targets = inputs.latencies(x), self.outputs.targets(self.answers)
        trained = train_layer(lambda epoch: latencies, targets, self._recipe, aim=self.outputs.aim, seed=seed, tick=tick)
        return Made(network=trained.network, outputs=self.outputs, stopped=trained.stopped)
