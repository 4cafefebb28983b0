"""The training of a network that tells what comes next in a signal."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from ...integer.layer import Int16
from ...model.layer import Float32
from ..fitting.outputs.base import Answers
from ..fitting.train import Tick
from ..fitting.training import Made, Training
from ..inputs import X
from .goals import EachStep
from .recipe import SignalRecipe
from .steps import Steps
from .train import fit_signals
from .values import NextValues

WINDOW = 32
"""Steps of a signal that are learnt from at once; longer signals are cut."""

BEFORE = 16
"""Steps before them that are read first, where there are any, so that the state is what it will be in a long signal."""

BATCH = 8
"""Such parts a step of Adam."""


@dataclass(frozen=True, kw_only=True)
class Forecasting(Training):
    """``outputs``: what is told; ``lags``: samples that a step is given, as :meth:`Steps.moving` has them. Its number it isn't: a signal
    may begin at any moment."""

    phases: ClassVar[str] = "training, then rounding"

    outputs: NextValues
    recipe: SignalRecipe
    lags: int

    @property
    def unit(self) -> str:
        return "half the sum of squared errors a step"

    @property
    def steps(self) -> int:
        return self.recipe.steps

    def inputs(self, x: X) -> Steps:
        return Steps.moving(x, lags=self.lags)

    def of(self, answers: Answers) -> Self:
        return self

    def train(self, x: X, inputs: Steps, *, seed: int, tick: Tick) -> Made:
        pairs = zip(inputs.latencies(x), map(self.outputs.due, x), strict=True)
        windows = [window for signal, due in pairs for window in _windows(signal, due)]
        goal = EachStep(targets=[due for _, due in windows])
        made = fit_signals([given for given, _ in windows], goal, replace(self.recipe, batch=BATCH), seed=seed, tick=tick)
        return Made(network=made.network, outputs=self.outputs, stopped=made.stopped)


def _windows(signal: Int16, due: Float32) -> Iterator[tuple[Int16, Float32]]:
    """Parts of a signal and of what is due after its steps, nothing after those that are only read."""
    for low in range(0, len(signal), WINDOW):
        first = max(0, low - BEFORE)
        told = due[first : low + WINDOW].copy()
        told[: low - first] = np.nan
        if not np.isnan(told).all():
            yield signal[first : low + WINDOW], told
